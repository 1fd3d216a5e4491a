/// The operations whose missed runs are told apart: a new program must find its place here (a test sees to it).
enum ProgramGroup: String, CaseIterable {
    case open, write, delete, rename, mkdir, mknod, symlink, link, truncate, allocate, sync
    case sharedMap = "shared_map"
    case ioUring = "io_uring"
    case cgroup

    /// The hooks of each operation, by the names of their programs without `on_` and `_probed`.
    private var hooks: [String] {
        switch self {
        case .open: ["open", "openat", "openat2", "creat", "open_by_handle_at"]
        case .write:
            ["write", "pwrite64", "writev", "pwritev", "pwritev2", "sendfile64", "splice", "copy_file_range"]
        case .delete: ["unlink", "unlinkat", "rmdir"]
        case .rename: ["rename", "renameat", "renameat2"]
        case .mkdir: ["mkdir", "mkdirat"]
        case .mknod: ["mknod", "mknodat"]
        case .symlink: ["symlink", "symlinkat"]
        case .link: ["link", "linkat"]
        case .truncate: ["truncate", "ftruncate"]
        case .allocate: ["fallocate"]
        case .sync: ["fsync", "fdatasync", "sync_file_range", "msync"]
        case .sharedMap: ["mmap"]
        case .ioUring: ["submit_req", "submit_sqe", "queue_async_work", "complete", "req_failed"]
        case .cgroup: ["cgroup_mkdir", "cgroup_rmdir", "cgroup_rename"]
        }
    }

    private static let byHook = Dictionary(
        uniqueKeysWithValues: allCases.flatMap { group in group.hooks.map { ($0, group) } })

    /// Nil for a program that has no place yet.
    init?(program: String) {
        var hook = program.dropFirst("on_".count)
        if hook.hasSuffix("_probed") { hook = hook.dropLast("_probed".count) }
        guard let group = Self.byHook[String(hook)] else { return nil }
        self = group
    }
}
