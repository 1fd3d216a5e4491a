/// One line of a configuration file, fit to be shown and logged, and the place in it that is meant.
package struct SourceExcerpt: Sendable, Equatable {
    package var text: String
    /// Blanks and a caret below that place.
    package var marker: String
}

/// The lines of a file, for error messages.
///
/// Error messages end up in journals and tickets, so values that may be secrets are never shown, whatever is wrong
/// with them: strings on lines whose names speak of credentials, everything in multi-line strings, user names,
/// passwords and queries in URLs.
struct SourceLines {
    private let lines: [[Unicode.Scalar]]
    /// Whether each line begins inside a multi-line string.
    private var continued: [Bool] = []
    /// Whether the table header above each line speaks of credentials.
    private var inSensitiveTable: [Bool] = []
    private static let widest = 110
    /// A line longer than this was not written by a person, and is not shown.
    private static let longest = 4096

    init(_ text: String) {
        lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.last == "\r" ? Array(line.dropLast()) : Array(line)
        }
        let quotes = [Array("\"\"\"".unicodeScalars), Array("'''".unicodeScalars)]
        var counts = [0, 0]
        var sensitive = false
        for line in lines {
            continued.append(counts.contains { !$0.isMultiple(of: 2) })
            for (offset, needle) in quotes.enumerated() { counts[offset] += Self.count(needle, in: line) }
            if line.first(where: { $0 != " " && $0 != "\t" }) == "[" { sensitive = Self.speaksOfCredentials(line) }
            inSensitiveTable.append(sensitive)
        }
    }

    /// The line at `position` and a caret; nil when there is no such line or nothing on it.
    ///
    /// - Parameter wellFormed: false on a line that is not TOML: the quotes on it cannot be trusted then.
    func excerpt(at position: SourcePosition, wellFormed: Bool = true) -> SourceExcerpt? {
        guard lines.indices.contains(position.line - 1) else { return nil }
        guard lines[position.line - 1].count <= Self.longest else { return nil }
        var line = MarkedLine(scalars: lines[position.line - 1], marked: position.column - 1)
        if continued[position.line - 1] {
            line.mask(from: 0)
        } else if isSensitive(position.line - 1) {
            line.maskValues(wellFormed: wellFormed)
        } else {
            line.maskAddresses()
        }
        guard !line.scalars.allSatisfy({ $0 == " " || $0 == "\t" }) else { return nil }
        return line.excerpt(widest: Self.widest)
    }

    /// Whether the line has come to its end at `position`.
    func isEnd(_ position: SourcePosition) -> Bool {
        lines.indices.contains(position.line - 1) && position.column > lines[position.line - 1].count
    }

    /// Whether what stands on the line at `position` must not be shown.
    func isSecret(at position: SourcePosition) -> Bool {
        let index = position.line - 1
        return lines.indices.contains(index) && (continued[index] || isSensitive(index))
    }

    private static func count(_ needle: [Unicode.Scalar], in line: [Unicode.Scalar]) -> Int {
        var (count, index) = (0, 0)
        while index + needle.count <= line.count {
            if line[index..<(index + needle.count)].elementsEqual(needle) {
                count += 1
                index += needle.count
            } else {
                index += 1
            }
        }
        return count
    }

    private static let telling = [
        "auth", "bearer", "cookie", "credential", "header", "key", "pass", "private", "pwd", "secret", "signature",
        "token",
    ]

    /// Names on the line itself, or on the table header above it, that speak of credentials.
    private func isSensitive(_ index: Int) -> Bool {
        inSensitiveTable[index] || Self.speaksOfCredentials(lines[index])
    }

    private static func speaksOfCredentials(_ line: [Unicode.Scalar]) -> Bool {
        let words = line.split { scalar in
            !(scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_" || scalar == "-")
        }
        return words.contains { word in
            let word = String(String.UnicodeScalarView(word)).lowercased()
            // The name of a file is no secret, and its typing mistakes are worth showing.
            guard !word.hasSuffix("_file"), !word.hasPrefix("keep_") else { return false }
            return telling.contains { word.contains($0) }
        }
    }
}

