package import Model

/// The events of a run, written down one after the other; each is a microsecond later than the one before.
package struct RunScript {
    package static let (read, write, both) = (UInt64(0), UInt64(1), UInt64(2))
    package static let (create, exclusive, truncate, append) = (
        UInt64(0o100), UInt64(0o200), UInt64(0o1000), UInt64(0o2000)
    )
    package static let (directory, path) = (UInt64(0o200_000), UInt64(0o10_000_000))
    package static let temporary = 0o20_000_000 | directory

    package private(set) var events: [TraceEvent] = []
    private var clock: Int64 = 1_795_348_800_000_000_000

    package init() {}

    package mutating func add(
        _ pid: UInt32, _ operation: TraceOperation, _ kind: TraceCall, result: Int32?, flags: UInt64 = 0,
        created: Bool? = nil, name: ByteString? = nil, target: ByteString? = nil, path: ByteString? = nil,
        targetPath: ByteString? = nil, resolution: TraceEvent.Resolution? = nil, ino: UInt64? = nil,
        parent: UInt32? = nil, arguments: [ByteString]? = nil, opcode: TraceOpcode? = nil
    ) {
        clock += 1000
        events.append(
            TraceEvent(
                time: Timestamp(nanoseconds: clock),
                actor: TraceEvent.Actor(
                    pid: pid, tid: pid, parent: parent, uid: 1000, cgroup: CgroupID(1), comm: ByteString("c\(pid)")),
                operation: operation, kind: kind, facts: OpenFacts(flags: flags, created: created, result: result),
                filename: name, target: target, path: path, targetPath: targetPath, resolution: resolution,
                root: .host, via: .syscall, file: ino.map { TraceEvent.FileID(device: 8 << 20, inode: $0) },
                arguments: arguments, opcode: opcode))
    }

    /// An open that came to a file.
    package mutating func open(
        _ pid: UInt32, _ path: ByteString?, _ flags: UInt64 = 0, created: Bool? = false, ino: UInt64? = nil,
        as name: ByteString? = nil, fd: Int32 = 3
    ) {
        add(
            pid, .open, .openat, result: fd, flags: flags, created: created, name: name ?? path, path: path,
            resolution: .file, ino: ino)
    }

    package mutating func fail(_ pid: UInt32, _ path: ByteString, _ flags: UInt64 = 0, errno: Int32 = 2) {
        add(pid, .open, .openat, result: -errno, flags: flags, name: path, path: path, resolution: .lexical)
    }

    package mutating func write(_ pid: UInt32, _ path: ByteString?, ino: UInt64? = nil, bytes: Int32? = 10) {
        add(pid, .write, .write, result: bytes, path: path, resolution: .file, ino: ino)
    }

    /// Made and written.
    package mutating func make(_ pid: UInt32, _ path: ByteString, ino: UInt64? = nil) {
        open(pid, path, Self.write | Self.create | Self.truncate, created: true, ino: ino)
        write(pid, path, ino: ino)
    }

    package mutating func rename(
        _ pid: UInt32, _ old: ByteString, _ new: ByteString, flags: UInt64 = 0, result: Int32? = 0
    ) {
        add(
            pid, .rename, .renameat2, result: result, flags: flags, name: old, target: new, path: old, targetPath: new,
            resolution: .lexical)
    }

    package mutating func link(_ pid: UInt32, _ old: ByteString, _ new: ByteString, ino: UInt64? = nil) {
        add(
            pid, .link, .linkat, result: 0, name: old, target: new, path: old, targetPath: new, resolution: .lexical,
            ino: ino)
    }

    package mutating func delete(_ pid: UInt32, _ path: ByteString, kind: TraceCall = .unlinkat, ino: UInt64? = nil) {
        add(pid, .delete, kind, result: 0, name: path, path: path, resolution: .lexical, ino: ino)
    }

    package mutating func fork(_ pid: UInt32, _ child: UInt32) { add(pid, .fork, .clone, result: Int32(child)) }

    package mutating func exec(_ pid: UInt32, _ path: ByteString, _ arguments: ByteString..., parent: UInt32? = nil) {
        add(
            pid, .exec, .execve, result: 0, name: path, path: path, resolution: .file, parent: parent,
            arguments: arguments)
    }

    package mutating func exit(_ pid: UInt32, _ code: Int32 = 0) { add(pid, .exit, .exit, result: code) }
}

