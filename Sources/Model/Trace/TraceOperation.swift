/// What a row of a trace is about, by the words of the manual.
package enum TraceOperation: String, CaseIterable, Sendable {
    /// Any way to open a file. One that made the file is an open as well; its row says `created`.
    case open
    /// A regular file made by `mknod`.
    case create
    /// A completed write to a regular file.
    case write
    /// `unlink`, `rmdir` and the like.
    case delete
    case rename
    case mkdir
    /// A hard or symbolic link made.
    case link
    /// `truncate` and `ftruncate`; an open with `O_TRUNC` is an open.
    case truncate
    /// A writable shared mapping of a file: what is stored through it nobody can see.
    case sharedMap = "shared_map"
    /// A program executed, or tried to be.
    case exec
    /// A process made.
    case fork
    /// A process that ended.
    case exit
}

/// The call by which an operation was tried, by its name in the manual; `Uring` for all requests of io_uring.
package enum TraceCall: String, CaseIterable, Sendable {
    case open, openat, openat2, creat
    case openByHandleAt = "open_by_handle_at"
    case uring = "Uring"
    case mknod, mknodat
    case write, pwrite64, writev, pwritev, pwritev2, sendfile, splice
    case copyFileRange = "copy_file_range"
    case unlink, unlinkat, rmdir
    case rename, renameat, renameat2
    case mkdir, mkdirat
    case link, linkat, symlink, symlinkat
    case truncate, ftruncate
    case mmap
    case execve, execveat
    /// Also by `vfork` and `clone3`.
    case clone
    case exit
}

/// What a request of io_uring asks for, by its name in io_uring_enter(2).
package enum TraceOpcode: String, CaseIterable, Sendable {
    case openat, openat2
    case write, writev
    case writeFixed = "write_fixed"
    case writevFixed = "writev_fixed"
    case splice
    case renameat, unlinkat, mkdirat, symlinkat, linkat
    case ftruncate
}

/// The way an operation took through the kernel.
package enum TraceVia: String, CaseIterable, Sendable {
    case syscall
    /// io_uring: by the submitter or its task work, by an `iou-wrk` thread, submitted by the SQPOLL thread.
    case inline, worker, sqpoll
}
