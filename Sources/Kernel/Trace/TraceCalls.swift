internal import KernelABI
internal import Model

extension TraceCall {
    /// By the name of the kernel's event, which is that of the manual but for one.
    init?(_ call: String) {
        if call == "sendfile64" { self = .sendfile } else { self.init(rawValue: call) }
    }

    /// By the number of a system call on this architecture.
    init?(number: UInt32) {
        guard let call = Self.byNumber[number] else { return nil }
        self = call
    }

    private static let byNumber: [UInt32: Self] = {
        var calls: [(Int32, Self)] = [
            (__NR_openat, .openat), (__NR_openat2, .openat2), (__NR_open_by_handle_at, .openByHandleAt),
            (__NR_mknodat, .mknodat), (__NR_write, .write), (__NR_pwrite64, .pwrite64), (__NR_writev, .writev),
            (__NR_pwritev, .pwritev), (__NR_pwritev2, .pwritev2), (__NR_sendfile, .sendfile),
            (__NR_splice, .splice), (__NR_copy_file_range, .copyFileRange), (__NR_unlinkat, .unlinkat),
            (__NR_renameat2, .renameat2), (__NR_mkdirat, .mkdirat), (__NR_linkat, .linkat),
            (__NR_symlinkat, .symlinkat), (__NR_truncate, .truncate), (__NR_ftruncate, .ftruncate),
            (__NR_mmap, .mmap), (__NR_execve, .execve), (__NR_execveat, .execveat),
        ]
        #if arch(x86_64)
        calls += [
            (__NR_open, .open), (__NR_creat, .creat), (__NR_mknod, .mknod), (__NR_unlink, .unlink),
            (__NR_rmdir, .rmdir), (__NR_rename, .rename), (__NR_renameat, .renameat), (__NR_mkdir, .mkdir),
            (__NR_link, .link), (__NR_symlink, .symlink),
        ]
        #endif
        return Dictionary(uniqueKeysWithValues: calls.map { (UInt32($0), $1) })
    }()

    /// What the call does when it is not one of io_uring.
    var operation: TraceOperation? {
        switch self {
        case .open, .openat, .openat2, .creat, .openByHandleAt: .open
        case .mknod, .mknodat: .create
        case .write, .pwrite64, .writev, .pwritev, .pwritev2, .sendfile, .splice, .copyFileRange: .write
        case .unlink, .unlinkat, .rmdir: .delete
        case .rename, .renameat, .renameat2: .rename
        case .mkdir, .mkdirat: .mkdir
        case .link, .linkat, .symlink, .symlinkat: .link
        case .truncate, .ftruncate: .truncate
        case .mmap: .sharedMap
        case .execve, .execveat: .exec
        case .clone: .fork
        case .exit: .exit
        case .uring: nil
        }
    }
}

extension TraceOpcode {
    /// By the kernel's number: `enum io_uring_op` of linux/io_uring.h, the same everywhere.
    init?(number: UInt32) {
        switch number {
        case 2: self = .writev
        case 5: self = .writeFixed
        case 18: self = .openat
        case 23: self = .write
        case 28: self = .openat2
        case 30: self = .splice
        case 35: self = .renameat
        case 36: self = .unlinkat
        case 37: self = .mkdirat
        case 38: self = .symlinkat
        case 39: self = .linkat
        case 55: self = .ftruncate
        case 61: self = .writevFixed
        default: return nil
        }
    }
}