/// A line and a place in it, which stays in place while parts of the line are replaced.
private struct MarkedLine {
    var scalars: [Unicode.Scalar]
    var marked: Int

    private static let mask = Array("***".unicodeScalars)

    private mutating func replace(_ range: Range<Int>, with new: [Unicode.Scalar]) {
        scalars.replaceSubrange(range, with: new)
        if marked >= range.upperBound {
            marked += new.count - range.count
        } else if marked > range.lowerBound {
            marked = range.lowerBound
        }
    }

    mutating func mask(from start: Int) { replace(min(start, scalars.count)..<scalars.count, with: Self.mask) }

    /// Hides what is between quotes; on a line that is not TOML, all that follows the first `=`.
    mutating func maskValues(wellFormed: Bool) {
        guard wellFormed else {
            let isHeader = scalars.first { $0 != " " && $0 != "\t" } == "["
            let end = scalars.firstIndex(of: isHeader ? "]" : "=").map { $0 + 1 } ?? 0
            if end < scalars.count { replace(end..<scalars.count, with: [" "] + Self.mask) }
            return
        }
        var index = scalars.firstIndex(of: "=") ?? 0
        while index < scalars.count {
            let quote = scalars[index]
            guard quote == "\"" || quote == "'" else {
                index += 1
                continue
            }
            var end = index + 1
            while end < scalars.count, scalars[end] != quote {
                end += scalars[end] == "\\" && quote == "\"" ? 2 : 1
            }
            end = min(end, scalars.count)
            replace((index + 1)..<end, with: Self.mask)
            index += Self.mask.count + 2
        }
    }

    /// Hides user names, passwords and queries of what looks like a URL.
    mutating func maskAddresses() {
        let isURL = String(String.UnicodeScalarView(scalars)).lowercased().contains("url")
        var start = 0
        while start < scalars.count {
            let end = scalars[start...].firstIndex { " \t\"'".unicodeScalars.contains($0) } ?? scalars.count
            let before = scalars.count
            maskAddress(start..<end, isURL: isURL)
            start = end + scalars.count - before + 1
        }
    }

    private mutating func maskAddress(_ range: Range<Int>, isURL: Bool) {
        let word = String(String.UnicodeScalarView(scalars[range]))
        let hasScheme = word.contains("//")
        if hasScheme, let query = scalars[range].firstIndex(of: "?"), query + 1 < range.upperBound {
            replace((query + 1)..<range.upperBound, with: Self.mask)
        }
        let rest = range.lowerBound..<min(range.upperBound, scalars.count)
        guard hasScheme || isURL, let at = scalars[rest].lastIndex(of: "@") else { return }
        let slash = scalars[rest].firstIndex(of: "/").map { $0 + 2 } ?? rest.lowerBound
        replace(min(hasScheme ? slash : rest.lowerBound, at)..<at, with: Self.mask)
    }

    /// The line as it is shown: no control characters, and only the part around the place when it is long.
    func excerpt(widest: Int) -> SourceExcerpt {
        let visible = scalars.map { $0 != "\t" && ConfigurationKey.isControl($0) ? "\u{FFFD}" : $0 }
        let place = min(max(marked, 0), visible.count)
        let first = place > widest - 20 ? place - (widest - 20) : 0
        let last = min(visible.count, first + widest)
        let before = (first > 0 ? "…" : "") + string(visible[first..<place])
        let text = before + string(visible[place..<last]) + (last < visible.count ? "…" : "")
        let blanks = before.unicodeScalars.map { $0 == "\t" ? "\t" : " " as Unicode.Scalar }
        return SourceExcerpt(text: text, marker: string(blanks[...]) + "^")
    }

    private func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String { String(String.UnicodeScalarView(scalars)) }
}
