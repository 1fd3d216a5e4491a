/// Which files of a run are shown one by one, and which only as a number.
package struct PathNoise: Sendable {
    package enum Place: Hashable, Sendable {
        case shown
        /// Counted, in one line for everything below this directory.
        case collapsed(ByteString)
        case ignored
    }

    /// Directories that belong to the system: what is below and stays as it was is of interest to few.
    package static let system: [ByteString] = [
        "/bin", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.preload", "/etc/locale.alias",
        "/etc/localtime", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/sbin", "/snap", "/usr",
    ]
    /// Directories whose files are none on a disk, but for `/dev/shm`, where files are like others.
    package static let pseudo: [ByteString] = ["/dev", "/proc", "/sys"]

    private let showsAll: Bool
    private let ignored: [PathGlob]
    private let aggregated: [ByteString]

    /// - Parameters:
    ///   - showsAll: whether the files of the system are shown one by one as well.
    ///   - ignored: whatever matches is not even counted by directory.
    ///   - aggregated: more directories to show as one line each, whatever became of the files.
    package init(showsAll: Bool = false, ignored: [PathGlob] = [], aggregated: [ByteString] = []) {
        (self.showsAll, self.ignored) = (showsAll, ignored)
        // The innermost of those that hold counts.
        self.aggregated = aggregated.sorted { $0.count > $1.count }
    }

    package func place(of name: FileName?, isUntouched: Bool) -> Place {
        guard let name else { return .shown }
        if ignored.contains(where: { $0.matches(name.path) }) { return .ignored }
        let holds = { (directory: ByteString) in
            name.path == directory || FileName(name.path).isBelow(FileName(directory))
        }
        if let directory = aggregated.first(where: holds) { return .collapsed(directory) }
        guard !showsAll, !FileName(name.path).isBelow("/dev/shm") else { return .shown }
        if let directory = Self.pseudo.first(where: holds) { return .collapsed(directory) }
        if isUntouched, let directory = Self.system.first(where: holds) { return .collapsed(directory) }
        return .shown
    }
}

extension FileName: ExpressibleByStringLiteral {
    package init(stringLiteral path: String) { self.init(ByteString(path)) }
}
