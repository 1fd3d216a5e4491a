/// The text of a unit file or drop-in, read as systemd reads it.
package enum UnitFile {
    /// The values that one key is given in one section, in their order; an empty one takes back those before it.
    ///
    /// Lines that systemd ignores are ignored: comments, also within a continued line, those without `=`, those that are
    /// not UTF-8. Values are not quoted: quotes are part of them. Nothing after a broken section header counts.
    package static func values(of key: String, in section: String, _ bytes: [UInt8]) -> [ByteString] {
        var values: [ByteString] = []
        var isInside = false
        for line in logicalLines(bytes) {
            let line = stripped(line[...])
            guard let first = line.first, !comments.contains(first), ByteString(line).text != nil else { continue }
            if first == UInt8(ascii: "[") {
                guard line.last == UInt8(ascii: "]") else { return values }
                isInside = line.dropFirst().dropLast().elementsEqual(section.utf8)
            } else if isInside, let equals = line.firstIndex(of: UInt8(ascii: "=")), equals > line.startIndex,
                stripped(line[..<equals]).elementsEqual(key.utf8)
            {
                values.append(ByteString(stripped(line[(equals + 1)...])))
            }
        }
        return values
    }

    private static let comments = Array("#;".utf8)
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Lines with those joined that a backslash at the end continues; it becomes a space.
    private static func logicalLines(_ bytes: [UInt8]) -> [[UInt8]] {
        let text = bytes.starts(with: byteOrderMark) ? bytes.dropFirst(byteOrderMark.count) : bytes[...]
        var lines: [[UInt8]] = []
        var pending: [UInt8] = []
        var isContinued = false
        for line in physicalLines(text) {
            if let first = line.first(where: { !isBlank($0) }), comments.contains(first) { continue }
            pending += line
            isContinued = pending.reversed().prefix { $0 == UInt8(ascii: "\\") }.count % 2 == 1
            if isContinued {
                pending[pending.count - 1] = UInt8(ascii: " ")
            } else {
                lines.append(pending)
                pending = []
            }
        }
        return isContinued ? lines + [pending] : lines
    }

    /// A carriage return ends a line as well, alone or before the newline.
    private static func physicalLines(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        var index = start
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") || byte == 0 {
                lines.append(bytes[start..<index])
                let isPair = byte == UInt8(ascii: "\r") && index + 1 < bytes.endIndex
                if isPair, bytes[index + 1] == UInt8(ascii: "\n") { index += 1 }
                start = index + 1
            }
            index += 1
        }
        if start < bytes.endIndex { lines.append(bytes[start...]) }
        return lines
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n")
            || byte == UInt8(ascii: "\r")
    }

    private static func stripped(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return [] }
        return bytes[first...last]
    }
}
