import KernelABI
import Model
import Testing

@testable import Kernel

/// Records made by hand, as the tracer's programs lay them out and as they never should.
enum TraceRecords {
    struct Text {
        var name: [UInt8]?, target: [UInt8]?, path: [UInt8]?, base: [UInt8]?, targetBase: [UInt8]?
        var arguments: [UInt8]?
    }

    static func bytes(
        _ kind: ot_trace_kind = OT_TRACE_DONE, _ operation: TraceOperation = .open, number: Int32 = __NR_openat,
        text: Text = Text(), change: (inout ot_trace_record) -> Void = { _ in }
    ) -> [UInt8] {
        var fixed = ot_trace_record()
        let pieces = [text.name, text.target, text.path, text.base, text.targetBase, text.arguments].map { $0 ?? [] }
        let all = pieces.flatMap(\.self)
        fixed.header = ot_event(kind: kind.rawValue, length: UInt32(all.count), time: 1_000)
        (fixed.tgid, fixed.tid, fixed.parent, fixed.uid, fixed.cgroup) = (42, 43, 1, 1000, 77)
        (fixed.operation, fixed.number, fixed.via) = (
            UInt8(operation.number), UInt32(number), UInt8(OT_TRACE_BY_SYSCALL)
        )
        fixed.name_length = UInt16(pieces[0].count)
        fixed.target_length = UInt16(pieces[1].count)
        fixed.path_length = UInt16(pieces[2].count)
        fixed.base_length = UInt16(pieces[3].count)
        fixed.target_base_length = UInt16(pieces[4].count)
        fixed.arguments_length = UInt16(pieces[5].count)
        withUnsafeMutableBytes(of: &fixed.comm) { $0.copyBytes(from: Array("cat".utf8)) }
        change(&fixed)
        return withUnsafeBytes(of: fixed) { Array($0) } + all
    }

    /// Each with its NUL.
    static func terminated(_ names: String...) -> [UInt8] { names.flatMap { Array($0.utf8) + [0] } }

    static func record(_ bytes: [UInt8]) -> TraceRecord? { bytes.withUnsafeBytes { TraceRecord($0.bytes) } }

    static func event(_ bytes: [UInt8], ended: [UInt8]? = nil) throws -> TraceEvent {
        let record = try #require(Self.record(bytes))
        let end = ended.flatMap(Self.record)
        var comms = LastComm()
        return TraceEvent(
            record, ended: end, paths: TracePaths(record, ended: end), comm: comms.name(of: record), clock: WallClock())
    }
}

@Suite struct TraceRecordTests {
    private func done(_ text: TraceRecords.Text, result: Int64, bits: UInt32 = 0) -> [UInt8] {
        TraceRecords.bytes(text: text) {
            $0.result = result
            $0.bits = UInt8(OT_TRACE_HAS_RESULT.rawValue | bits)
            ($0.flags, $0.mode, $0.device, $0.inode) = (577, 0o644, 8 << 20 | 1, 99)
        }
    }

