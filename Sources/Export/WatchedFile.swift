import Glibc
import SystemPackage

/// Which version of a file this is, as far as its inode tells.
struct FileStamp: Equatable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let seconds: Int
    private let nanoseconds: Int

    init(_ stat: Stat) {
        let raw = stat.rawValue
        (device, inode, size) = (UInt64(raw.st_dev), UInt64(raw.st_ino), Int64(raw.st_size))
        (seconds, nanoseconds) = (raw.st_mtim.tv_sec, raw.st_mtim.tv_nsec)
    }

    /// The stamp of what the path leads to; nil when it leads to nothing.
    init?(path: String) {
        guard let stat = try? Stat(FilePath(path)) else { return nil }
        self.init(stat)
    }
}

/// A token or password in a file, read again when the file changes, so that rotating it needs no reload.
struct SecretFile {
    /// Longer is no credential but a mistake in the configuration.
    static let maxBytes = 64 << 10

    let path: String
    private var stamp: FileStamp?
    private var value = ""

    init(path: String) { self.path = path }

    /// The first line of the file. The value appears in no error.
    mutating func read() throws(SinkProblem) -> String {
        let action = "read"
        do {
            let current = FileStamp(try Stat(FilePath(path)))
            if current == stamp { return value }
            let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
            defer { try? file.close() }
            var bytes = [UInt8](repeating: 0, count: Self.maxBytes + 1)
            var count = 0
            while count < bytes.count {
                let read = try bytes.withUnsafeMutableBytes { try file.read(into: .init(rebasing: $0[count...])) }
                if read == 0 { break }
                count += read
            }
            value = try text(bytes[..<count])
            // The stamp from before reading: a change in between is then seen the next time.
            stamp = current
            return value
        } catch let problem as SinkProblem {
            throw problem
        } catch {
            throw .refused(action: action, path: path, error as? Errno ?? .ioError)
        }
    }

    /// The value without the newline that editors leave; a control character would start a header of its own.
    private func text(_ bytes: ArraySlice<UInt8>) throws(SinkProblem) -> String {
        guard bytes.count <= Self.maxBytes else { throw .wrongKind(path: path, what: "it is too long for a secret") }
        let blanks = Array(" \t\r\n".utf8)
        let kept = bytes.trimmingPrefix { blanks.contains($0) }
        let end = kept.lastIndex { !blanks.contains($0) }.map { $0 + 1 } ?? kept.startIndex
        let value = kept[kept.startIndex..<end]
        guard !value.isEmpty else { throw .wrongKind(path: path, what: "it is empty") }
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw .wrongKind(path: path, what: "it contains control characters")
        }
        return String(decoding: value, as: UTF8.self)
    }
}
