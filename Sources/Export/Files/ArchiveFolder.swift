import Glibc
import Model
import Synchronization
import SystemPackage

/// The archives of one file, in its directory; used by the thread that writes and the one that packs.
///
/// Whatever is not an archive of this file by its exact name, or is not a regular file, is neither seen nor touched.
final class ArchiveFolder: Sendable {
    /// One archive as it lies there.
    struct Entry: Equatable {
        var name: ArchiveName
        /// Bytes of each form it is there in.
        var sizes: [ArchivePattern.Form: Int] = [:]

        func has(_ form: ArchivePattern.Form) -> Bool { sizes[form] != nil }
    }

    /// With a trailing slash, or empty for the working directory.
    private let directory: String
    private let pattern: ArchivePattern
    private let retention: Retention
    /// Held while files are removed or take the place of others, so that no removed archive comes back packed.
    private let changes = Mutex<Void>(())

    init(path: String, retention: Retention) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let start = slash.map { path.utf8.index(after: $0) } ?? path.startIndex
        directory = String(path[..<start])
        pattern = ArchivePattern(fileName: String(path[start...]))
        self.retention = retention
    }

    func path(of name: ArchiveName, _ form: ArchivePattern.Form) -> String {
        directory + pattern.fileName(of: name, form)
    }

    /// All archives, oldest name first.
    func entries() throws(SinkProblem) -> [Entry] {
        let path = directory.isEmpty ? "." : directory
        guard let stream = opendir(path) else {
            // Removed with all that was in it.
            if errno == ENOENT { return [] }
            throw .refused(action: "read the directory", path: path, Errno(rawValue: errno))
        }
        defer { closedir(stream) }
        var found: [ArchiveName: Entry] = [:]
        while let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard let (name, form) = pattern.parse(bytes), let size = Self.size(self.path(of: name, form)) else {
                continue
            }
            found[name, default: Entry(name: name)].sizes[form] = size
        }
        return found.values.sorted { $0.name < $1.name }
    }

    /// Makes `live` the newest archive, after removing those that must go for it; returns the archive's path.
    func take(_ live: String, bytes: Int, at now: Timestamp) throws(SinkProblem) -> String {
        let entries = try entries()
        try remove(surplus(entries, incoming: bytes, at: now))
        let name = ArchiveName(at: now, after: entries.lazy.map(\.name))
        let archive = path(of: name, .plain)
        // The name was free a moment ago. Nobody else makes such names, and renaming follows no link.
        guard rename(live, archive) == 0 else {
            throw .refused(action: "rotate", path: live, Errno(rawValue: errno))
        }
        return archive
    }

    /// Removes what is beyond the bounds; returns what stays.
    @discardableResult func prune(at now: Timestamp) throws(SinkProblem) -> [Entry] {
        let entries = try entries()
        let surplus = surplus(entries, incoming: nil, at: now)
        try remove(surplus)
        return entries.filter { !surplus.contains($0) }
    }

    /// Puts the finished copy into the place of the plain archive.
    ///
    /// - Returns: False when the plain one was removed meanwhile; the copy is then removed too.
    func replace(_ name: ArchiveName) throws(SinkProblem) -> Bool {
        let (plain, unfinished) = (path(of: name, .plain), path(of: name, .unfinished))
        let isReplaced = try changes.withLock { _ throws(SinkProblem) in
            guard access(plain, F_OK) == 0 else {
                unlink(unfinished)
                return false
            }
            guard rename(unfinished, path(of: name, .packed)) == 0 else {
                throw SinkProblem.refused(action: "rename", path: unfinished, Errno(rawValue: errno))
            }
            return true
        }
        guard isReplaced else { return false }
        // On disk under its new name, before the other copy goes. A disk may take its time: nobody waits for the lock.
        synchronize()
        try remove(name, .plain)
        return true
    }

    func remove(_ name: ArchiveName, _ form: ArchivePattern.Form) throws(SinkProblem) {
        let path = path(of: name, form)
        let errno = changes.withLock { _ in unlink(path) == 0 ? 0 : Glibc.errno }
        guard errno == 0 || errno == ENOENT else {
            throw .refused(action: "remove", path: path, Errno(rawValue: errno))
        }
    }

    /// Has the names in the directory written to disk, where the file system can.
    func synchronize() {
        let descriptor = open(directory.isEmpty ? "." : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private func surplus(_ entries: [Entry], incoming: Int?, at now: Timestamp) -> [Entry] {
        let archives = entries.compactMap { entry in
            let bytes = (entry.sizes[.plain] ?? 0) + (entry.sizes[.packed] ?? 0)
            return entry.has(.plain) || entry.has(.packed) ? Retention.Archive(entry.name, bytes: bytes) : nil
        }
        let names = Set(retention.surplus(of: archives, incoming: incoming, at: now))
        return entries.filter { names.contains($0.name) }
    }

    private func remove(_ entries: [Entry]) throws(SinkProblem) {
        for entry in entries {
            if entry.has(.plain) { try remove(entry.name, .plain) }
            if entry.has(.packed) { try remove(entry.name, .packed) }
        }
    }

    private static func size(_ path: String) -> Int? {
        guard let stat = try? Stat(FilePath(path), followTargetSymlink: false), stat.type == .regular else {
            return nil
        }
        return Int(stat.size)
    }
}
