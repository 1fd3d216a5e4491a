internal import Glibc
internal import TOMLKit

/// Reads configuration files.
///
/// All problems of a file are found in one go, each with its place. There are settings exactly when no problem is
/// an error.
package enum ConfigurationFile {
    /// Far beyond any configuration; what is bigger is some other file.
    package static let largestSize = 1 << 20

    /// Reads and checks the file at `path`.
    ///
    /// - Parameter again: not for the first time, so it must not wait: a pipe is refused then, whose writer may never come.
    package static func read(
        path: String, environment: [String: String], again: Bool = false
    ) -> (settings: Settings?, problems: [ConfigurationProblem]) {
        let file = open(path, O_RDONLY | O_CLOEXEC | (again ? O_NONBLOCK : 0))
        guard file >= 0 else { return failure(path, "cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var status = stat()
        if again, fstat(file, &status) != 0 || status.st_mode & S_IFMT != S_IFREG {
            return failure(path, "cannot be read again: it is not a regular file")
        }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= largestSize {
            let count = Glibc.read(file, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return failure(path, "cannot be read: \(String(cString: strerror(errno)))") }
            guard count > 0 else { break }
            bytes.append(contentsOf: block[..<count])
        }
        return parse(bytes: bytes, path: path, environment: environment)
    }

    /// Checks the content of a file; `path` is only what problems call it.
    package static func parse(
        bytes: [UInt8], path: String, environment: [String: String]
    ) -> (settings: Settings?, problems: [ConfigurationProblem]) {
        guard bytes.count <= largestSize else { return failure(path, tooBig) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return failure(path, "the file is not UTF-8", at: firstBadByte(in: bytes))
        }
        return parse(text: text, path: path, environment: environment)
    }

    /// Checks the text of a file; `path` is only what problems call it.
    package static func parse(
        text: String, path: String, environment: [String: String]
    ) -> (settings: Settings?, problems: [ConfigurationProblem]) {
        guard text.utf8.count <= largestSize else { return failure(path, tooBig) }
        let lines = SourceLines(text)
        // The parser takes C strings: it would silently stop reading here.
        if let position = firstNUL(in: text) { return failure(path, "the file contains a NUL character", at: position) }
        let root: TOMLTable
        do {
            root = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let begin = error.source.begin
            let position = SourcePosition(line: max(1, begin.line), column: max(1, begin.column))
            // The parser quotes what it stumbled over.
            let sentence =
                lines.isSecret(at: position)
                ? "this is not valid TOML"
                : Self.sentence(error.description, endsLine: lines.isEnd(position))
            let excerpt = lines.excerpt(at: position, wellFormed: false)
            return (nil, [ConfigurationProblem(path: path, position: position, sentence: sentence, excerpt: excerpt)])
        } catch {
            return failure(path, "this is not valid TOML")
        }
        var collector = ProblemCollector(path: path, lines: lines, positions: KeyPositions(text))
        // The parser hands out C strings: what follows would silently be missing.
        for position in collector.positions.nulls { collector.place(position, "a string must not contain NUL") }
        var sections = SectionReader(problems: collector, environment: EnvironmentText(variables: environment))
        sections.read(root)
        var reader = SettingsReader(sections.sections, problems: sections.problems)
        let settings = reader.read()
        return (reader.problems.hasErrors ? nil : settings, reader.problems.sorted)
    }

    private static let tooBig = "the file is bigger than 1MiB: this is not a configuration"

    private static func failure(
        _ path: String, _ sentence: String, at position: SourcePosition = .start
    ) -> (settings: Settings?, problems: [ConfigurationProblem]) {
        (nil, [ConfigurationProblem(path: path, position: position, sentence: sentence)])
    }

    /// What the parser said, in words that fit what people do wrong most often.
    private static func sentence(_ description: String, endsLine: Bool) -> String {
        if endsLine, description.contains("control characters") {
            return "not valid TOML: this string has no closing quote"
        }
        let head = "Error while parsing "
        let reason = (description.hasPrefix(head) ? String(description.dropFirst(head.count)) : description)
            .replacing("saw '\\n'", with: "saw the end of the line")
        let isBareWord = reason.contains("value type") || reason.contains("integer: expected digit")
        let hint = isBareWord ? "; strings, durations and sizes need quotes" : ""
        return "not valid TOML: \(ConfigurationKey.printable(reason))\(hint)"
    }

    private static func firstNUL(in text: String) -> SourcePosition? { position(in: text) { $0 == "\0" } }

    private static func firstBadByte(in bytes: [UInt8]) -> SourcePosition {
        // A lenient reading has a replacement character where the strict one failed; the file may have some of its own.
        let lenient = String(decoding: bytes, as: UTF8.self)
        var index = 0
        let bad = position(in: lenient) { scalar in
            let length = UTF8.width(scalar)
            let isReplacement = scalar == "\u{FFFD}" && !bytes[index...].starts(with: [0xEF, 0xBF, 0xBD])
            index += length
            return isReplacement
        }
        return bad ?? .start
    }

    private static func position(in text: String, of condition: (Unicode.Scalar) -> Bool) -> SourcePosition? {
        var position = SourcePosition.start
        for scalar in text.unicodeScalars {
            if condition(scalar) { return position }
            if scalar == "\n" {
                position = SourcePosition(line: position.line + 1, column: 1)
            } else {
                position.column += 1
            }
        }
        return nil
    }
}
