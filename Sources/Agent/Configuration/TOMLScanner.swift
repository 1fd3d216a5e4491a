/// Steps through TOML that a parser has accepted, and keeps count of lines and columns.
///
/// It decodes keys and skips values. On text that is not TOML its answers mean nothing, but it always comes to an end.
struct TOMLScanner {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private(set) var position = SourcePosition.start
    /// Where an escape in a string or in a key stands for NUL.
    private(set) var nulls: [SourcePosition] = []

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        if scalars.first == "\u{FEFF}" { index = 1 }
    }

    var isAtEnd: Bool { index >= scalars.count }

    var next: Unicode.Scalar? { peek(0) }

    func peek(_ distance: Int) -> Unicode.Scalar? {
        index + distance < scalars.count ? scalars[index + distance] : nil
    }

    func starts(with text: String) -> Bool {
        var distance = 0
        for scalar in text.unicodeScalars {
            guard peek(distance) == scalar else { return false }
            distance += 1
        }
        return true
    }

    mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where index < scalars.count {
            if scalars[index] == "\n" {
                position = SourcePosition(line: position.line + 1, column: 1)
            } else {
                position.column += 1
            }
            index += 1
        }
    }

    mutating func skip(while condition: (Unicode.Scalar) -> Bool) {
        while let scalar = next, condition(scalar) { advance() }
    }

    mutating func skipBlanks() { skip { $0 == " " || $0 == "\t" } }

    /// Skips blanks, line ends and comments, and, inside an array, the commas.
    mutating func skipSpace(commas: Bool = false) {
        while let scalar = next {
            switch scalar {
            case " ", "\t", "\r", "\n": advance()
            case "#": skip { $0 != "\n" }
            case "," where commas: advance()
            default: return
            }
        }
    }

    mutating func skipLine() { skip { $0 != "\n" } }

    /// Reads `a."b c".'d'` and where each part begins.
    mutating func dottedKey() -> [(name: String, position: SourcePosition)] {
        var parts: [(name: String, position: SourcePosition)] = []
        while !isAtEnd {
            skipBlanks()
            let start = position
            parts.append((name: simpleKey(), position: start))
            skipBlanks()
            guard next == "." else { break }
            advance()
        }
        return parts
    }

    private mutating func simpleKey() -> String {
        var name = String.UnicodeScalarView()
        switch next {
        case "\""?:
            advance()
            while let scalar = next, scalar != "\"" {
                if scalar == "\\" {
                    name.append(escape())
                } else {
                    name.append(scalar)
                    advance()
                }
            }
            advance()
        case "'"?:
            advance()
            while let scalar = next, scalar != "'" {
                name.append(scalar)
                advance()
            }
            advance()
        default:
            while let scalar = next, Self.isBareKey(scalar) {
                name.append(scalar)
                advance()
            }
        }
        return String(name)
    }

    private static func isBareKey(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case " ", "\t", "\r", "\n", ".", "=", "]", "[", "{", "}", ",", "#", "\"", "'": false
        default: true
        }
    }

    private mutating func escape() -> Unicode.Scalar {
        noteNull()
        advance()
        let letter = next ?? "\\"
        advance()
        switch letter {
        case "b": return "\u{8}"
        case "t": return "\t"
        case "n": return "\n"
        case "f": return "\u{C}"
        case "r": return "\r"
        case "u", "U":
            let count = letter == "u" ? 4 : 8
            let digits = String(String.UnicodeScalarView((0..<count).compactMap { peek($0) }))
            advance(count)
            return UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
        default: return letter
        }
    }

    private mutating func noteNull() {
        let isNull = ["\\u0000", "\\U00000000", "\\x00"].contains { starts(with: $0) }
        if isNull { nulls.append(position) }
    }

    /// Skips a string of any of the four kinds; the next character is its first quote.
    mutating func skipString() {
        let quote = next == "'" ? "'" : "\""
        let escapes = quote == "\""
        let end = starts(with: quote + quote + quote) ? quote + quote + quote : quote
        advance(end.count)
        while !isAtEnd, !starts(with: end) {
            guard escapes, next == "\\" else {
                advance()
                continue
            }
            noteNull()
            advance(2)
        }
        advance(end.count)
        // A multi-line string may end in up to two quotes of its own.
        if end.count == 3 { skip { String($0) == quote } }
    }

    /// Skips a number, boolean or date.
    mutating func skipBareValue() {
        skip { !"],}#\n".unicodeScalars.contains($0) }
    }
}