extension RunHistory {
    package init(of events: [TraceEvent], hasWrites: Bool? = nil) {
        self.init(architecture: .x86_64, hasWrites: hasWrites)
        for event in events { add(event) }
        finish()
    }

    package init(_ write: (inout RunScript) -> Void) {
        var script = RunScript()
        write(&script)
        self.init(of: script.events)
    }

    /// Such as `created /w/out`, by name.
    package var classes: [String] {
        RunSummary(self, noise: PathNoise(showsAll: true)).entries
            .map { "\($0.fileClass.rawValue) \($0.name?.path.legible ?? "-")" }.sorted()
    }
}

extension RunScript {
    /// A build: a shell runs make, which compiles a file that includes a header, by way of a temporary file; then it tests what
    /// came out, and one test fails. Every class of files is in it.
    package static var build: RunScript {
        var script = RunScript()
        script.exec(100, "/bin/sh", "sh", "-c", "make && ./app; rm -f old", parent: 1)
        script.open(100, "/lib/x86_64-linux-gnu/libc.so.6", ino: 1)
        script.fork(100, 101)
        script.exec(101, "/usr/bin/make", "make")
        script.open(101, "/w/Makefile", ino: 20)
        script.fail(101, "/w/GNUmakefile")
        script.open(101, "/w", directory | path)
        script.open(101, "/w/src", directory, ino: 30)
        script.fork(101, 102)
        script.exec(102, "/usr/bin/cc", "cc", "-o", "app", "src/a b.c")
        script.open(102, "/w/src/a b.c", ino: 21)
        script.open(102, "/w/src/a.h", ino: 22)
        script.fail(102, "/w/b.h")
        script.fail(102, "/usr/local/include/b.h")
        script.open(102, "/usr/include/b.h", ino: 3)
        script.open(102, "/dev/null", write)
        script.make(102, "/tmp/cc1.s", ino: 40)
        script.open(102, "/tmp/cc1.s", ino: 40)
        script.open(102, "/w/app", RunScript.path, ino: 23)
        script.make(102, "/w/app.tmp", ino: 41)
        script.rename(102, "/w/app.tmp", "/w/app")
        script.delete(102, "/tmp/cc1.s")
        script.open(102, "/w/build.log", both | append, ino: 24)
        script.write(102, "/w/build.log", ino: 24)
        script.exit(102)
        script.exit(101)
        script.fork(100, 103)
        script.exec(103, "/w/app", "./app", "--check=\u{1B}[31m", "it's")
        script.fail(103, "/w/secret", errno: 13)
        script.open(103, "/w/lock", write, ino: 25)
        script.open(103, "/w/marker", RunScript.path, ino: 26)
        script.make(103, ByteString([0x2F, 0x77, 0x2F, 0x72, 0xFF, 0x0A, 0x2E, 0x74, 0x78, 0x74]))
        script.rename(103, "/w/notes", "/w/notes.bak")
        script.open(103, "/w/shared", both, ino: 27)
        script.add(103, .sharedMap, .mmap, result: 0, path: "/w/shared", resolution: .file, ino: 27)
        script.add(103, .open, .openByHandleAt, result: 5)
        script.exit(103, -6)
        script.fork(100, 104)
        script.make(104, "/w/result", ino: 50)
        script.exit(104)
        script.delete(100, "/w/old")
        script.exit(100, 2)
        return script
    }
}
