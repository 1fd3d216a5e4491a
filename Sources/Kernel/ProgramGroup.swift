/// The operations whose missed runs are told apart: a new program must find its place here (a test sees to it).
enum ProgramGroup: String, CaseIterable {
    case open, write, delete, rename, mkdir, mknod, symlink, link, truncate, allocate, sync
    case sharedMap = "shared_map"
    case aio
    case ioUring = "io_uring"
    case cgroup

    /// The hooks of each operation, by the names of their programs without `on_` and `_probed`.
    private var hooks: [String] {
        switch self {
        case .open: ["open", "openat", "openat2", "creat"]
        case .write: ["write", "write_into"]
        case .delete: ["delete", "unlinkat"]
        case .rename: ["rename", "renameat"]
        case .mkdir: ["mkdir", "mkdirat"]
        case .mknod: ["mknod", "mknodat"]
        case .symlink: ["symlink", "symlinkat"]
        case .link: ["link", "linkat"]
        case .truncate: ["truncate", "ftruncate"]
        case .allocate: ["fallocate"]
        case .sync: ["fsync", "msync"]
        case .sharedMap: ["mmap"]
        case .ioUring: ["submit_req", "submit_sqe", "queue_async_work", "complete", "req_failed"]
        case .aio: ["begin_aio", "submit_aio", "reap_aio"]
        case .cgroup: ["cgroup_mkdir", "cgroup_rmdir", "cgroup_rename"]
        }
    }

    private static let byHook = Dictionary(
        uniqueKeysWithValues: allCases.flatMap { group in group.hooks.map { ($0, group) } })

    /// What the names of copies end with: programs that take over what the kernel leaves out of their originals.
    static let copies = ["_copy1", "_copy2"]

    static func isCopy(_ program: String) -> Bool { copies.contains { program.hasSuffix($0) } }

    /// Nil for a program that has no place yet.
    init?(program: String) {
        var hook = program.dropFirst("on_".count)
        for suffix in ["_probed"] + Self.copies where hook.hasSuffix(suffix) { hook = hook.dropLast(suffix.count) }
        guard let group = Self.byHook[String(hook)] else { return nil }
        self = group
    }
}
