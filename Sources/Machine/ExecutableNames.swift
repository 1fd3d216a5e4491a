internal import Glibc
package import Model

/// The paths of executables, as the process that was first seen with each saw them.
package struct ExecutableNames: Sendable {
    private var paths: [ExecutableID: ByteString] = [:]
    private let limit: Int

    /// - Parameter limit: how many are kept; beyond it all are forgotten and learned anew from /proc.
    package init(limit: Int = 65536) { self.limit = limit }

    package subscript(id: ExecutableID) -> ByteString? { paths[id] }

    package mutating func learn(_ id: ExecutableID, path: ByteString) {
        if paths.count >= limit, paths[id] == nil { paths.removeAll(keepingCapacity: true) }
        paths[id] = path
    }

    /// The path from /proc, when that process still runs the executable; for reports that were lost.
    package static func current(_ id: ExecutableID, tgid: Int32) -> ByteString? {
        let link = "/proc/\(tgid)/exe"
        var status = stat()
        guard stat(link, &status) == 0, UInt64(status.st_ino) == id.inode else { return nil }
        guard let path = readLink(link) else { return nil }
        // The kernel's own path, which the programs report, says nothing of the file's being deleted.
        let suffix = Array(" (deleted)".utf8)
        let isDeleted = status.st_nlink == 0 && path.suffix(suffix.count).elementsEqual(suffix)
        return ByteString(isDeleted ? Array(path.dropLast(suffix.count)) : path)
    }
}
