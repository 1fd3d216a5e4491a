/// One open of a file, tried by a program; a row of a trace.
package struct OpenEvent: Hashable, Sendable {
    /// The call by which it was tried.
    package enum Kind: String, CaseIterable, Sendable {
        case open, openat, openat2, creat
        case openByHandleAt = "open_by_handle_at"
        case uring = "Uring"
    }

    /// The way it took through the kernel.
    package enum Via: String, CaseIterable, Sendable {
        case syscall
        /// io_uring: by the submitter or its task work, by an `iou-wrk` thread, submitted by the SQPOLL thread.
        case inline, worker, sqpoll
    }

    /// Who tried.
    package struct Actor: Hashable, Sendable {
        /// The process, which the kernel calls tgid.
        package var pid: UInt32
        package var tid: UInt32
        package var parent: UInt32?
        package var uid: UInt32?
        package var cgroup: CgroupID
        package var unit: ByteString?
        /// The name of the process, that is of its group leader.
        package var comm: ByteString

        package init(
            pid: UInt32, tid: UInt32, parent: UInt32? = nil, uid: UInt32? = nil, cgroup: CgroupID,
            unit: ByteString? = nil, comm: ByteString
        ) {
            (self.pid, self.tid, self.parent, self.uid) = (pid, tid, parent, uid)
            (self.cgroup, self.unit, self.comm) = (cgroup, unit, comm)
        }
    }

    /// A file as the kernel tells it apart, never by name.
    package struct FileID: Hashable, Sendable {
        /// The kernel's own `dev_t` (major << 20 | minor).
        package let device: UInt32
        package let inode: UInt64

        package init(device: UInt32, inode: UInt64) { (self.device, self.inode) = (device, inode) }

        package var major: UInt32 { device >> 20 }
        package var minor: UInt32 { device & 0xF_FFFF }
    }

    package var time: Timestamp?
    package var actor: Actor
    package let kind: Kind
    /// Flags, whether a file came into being, and the result.
    package let facts: OpenFacts
    /// The bits of the new file's mode as the program passed them, those of its type too; 64 bits, which `openat2` takes.
    ///
    /// 0 for an `open` or `openat` that makes no file: a program passes none then, and the register has what was in it.
    package let mode: UInt64
    /// As the program passed it; absent where none is passed (`open_by_handle_at`) or it could not be read.
    package var filename: ByteString?
    /// Absolute, with symbolic links followed.
    package var path: ByteString?
    package var via: Via?
    package var file: FileID?

    package init(
        time: Timestamp? = nil, actor: Actor, kind: Kind, facts: OpenFacts, mode: UInt64, filename: ByteString?,
        path: ByteString? = nil, via: Via? = nil, file: FileID? = nil
    ) {
        (self.time, self.actor, self.kind, self.facts) = (time, actor, kind, facts)
        self.mode = facts.makesFile || (kind != .open && kind != .openat) ? mode : 0
        (self.filename, self.path, self.via, self.file) = (filename, path, via, file)
    }
}

extension OpenFacts {
    /// Whether the flags make the third argument of `open` count; O_CREAT and O_TMPFILE's own bit are the same everywhere.
    fileprivate var makesFile: Bool { flags & (0o100 | 0o20_000_000) != 0 }
}

/// The forms in which a trace is written.
package enum TraceFormat: String, CaseIterable, Sendable {
    case csv, json, jsonl, text
}
