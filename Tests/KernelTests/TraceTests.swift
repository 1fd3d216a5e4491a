import BPF
import Foundation
import Model
import Support
import Testing

@testable import Kernel

/// The tracer's programs at work on this kernel, one set of them at a time.
@Suite(.enabled(if: canCount, countingReason), .serialized, .withTracefs) struct TraceTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    @Test(arguments: traceSets)
    func `opens of children are told with their names and results, and nobody else's`(direct: Bool) async throws {
        let trace = try trace(TraceSelection(scope: .children(cgroup: nil), wantsPaths: true), direct: direct)
        let own = open("\(folder.path)/own", O_WRONLY | O_CREAT, 0o600)
        close(own)
        let pid = try shell("echo x > made; echo y >> ./made; read line < ../nothing/../made || true", in: folder)
        let events = try await trace.end()
        #expect(events.allSatisfy { $0.actor.pid != UInt32(getpid()) })
        let told = events.filter { $0.actor.pid == pid }
        #expect(told.allSatisfy { $0.actor.comm == "sh" && $0.via == .syscall && $0.actor.tid == $0.actor.pid })
        let mine = told.filter { $0.filename?.text?.hasSuffix("made") == true }
        #expect(mine.map(\.filename) == ["made", "./made", "../nothing/../made"])
        #expect(mine.map(\.facts.created) == [true, false, false])
        #expect(mine.map(\.mode) == [0o666, 0o666, 0])
        #expect(mine.map { $0.facts.result.map { min($0, 0) } } == [0, 0, -ENOENT])
        #expect(mine.map(\.resolution) == [.file, .file, .lexical])
        #expect(mine.allSatisfy { $0.root == .host })
        let made = ByteString("\(folder.path)/made")
        let beside = ByteString(URL(filePath: folder.path).deletingLastPathComponent().path + "/made")
        #expect(mine.map(\.path) == [made, made, beside])
        #expect(mine[0].file == mine[1].file && mine[0].file != nil && mine[2].file == nil)
        #expect(try await trace.loss().withoutRequests.isNone)
    }

    @Test(arguments: traceSets, ["opens", "rings"])
    func `every way to open is one row, and right`(direct: Bool, group: String) async throws {
        let trace = try trace(TraceSelection(scope: .children(cgroup: nil), wantsPaths: true), direct: direct)
        try await expectCases(group, in: folder, traced: trace)
    }

    @Test(arguments: traceSets)
    func `every other operation is one row, and right`(direct: Bool) async throws {
        let operations = Set(TraceOperation.allCases).subtracting([.exec, .fork, .exit])
        let trace = try trace(
            TraceSelection(scope: .children(cgroup: nil), operations: operations, wantsPaths: true), direct: direct)
        try await expectCases("operations", in: folder, traced: trace)
    }

    @Test(arguments: traceSets)
    func `processes are told from their fork to their end`(direct: Bool) async throws {
        let trace = try trace(
            TraceSelection(scope: .children(cgroup: nil), operations: [.open, .exec, .fork, .exit], wantsPaths: true),
            direct: direct)
        try await expectCases("processes", in: folder, traced: trace)
    }
}

extension TraceLoss {
    /// Children of other tests are children of this process too, and may be amid a request of io_uring where a trace ends;
    /// the shells that these tests look at make none.
    var withoutRequests: TraceLoss {
        var loss = self
        loss.unknownResults = 0
        return loss
    }
}

/// Which program sets this kernel takes: the probed ones are taken by all.
let traceSets: [Bool] = {
    let hasDirect = (try? KernelTypes().hasFunction("bpf_rdonly_cast")) ?? false
    return hasDirect ? [true, false] : [false]
}()

func trace(
    _ selection: TraceSelection, direct: Bool? = nil, preemptible: Bool? = nil, leftOut: Set<String> = [],
    bufferBytes: Int = 8 << 20
) throws -> KernelTrace {
    let places = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]
    return try KernelTrace(
        selection, tracefs: try #require(places.first { access("\($0)/events", F_OK) == 0 }),
        release: KernelRelease(major: 99, minor: 0), bufferBytes: bufferBytes,
        variant: KernelTrace.Variant(direct: direct, isPreemptible: preemptible, leftOut: leftOut))
}