    @Test func `an open that led to a file has all that is told of it`() throws {
        let text = TraceRecords.Text(
            name: TraceRecords.terminated("a\nb"), path: TraceRecords.terminated("a\nb", "tmp"))
        let bits = OT_TRACE_HAS_CREATED.rawValue | OT_TRACE_IS_CREATED.rawValue | OT_TRACE_HAS_FILE.rawValue
        let event = try TraceRecords.event(done(text, result: 3, bits: bits))
        #expect(
            event
                == TraceEvent(
                    time: Timestamp(nanoseconds: 1_000),
                    actor: TraceEvent.Actor(pid: 42, tid: 43, parent: 1, uid: 1000, cgroup: CgroupID(77), comm: "cat"),
                    kind: .openat, facts: OpenFacts(flags: 577, created: true, result: 3), mode: 0o644,
                    filename: "a\nb", path: "/tmp/a\nb", resolution: .file, root: .host, via: .syscall,
                    file: TraceEvent.FileID(device: 8 << 20 | 1, inode: 99)))
    }

    @Test func `what is not told is absent, and an empty name is one`() throws {
        let bare = try TraceRecords.event(TraceRecords.bytes())
        #expect(bare.filename == nil && bare.path == nil && bare.root == nil && bare.file == nil)
        #expect(bare.facts.result == nil && bare.facts.created == nil && bare.arguments == nil)
        let empty = try TraceRecords.event(
            done(TraceRecords.Text(name: [0], base: TraceRecords.terminated("tmp")), result: -2))
        #expect(empty.filename == "" && empty.path == nil && empty.resolution == nil && empty.root == nil)
    }

    @Test func `an empty name is that of the descriptor where a flag says so, and else of nothing`() throws {
        let text = TraceRecords.Text(
            name: [0], target: TraceRecords.terminated("l"), base: TraceRecords.terminated("program"),
            targetBase: TraceRecords.terminated("cwd"))
        for (result, path) in [(0, "/program"), (-13, "/program"), (-2, nil)] as [(Int64, ByteString?)] {
            let event = try TraceRecords.event(
                TraceRecords.bytes(OT_TRACE_DONE, .link, number: __NR_linkat, text: text) {
                    ($0.result, $0.bits) = (result, UInt8(OT_TRACE_HAS_RESULT.rawValue))
                })
            #expect(event.path == path && event.targetPath == "/cwd/l")
        }
        let nowhere = TraceRecords.Text(
            name: TraceRecords.terminated("a"), target: [0], base: TraceRecords.terminated("cwd"),
            targetBase: TraceRecords.terminated("cwd"))
        let event = try TraceRecords.event(
            TraceRecords.bytes(OT_TRACE_DONE, .link, number: __NR_linkat, text: nowhere))
        #expect(event.path == "/cwd/a" && event.target == "" && event.targetPath == nil)
    }

    @Test func `a failed open has the path that its name reads as`() throws {
        let base = TraceRecords.terminated("b", "a")
        for (name, path) in [("x", "/a/b/x"), ("../x//y/.", "/a/x/y"), ("../../../x", "/x")] {
            let event = try TraceRecords.event(
                done(TraceRecords.Text(name: TraceRecords.terminated(name), base: base), result: -2))
            #expect(event.path?.text == path && event.resolution == .lexical)
        }
    }

    @Test func `a path that could not be had is absent and counted`() throws {
        let bytes = done(
            TraceRecords.Text(name: TraceRecords.terminated("x")), result: 3, bits: OT_TRACE_IS_UNRESOLVED.rawValue)
        let record = try #require(TraceRecords.record(bytes))
        #expect(TracePaths(record, ended: nil).isUnresolved)
        let inbox = TraceInbox()
        bytes.withUnsafeBytes { inbox.take($0.bytes) }
        #expect(inbox.unresolvedPaths == 1 && inbox.takeEvents().map(\.path) == [nil])
    }

    @Test func `the text of a symbolic link is relative to where the link is`() throws {
        let text = TraceRecords.Text(
            name: TraceRecords.terminated("../x"), target: TraceRecords.terminated("links/l"),
            base: TraceRecords.terminated("cwd"), targetBase: TraceRecords.terminated("cwd"))
        for (number, path) in [(__NR_symlinkat, "/cwd/x"), (__NR_linkat, "/x")] {
            let event = try TraceRecords.event(TraceRecords.bytes(OT_TRACE_DONE, .link, number: number, text: text))
            #expect(event.path?.text == path && event.targetPath == "/cwd/links/l" && event.target == "links/l")
        }
    }

    @Test func `arguments that are more than was told say so`() throws {
        let text = TraceRecords.Text(name: TraceRecords.terminated("x"), arguments: Array("x\0yy".utf8))
        for (bits, isCut) in [(0, false), (OT_TRACE_ARGUMENTS_CUT.rawValue, true)] as [(UInt32, Bool)] {
            let event = try TraceRecords.event(
                TraceRecords.bytes(OT_TRACE_DONE, .exec, number: __NR_execve, text: text) {
                    $0.bits = UInt8(OT_TRACE_HAS_RESULT.rawValue | bits)
                })
            #expect(event.arguments == ["x", "yy"] && event.areArgumentsCut == isCut)
        }
    }

    @Test func `a request of io uring says what it asked for, and a system call says nothing of that`() throws {
        let text = TraceRecords.Text(
            name: TraceRecords.terminated("../x"), target: TraceRecords.terminated("l"),
            base: TraceRecords.terminated("cwd"), targetBase: TraceRecords.terminated("cwd"))
        for (number, opcode, path) in [(38, .symlinkat, "/x"), (39, .linkat, "/x")] as [(Int32, TraceOpcode, String)] {
            let event = try TraceRecords.event(
                TraceRecords.bytes(OT_TRACE_DONE, .link, number: number, text: text) {
                    $0.via = UInt8(OT_VIA_INLINE.rawValue)
                })
            #expect(event.kind == .uring && event.opcode == opcode && event.path?.text == path)
        }
        // The numbers of system calls are others.
        let call = try TraceRecords.event(TraceRecords.bytes(OT_TRACE_DONE, .link, number: __NR_linkat, text: text))
        #expect(call.opcode == nil)
        #expect(Set((0..<100).compactMap { TraceOpcode(number: $0) }) == Set(TraceOpcode.allCases))
    }

    @Test(arguments: [
        (["./run", "-x"], false), (["/bin/sh", "./run", "-x"], true), (["/bin/sh", "-e", "./run"], true),
        (["sh", "./run"], false), (["/bin/sh", "other"], false),
    ])
    func `a script is known by what the kernel put before its name`(arguments: [String], isScript: Bool) throws {
        let text = TraceRecords.Text(
            name: TraceRecords.terminated("./run"), path: TraceRecords.terminated("dash", "bin"),
            base: TraceRecords.terminated("home"), arguments: arguments.flatMap { Array($0.utf8) + [0] })
        let event = try TraceRecords.event(TraceRecords.bytes(OT_TRACE_DONE, .exec, number: 0, text: text))
        #expect(event.path == (isScript ? "/home/run" : "/bin/dash"))
        #expect(event.resolution == (isScript ? .lexical : .file))
        #expect(event.arguments?.map(\.text) == arguments)
        #expect(event.kind == .execve)
    }

    @Test func `a record that is too short for what it says is none`() {
        let whole = done(
            TraceRecords.Text(name: TraceRecords.terminated("name"), path: TraceRecords.terminated("name", "tmp")),
            result: 3)
        #expect(TraceRecords.record(whole) != nil)
        for length in 0..<whole.count { #expect(TraceRecords.record(Array(whole[..<length])) == nil) }
        let longer = TraceRecords.bytes(text: TraceRecords.Text(name: [97, 0])) { $0.path_length = 1 }
        #expect(TraceRecords.record(longer) == nil)
    }

    @Test func `a record of an unknown sort is none`() {
        #expect(TraceRecords.record(TraceRecords.bytes { $0.header.kind = 99 }) == nil)
        #expect(TraceRecords.record(TraceRecords.bytes { $0.operation = 200 }) == nil)
        #expect(TraceRecords.record(TraceRecords.bytes { $0.number = 100_000 }) == nil)
        #expect(TraceRecords.record(TraceRecords.bytes { $0.number = UInt32(__NR_write) }) == nil)
    }

    @Test func `any bytes are read without harm, and what cannot be read is counted`() {
        var random = SplitMix(state: 7)
        let inbox = TraceInbox()
        var count = 0
        for _ in 0..<20_000 {
            var bytes = done(
                TraceRecords.Text(name: TraceRecords.terminated("name"), base: TraceRecords.terminated("tmp")),
                result: 3)
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.withUnsafeBytes { inbox.take($0.bytes) }
            count += inbox.takeEvents().count
        }
        #expect(count > 0 && inbox.unreadable > 0)
    }

    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
            return mixed ^ mixed >> 31
        }
    }
}

