/// One operation on a file, or one step in the life of a process, tried by a program: a row of a trace.
package struct TraceEvent: Hashable, Sendable {
    /// Who tried.
    package struct Actor: Hashable, Sendable {
        /// The process, which the kernel calls tgid.
        package var pid: UInt32
        package var tid: UInt32
        package var parent: UInt32?
        package var uid: UInt32?
        package var cgroup: CgroupID
        package var unit: ByteString?
        /// The container's name, or its id where the name is not known.
        package var container: ByteString?
        /// The name of the process, that is of its group leader.
        package var comm: ByteString

        package init(
            pid: UInt32, tid: UInt32, parent: UInt32? = nil, uid: UInt32? = nil, cgroup: CgroupID,
            unit: ByteString? = nil, container: ByteString? = nil, comm: ByteString
        ) {
            (self.pid, self.tid, self.parent, self.uid) = (pid, tid, parent, uid)
            (self.cgroup, self.unit, self.container, self.comm) = (cgroup, unit, container, comm)
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

    /// How the absolute paths were found.
    package enum Resolution: String, CaseIterable, Sendable {
        /// From the file itself, as the kernel has it: mounts, symbolic links and all.
        case file
        /// From the name and the directory it is relative to; symbolic links in it are not followed.
        case lexical
    }

    /// From which root the absolute paths start.
    package enum Root: String, CaseIterable, Sendable {
        /// From that of the tracer's own mounts.
        case host
        /// From that of other mounts, as a container has them.
        case other
    }

    package var time: Timestamp?
    package var actor: Actor
    package let operation: TraceOperation
    package let kind: TraceCall
    /// Flags (of opens), whether a file came into being, and the result.
    ///
    /// The result is that of the call, or a negative errno; the process made (`fork`); the exit code or, negative, the
    /// signal that ended the process (`exit`).
    package let facts: OpenFacts
    /// The bits of the new file's mode as the program passed them, those of its type too; 64 bits, which `openat2` takes.
    ///
    /// 0 for an `open` or `openat` that makes no file: a program passes none then, and the register has what was in it.
    package let mode: UInt64
    /// As the program passed it; absent where none is passed (`open_by_handle_at`, `write`) or it could not be read.
    package var filename: ByteString?
    /// The second name that was passed: the new one of `rename` and `link`.
    package var target: ByteString?
    /// Absolute; see `resolution`.
    package var path: ByteString?
    /// The absolute form of `target`.
    package var targetPath: ByteString?
    package var resolution: Resolution?
    package var root: Root?
    package var via: TraceVia?
    package var file: FileID?
    /// What an executed program was given, `argv[0]` first; only of `exec`.
    package var arguments: [ByteString]?
    /// Whether it was given more than that: the last one may be a beginning, and others may be missing.
    package var areArgumentsCut: Bool
    /// What a request of io_uring asked for; absent for system calls, and in traces that do not say.
    package var opcode: TraceOpcode?

    package init(
        time: Timestamp? = nil, actor: Actor, operation: TraceOperation = .open, kind: TraceCall, facts: OpenFacts,
        mode: UInt64 = 0, filename: ByteString? = nil, target: ByteString? = nil, path: ByteString? = nil,
        targetPath: ByteString? = nil, resolution: Resolution? = nil, root: Root? = nil, via: TraceVia? = nil,
        file: FileID? = nil, arguments: [ByteString]? = nil, areArgumentsCut: Bool = false, opcode: TraceOpcode? = nil
    ) {
        (self.time, self.actor, self.operation, self.kind, self.facts) = (time, actor, operation, kind, facts)
        self.mode = facts.makesFile || (kind != .open && kind != .openat) ? mode : 0
        (self.filename, self.target, self.path, self.targetPath) = (filename, target, path, targetPath)
        (self.resolution, self.root, self.via, self.file, self.arguments) = (resolution, root, via, file, arguments)
        (self.areArgumentsCut, self.opcode) = (areArgumentsCut, opcode)
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
