/// What no program here sees: the one table behind the coverage statement, the doctor and docs/coverage.md.
///
/// A line goes when a program comes that sees it. What one kernel alone does not show is in `coverage.programs.missing`.
enum NotSeen: CaseIterable {
    case mappedStores, laterMappings, reapedResults, compatibleCalls, pathsOnly, clones, deviceCommands, attributes
    case wholeFileSystems, sockets, theKernel

    /// For people, in every batch.
    var sentence: String {
        switch self {
        case .mappedStores: "stores through shared mappings (the mappings are counted: shared_maps)"
        case .laterMappings: "shared mappings made writable later by mprotect"
        case .reapedResults:
            "results of Linux AIO (io_submit) that a program takes from the ring in its memory, without io_getevents"
        case .compatibleCalls: "system calls of 32-bit programs"
        case .pathsOnly:
            """
            the file system of what is known by path only (failed opens, deletes, renames, mkdirs, mknods, creates by \
            mknod, symlinks, links, truncate, msync): it counts in the main figures also below /proc and the like
            """
        case .clones:
            """
            file contents cloned, reserved or zeroed by ioctl (FICLONE, FICLONERANGE, FIDEDUPERANGE, FS_IOC_RESVSP, \
            FS_IOC_ZERO_RANGE), and subvolumes made or removed by it
            """
        case .deviceCommands: "commands to block devices (discard, passthrough), by ioctl or io_uring"
        case .attributes: "changes of attributes (mode, owner, times, extended attributes)"
        case .wholeFileSystems: "sync and syncfs, which are about whole file systems"
        case .sockets: "socket files made by bind"
        case .theKernel:
            """
            what the kernel does by itself: opening programs to run them, core dumps, process accounting, swapping, loop \
            devices, the NFS server
            """
        }
    }

    static var sentences: [String] { allCases.map(\.sentence) }
}
