import Model

/// Events for the tests of rows.
enum TraceFixture {
    static func event(
        comm: ByteString, filename: ByteString?, flags: UInt64 = 0, result: Int32? = 3
    ) -> TraceEvent {
        TraceEvent(
            actor: TraceEvent.Actor(pid: 1, tid: 1, cgroup: CgroupID(7), comm: comm), kind: .openat,
            facts: OpenFacts(flags: flags, result: result), mode: 0, filename: filename)
    }

    /// The rows of the first opentrace: https://patrick.sirref.org/open-trace/
    static var seed: [TraceEvent] {
        let nheko = "/home/patrick/.cache/nheko/nheko/"
        let control = "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/gammastep.service/"
        let all = [
            row(16324, 4417, ".nheko-wrapped", .openat, 577, 438, nheko + "curl_alt_svc_cache.txt", 47),
            row(
                16324, 4417, ".nheko-wrapped", .openat, 193, 33188,
                nheko + "cr3ZUHqBErIOe3PlwJ1SuU8zFKKxL12VzrRoHYMH.tmp", 47),
            row(16324, 4417, ".nheko-wrapped", .openat, 577, 438, nheko + "curl_alt_svc_cache.txt", 47),
            row(
                16324, 4417, ".nheko-wrapped", .openat, 193, 33188,
                nheko + "QfZTdZSuC56NdcDQ3aMxJc3BhMhAj8PmtYW1zFDP.tmp", 47),
            row(2530, 4235, "systemd", .openat, 524865, 438, control + "cgroup.subtree_control", 41),
        ]
        let limits = ["memory.min", "memory.low", "memory.high", "memory.max"].map {
            row(2530, 4235, "systemd", .openat, 524545, 0, control + $0, 41)
        }
        let children = [
            row(153187, 530807, "main.exe", .openat, 526914, 436, "hello.txt", 5),
            row(153192, 530807, "bash", .openat, 577, 438, "heya.txt", 3),
        ]
        let favicon = "/home/patrick/documents/forest/theme/favicon-32x32.png"
        let worker = row(155007, 535570, "iou-wrk-155007", .uring, 557634, 420, "", 0)
        let forester = [
            row(155007, 535570, "forester", .openat, 524288, 0, "forest.toml", 5),
            row(155007, 535570, "forester", .uring, 2_621_440, 0, "", 0),
            row(155021, 535570, "cp", .openat, 131072, 0, favicon, 4),
            row(155007, 535570, "forester", .uring, 2_686_976, 0, "", 0), worker, worker, worker,
        ]
        return all + limits + children + forester
    }

    private static func row(
        _ pid: UInt32, _ cgroup: UInt64, _ comm: ByteString, _ kind: TraceCall, _ flags: UInt64, _ mode: UInt64,
        _ filename: String, _ result: Int32
    ) -> TraceEvent {
        TraceEvent(
            actor: TraceEvent.Actor(pid: pid, tid: pid, cgroup: CgroupID(cgroup), comm: comm), kind: kind,
            facts: OpenFacts(flags: flags, result: result), mode: mode, filename: ByteString(filename))
    }

    /// One with everything, one of each kind and way, and one with as little as there can be.
    static var wide: [TraceEvent] {
        let time = Timestamp(nanoseconds: Fixture.noon + 123_456_789)
        let shell = TraceEvent.Actor(
            pid: 4242, tid: 4243, parent: 1, uid: 1000, cgroup: CgroupID(.max), unit: "web@a\\x2db.service",
            comm: "back \"up\".py")
        let bare = TraceEvent.Actor(pid: 1, tid: 1, cgroup: CgroupID(1), comm: "")
        let name: ByteString = "out,\"1\"\n\u{1B}[31m.txt"
        return [
            TraceEvent(
                time: time, actor: shell, kind: .openat2,
                facts: OpenFacts(flags: 0x8000_0000_0008_0241, created: true, result: 7), mode: 0o100644,
                filename: name, path: "/srv/data/out,\"1\"\n\u{1B}[31m.txt", via: .syscall,
                file: TraceEvent.FileID(device: 8 << 20 | 1, inode: .max)),
            TraceEvent(
                time: time, actor: shell, kind: .uring, facts: OpenFacts(flags: 557634, created: false, result: -13),
                mode: 0o644, filename: "../etc/passwd", path: "/etc/passwd", via: .worker),
            TraceEvent(
                time: time, actor: shell, kind: .uring, facts: OpenFacts(flags: 0x208000), mode: 0, filename: "lost",
                via: .sqpoll),
            TraceEvent(
                actor: shell, kind: .uring, facts: OpenFacts(flags: 0x8000, result: 4), mode: 0, filename: "x",
                via: .inline),
            TraceEvent(
                actor: bare, kind: .openByHandleAt, facts: OpenFacts(flags: 0, result: 3), mode: 0, filename: nil),
            TraceEvent(
                actor: bare, kind: .creat, facts: OpenFacts(flags: 577, result: -2), mode: 0o600, filename: ""),
            TraceEvent(actor: bare, kind: .open, facts: OpenFacts(flags: 2, result: -2), mode: 0, filename: "a"),
        ]
    }

    /// One of each operation but opens, each by one of its calls.
    static var operations: [TraceEvent] {
        let time = Timestamp(nanoseconds: Fixture.noon)
        let actor = TraceEvent.Actor(
            pid: 10, tid: 11, parent: 9, uid: 0, cgroup: CgroupID(5), unit: "a.service", container: "shop", comm: "mv")
        func event(
            _ operation: TraceOperation, _ kind: TraceCall, _ result: Int32?, created: Bool? = nil, mode: UInt64 = 0,
            _ name: ByteString? = nil, _ target: ByteString? = nil
        ) -> TraceEvent {
            TraceEvent(
                time: time, actor: actor, operation: operation, kind: kind,
                facts: OpenFacts(flags: 0, created: created, result: result), mode: mode, filename: name,
                target: target, path: name.map { ByteString("/w/".utf8 + $0.bytes) },
                targetPath: target.map { ByteString("/w/".utf8 + $0.bytes) }, resolution: name == nil ? nil : .lexical,
                root: .other, via: .syscall)
        }
        var write = event(.write, .pwrite64, 4096)
        write.path = "/w/data"
        write.resolution = .file
        write.file = TraceEvent.FileID(device: 0xFD << 20, inode: 12)
        var exec = event(.exec, .execve, 0, "tool")
        exec.arguments = ["tool", "-o", ByteString([0xFF]), "a b"]
        var long = event(.exec, .execve, 0, "tool")
        (long.arguments, long.areArgumentsCut) = (["tool", "xx"], true)
        var mkdir = event(.mkdir, .uring, nil, mode: 0o755, "d")
        mkdir.opcode = .mkdirat
        var symlink = event(.link, .uring, 0, "../x", "s")
        (symlink.opcode, symlink.via) = (.symlinkat, .inline)
        return [
            event(.create, .mknodat, 0, created: true, mode: 0o100600, "f"), write, event(.delete, .unlinkat, -2, "f"),
            event(.rename, .renameat2, 0, "f", "g \"1\""), mkdir,
            event(.link, .symlink, 0, "../x", "s"), symlink, event(.truncate, .ftruncate, 0),
            event(.sharedMap, .mmap, 0), exec, long, event(.fork, .clone, 12), event(.exit, .exit, -9),
        ]
    }
}
