import SystemPackage

/// How a file of lines ends.
enum FileEnd: Equatable {
    case whole
    /// With the beginning of one of our lines, from this offset on.
    case torn(from: Int)
    /// With something else that has no end.
    case foreign

    /// How far back the beginning of a line is looked for.
    static let farthest = 16 << 20
    private static let chunk = 64 << 10
    /// What every line of ours begins with.
    private static let beginnings = [
        "{\"type\":\"", "{\"schema\":\"otagent.", "{\"resourceMetrics\":",
    ].map { Array($0.utf8) }

    /// Reads back from the end; never the whole of a large file.
    init(of file: FileDescriptor, size: Int, farthest: Int = Self.farthest) throws {
        let newline = UInt8(ascii: "\n")
        guard try Self.bytes(of: file, at: size - 1, count: 1) != [newline] else {
            self = .whole
            return
        }
        var start = size
        let limit = max(0, size - farthest)
        while start > limit {
            let count = min(Self.chunk, start - limit)
            let bytes = try Self.bytes(of: file, at: start - count, count: count)
            if let index = bytes.lastIndex(of: newline) {
                start = start - count + index + 1
                self = try Self.isOurs(file, from: start, size: size) ? .torn(from: start) : .foreign
                return
            }
            start -= count
        }
        self = try start == 0 && Self.isOurs(file, from: 0, size: size) ? .torn(from: 0) : .foreign
    }

    /// After a loss of power a file may end with zeros where data were to be.
    private static func isOurs(_ file: FileDescriptor, from start: Int, size: Int) throws -> Bool {
        try beginnings.contains { beginning in
            let bytes = try bytes(of: file, at: start, count: min(beginning.count, size - start))
            return bytes.first == 0 || bytes.elementsEqual(beginning.prefix(bytes.count))
        }
    }

    private static func bytes(of file: FileDescriptor, at offset: Int, count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var read = 0
        while read < count {
            let more = try bytes.withUnsafeMutableBytes {
                try file.read(fromAbsoluteOffset: Int64(offset + read), into: .init(rebasing: $0[read...]))
            }
            // Cut by somebody else meanwhile.
            guard more > 0 else { throw Errno.ioError }
            read += more
        }
        return bytes
    }
}
