/// Goes through a pattern from left to right.
struct PathGlobParser {
    private typealias Token = PathGlob.Token
    private typealias Mistake = PathGlob.Mistake

    private let pattern: [UInt8]
    private var position = 0
    private var tokens: [PathGlob.Token] = []

    static func tokens(of pattern: [UInt8]) throws(PathGlob.Mistake) -> [PathGlob.Token] {
        guard !pattern.isEmpty else { throw Mistake(problem: .empty, position: 0) }
        guard pattern.count <= PathGlob.longest else {
            throw Mistake(problem: .tooLong(PathGlob.longest), position: PathGlob.longest)
        }
        var parser = PathGlobParser(pattern: pattern)
        while parser.position < pattern.count { try parser.one() }
        return parser.tokens
    }

    private init(pattern: [UInt8]) { self.pattern = pattern }

    private mutating func one() throws(PathGlob.Mistake) {
        let start = position
        let byte = pattern[position]
        position += 1
        switch byte {
        case UInt8(ascii: "*"): stars(from: start)
        case UInt8(ascii: "?"): tokens += [.one, .continuation]
        case UInt8(ascii: "["): try brackets(from: start)
        case UInt8(ascii: "\\"):
            guard position < pattern.count else { throw Mistake(problem: .nothingEscaped, position: start) }
            tokens.append(.byte(pattern[position]))
            position += 1
        default: tokens.append(.byte(byte))
        }
    }

    private mutating func stars(from start: Int) {
        while position < pattern.count, pattern[position] == UInt8(ascii: "*") { position += 1 }
        let slash = UInt8(ascii: "/")
        if position - start == 1 {
            tokens.append(.anyButSlash)
        } else if start == 0 || pattern[start - 1] == slash, position < pattern.count, pattern[position] == slash {
            position += 1
            tokens += [.directories, .directoryName]
        } else {
            tokens.append(.any)
        }
    }

    private mutating func brackets(from start: Int) throws(PathGlob.Mistake) {
        var set = PathGlob.ASCIISet()
        let isNegated = next == UInt8(ascii: "!") || next == UInt8(ascii: "^")
        if isNegated { position += 1 }
        var isFirst = true
        // One that is the first in the brackets stands for itself.
        while next != UInt8(ascii: "]") || isFirst {
            let place = position
            let from = try member(of: start)
            var to = from
            if next == UInt8(ascii: "-"), position + 1 < pattern.count, pattern[position + 1] != UInt8(ascii: "]") {
                position += 1
                to = try member(of: start)
                guard from <= to else { throw Mistake(problem: .emptyRange, position: place) }
            }
            for byte in from...to { set.insert(byte) }
            isFirst = false
        }
        position += 1
        tokens.append(.set(set, isNegated: isNegated))
        if isNegated { tokens.append(.continuation) }
    }

    private var next: UInt8? { position < pattern.count ? pattern[position] : nil }

    private mutating func member(of start: Int) throws(PathGlob.Mistake) -> UInt8 {
        if next == UInt8(ascii: "\\") { position += 1 }
        guard let byte = next else { throw Mistake(problem: .unclosedBracket, position: start) }
        guard byte < 128 else { throw Mistake(problem: .notASCII, position: position) }
        position += 1
        return byte
    }
}