@Suite struct TracePathsTests {
    private func joined(_ base: String, _ name: String) -> String {
        String(decoding: TracePaths.join(Array(base.utf8), Array(name.utf8)), as: UTF8.self)
    }

    @Test func `components from the leaf become a path`() {
        #expect(TracePaths.path(fromLeaf: TraceRecords.terminated("c", "b", "a")) == Array("/a/b/c".utf8))
        #expect(TracePaths.path(fromLeaf: [0]) == Array("/".utf8))
        #expect(TracePaths.path(fromLeaf: []) == nil)
        #expect(TracePaths.path(fromLeaf: [97]) == nil)
    }

    @Test(arguments: [
        ("/", "x", "/x"), ("/a", "", "/a"), ("/a", ".", "/a"), ("/a", "..", "/"), ("/", "..", "/"),
        ("/a/b", "../../../c", "/c"), ("/a", "b/", "/a/b"), ("/a", "b//./c/../d", "/a/b/d"), ("/", "/x/../y", "/y"),
        ("/", "/", "/"),
    ])
    func `a name is joined to its directory`(base: String, name: String, path: String) {
        #expect(joined(base, name) == path)
    }

    @Test func `an absolute name does not leave the root it is meant in`() {
        #expect(joined("/jail", "/../../x") == "/jail/x")
        #expect(joined("/jail", "/..") == "/jail")
    }
}
