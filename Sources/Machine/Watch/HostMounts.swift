internal import Glibc
internal import Model

/// What is mounted on the host, and its root directory: the agent itself may run in another mount namespace.
struct HostMounts: ~Copyable {
    /// Of the process's mountinfo: poll(2) says when it is another (proc_pid_mountinfo(5)).
    private let descriptor: CInt
    /// The root directory, open.
    let root: CInt
    /// Whether that is the agent's own.
    let isOwnRoot: Bool
    /// Names the mount namespace; absent when it may not be read.
    let namespace: UInt32?
    private(set) var table: MountTable
    /// How often the table was read anew.
    private(set) var changes: UInt64 = 0
    private var isOld = false
    private var budget = ReadingBudget()

    /// Those of the first process where it is seen in another namespace, else the agent's own.
    static func found() throws(SystemError) -> HostMounts {
        let first = mountNamespace(of: "/proc/1")
        if let first, first != mountNamespace(of: "/proc/self"), let mounts = try? HostMounts(process: "/proc/1") {
            return mounts
        }
        return try HostMounts(process: "/proc/self")
    }

    /// - Parameter process: its directory in /proc.
    init(process: String) throws(SystemError) {
        let file = process + "/mountinfo"
        let opened = open(file, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw SystemError("cannot open", file) }
        let root = openRoot(of: process)
        guard root >= 0 else {
            let error = SystemError("cannot open", process + "/root")
            close(opened)
            throw error
        }
        do throws(SystemError) {
            table = MountTable(parsing: try readFile(opened, file, limit: Self.longest))
        } catch {
            close(opened)
            close(root)
            throw error
        }
        (descriptor, self.root, isOwnRoot) = (opened, root, process == "/proc/self")
        namespace = mountNamespace(of: process)
    }

    deinit {
        close(descriptor)
        close(root)
    }

    /// Bytes of a table that are read: some 200,000 mounts.
    static let longest = 32 << 20

    /// Reads the table anew when it is another, but not all the time. One that cannot be read stays as it was, and is read the
    /// next time.
    mutating func refresh() {
        var wish = pollfd(fd: descriptor, events: Int16(POLLPRI), revents: 0)
        // Also says POLLERR then; with a poll the change is told, so what comes during the reading is told by the next.
        if poll(&wish, 1, 0) > 0, wish.revents & Int16(POLLPRI) != 0 { isOld = true }
        let begun = ContinuousClock.now
        guard isOld, budget.allows(at: begun), lseek(descriptor, 0, SEEK_SET) == 0,
            let text = try? readFile(descriptor, "mountinfo", limit: Self.longest)
        else { return }
        table = MountTable(parsing: text)
        changes += 1
        isOld = false
        budget.spend(from: begun)
    }
}

/// Opens the root directory of a process as a place only, by its directory in /proc; -1 with errno set.
func openRoot(of process: String) -> CInt {
    // O_PATH, which Swift's Glibc does not have.
    let placeOnly: CInt = 0o10_000_000
    return open(process + "/root", placeOnly | O_DIRECTORY | O_CLOEXEC)
}

/// Names the mount namespace of a process, by its directory in /proc; nil when it is gone, or may not be asked.
func mountNamespace(of process: String) -> UInt32? {
    var status = stat()
    return stat(process + "/ns/mnt", &status) == 0 ? UInt32(truncatingIfNeeded: status.st_ino) : nil
}
