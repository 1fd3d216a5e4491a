import Glibc
import SystemPackage

/// A socket at a path: made with its permissions, in the place of one that nobody listens at any more.
enum UnixSocketFile {
    /// Users of the group may come, less what the umask takes.
    private static let mode: mode_t = 0o660

    static func listen(_ path: String) throws(SinkProblem) -> CInt {
        guard path.utf8.count <= EndpointAddress.longestPath else {
            throw .unusable("'\(path)' is too long for a socket: at most \(EndpointAddress.longestPath) bytes")
        }
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        mkdir(folder, 0o755)
        // Two who start at once must not both find the old socket and remove each other's new one.
        let lock = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else { throw .refused(action: "listen at", path: "unix:\(path)", Errno(rawValue: errno)) }
        defer { close(lock) }
        while flock(lock, LOCK_EX) != 0, errno == EINTR {}
        try removeStale(path)
        let socket = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw .refused(action: "listen at", path: "unix:\(path)", Errno(rawValue: errno)) }
        // The file gets the permissions of the socket: there is no moment in which it has others.
        fchmod(socket, mode)
        let isOpen = withAddress(path) { bind(socket, $0, $1) == 0 } && Glibc.listen(socket, 64) == 0
        guard isOpen else {
            let error = errno
            close(socket)
            throw .refused(action: "listen at", path: "unix:\(path)", Errno(rawValue: error))
        }
        return socket
    }

    /// Removes a socket at which nobody listens; throws when there is something else, or somebody.
    static func removeStale(_ path: String) throws(SinkProblem) {
        guard try isStale(path) else { return }
        guard unlink(path) == 0 || errno == ENOENT else {
            throw .refused(action: "remove the old socket", path: path, Errno(rawValue: errno))
        }
    }

    /// Whether there is a socket at which nobody listens; throws when there is something else, or somebody.
    static func isStale(_ path: String) throws(SinkProblem) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return false }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw .wrongKind(path: path, what: "there is something else than a socket")
        }
        let socket = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw .refused(action: "listen at", path: "unix:\(path)", Errno(rawValue: errno)) }
        defer { close(socket) }
        if withAddress(path, { connect(socket, $0, $1) == 0 }) || errno == EAGAIN || errno == EINPROGRESS {
            throw .refused(action: "listen at", path: "unix:\(path)", Errno(rawValue: EADDRINUSE))
        }
        // Of another kind of socket, or one that may not be asked, nobody knows whether it is in use.
        guard errno == ECONNREFUSED else {
            throw .refused(action: "listen at", path: "unix:\(path)", Errno(rawValue: errno))
        }
        return true
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Bool) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

extension FileStamp {
    /// The stamp of what is at the path itself, whether it leads elsewhere or not.
    init?(linkAt path: String) {
        guard let stat = try? Stat(FilePath(path), followTargetSymlink: false) else { return nil }
        self.init(stat)
    }
}
