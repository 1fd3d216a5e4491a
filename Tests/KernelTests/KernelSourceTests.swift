import BPF
import Foundation
import Model
import Support
import Testing

@testable import Kernel

let canCount = getuid() == 0 && Cgroup.mount != nil
let countingReason: Comment = "counting in the kernel needs root and a cgroup2 mount"

/// Which program sets this kernel takes: the probed ones are taken by all.
private let sets: [Bool] = {
    let hasDirect = (try? KernelTypes().hasFunction("bpf_rdonly_cast")) ?? false
    return hasDirect ? [true, false] : [false]
}()

func source(
    direct: Bool? = nil, preemptible: Bool? = nil, leftOut: Set<String> = [], memory: Int = 64 << 20,
    pseudo: Bool = false, watches: Bool = false
) throws -> KernelSource {
    let places = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]
    return try KernelSource(
        KernelSource.Options(maxKernelMemory: memory, pseudoFilesystems: pseudo, watches: watches),
        tracefs: try #require(places.first { access("\($0)/events", F_OK) == 0 }),
        release: KernelRelease(major: 99, minor: 0),
        variant: KernelSource.Variant(direct: direct, isPreemptible: preemptible, leftOut: leftOut))
}

/// Whether tracepoint programs may; from about 6.13 on.
private let canHoldPreemption = (try? KernelTypes().hasFunction("bpf_preempt_disable")) ?? false

extension Drain {
    /// What the writers of a cgroup did, all together.
    func sum(_ cgroups: Set<CgroupID>) -> Counters {
        writers.filter { cgroups.contains($0.writer.cgroup) }.reduce(into: Counters()) { $0 += $1.counters }
    }

    func errors(_ cgroup: CgroupID, _ operation: FailingOperation) -> ErrorCounts {
        errors.filter { $0.cgroup == cgroup && $0.operation == operation }
            .reduce(into: [:]) { $0[$1.error, default: 0] += $1.count }
    }
}

/// The programs at work on this kernel, one set of them at a time.
@Suite(.enabled(if: canCount, countingReason), .serialized, .withTracefs) struct KernelSourceTests {
    let folder: Folder
    let cgroup: Cgroup
    init() throws { (folder, cgroup) = (try Folder(), try Cgroup()) }

    private var join: String { "echo $$ > \(cgroup.path)/cgroup.procs" }

    @Test(arguments: sets)
    func `what a process does is counted exactly, for it and once`(direct: Bool) async throws {
        let source = try source(direct: direct)
        let pid = try shell(
            """
            \(join)
            i=0
            while [ $i -lt 20 ]; do echo abcde; i=$((i + 1)); done > written
            for name in 1 2 3; do echo x > new$name; done
            for name in 1 2 3; do echo xy >> new$name; done
            """, in: folder)
        let drain = try await source.drain()
        let activity = try #require(
            drain.writers.first { $0.writer.cgroup == (try? cgroup.id) && $0.writer.comm == "sh" })
        #expect(activity.tgid == pid)
        #expect(activity.writer.uid == 0)
        #expect(activity.counters[.writes] == 26)
        #expect(activity.counters[.writeBytes] == 20 * 6 + 3 * 2 + 3 * 3)
        #expect(activity.counters[.creates] == 4)
        #expect(activity.counters[.opensForWrite] == 7)
        #expect(activity.counters[.pseudoWrites] == 1, "the one that moved it, which ended in its new cgroup")
        #expect(activity.counters[.writeFailures] == 0)
        #expect(drain.writers.count { $0.writer == activity.writer } == 1)
        #expect(drain.withoutWriter.isEmpty)

        let next = try await source.drain()
        #expect(next.sum([try cgroup.id]).isZero)
    }

    /// As on 7.2 and later; the kernels between allow it, but leave no runs out, so the test does.
    @Test(.enabled(if: sets.contains(true) && canHoldPreemption, "this kernel's programs cannot hold off preemption"))
    func `what is left out of a program is done once by its copies`() async throws {
        for leftOut: Set<String> in [[], ["on_write"], ["on_write", "on_write_copy1"], ["on_write_copy2"]] {
            let source = try source(preemptible: true, leftOut: leftOut)
            #expect(source.plan.hasCopies)
            try shell("\(join); i=0; while [ $i -lt 20 ]; do echo abcde; i=$((i + 1)); done > written", in: folder)
            let drain = try await source.drain()
            let sum = drain.sum([try cgroup.id])
            #expect(sum[.writes] == 20, "without \(leftOut)")
            #expect(sum[.pseudoWrites] == 1)
            #expect(drain.loss.missedRuns.allSatisfy { $0.runs == 0 })
        }
    }

    @Test(arguments: sets)
    func `changes of names are counted when they succeed`(direct: Bool) async throws {
        let source = try source(direct: direct)
        try shell(
            """
            \(join)
            mkdir one two three
            mkdir one two || true
            for name in a b c d; do true > $name; done
            mv a renamed
            ln b hard
            ln -s b soft
            ln -s b soft || true
            rm b c d
            rmdir three nothing || true
            """, in: folder)
        let sum = try await source.drain().sum([try cgroup.id])
        #expect(sum[.mkdirs] == 3)
        #expect(sum[.creates] == 4)
        #expect(sum[.renames] == 1)
        #expect(sum[.links] == 1)
        #expect(sum[.symlinks] == 1)
        #expect(sum[.deletes] == 4)
        #expect(sum[.writes] == 0)
    }

    @Test(arguments: sets)
    func `failures are told apart by their errno`(direct: Bool) async throws {
        let source = try source(direct: direct)
        try shell(
            """
            mkdir folder
            ln -s loop loop
            \(join)
            for i in 1 2 3; do (true > folder); done
            for i in 1 2; do (true < loop); done
            true
            """, in: folder)
        let drain = try await source.drain()
        let errors = drain.errors(try cgroup.id, .open)
        #expect(errors[EISDIR] == 3)
        #expect(errors[ELOOP] == 2)
        #expect(errors.values.reduce(0, +) == drain.sum([try cgroup.id])[.openFailures])
        #expect(try await source.drain().errors(try cgroup.id, .open) == [:])
    }

    @Test(arguments: sets)
    func `pseudo files are counted apart, or among the others when that is asked for`(direct: Bool) async throws {
        for pseudo in [false, true] {
            let source = try source(direct: direct, pseudo: pseudo)
            try shell(
                """
                \(join)
                for i in 1 2 3; do echo 500 > /proc/self/oom_score_adj; done
                """, in: folder)
            let sum = try await source.drain().sum([try cgroup.id])
            // One more write moved the process here.
            #expect(sum[.pseudoWrites] == (pseudo ? 0 : 4))
            #expect(sum[.writes] == (pseudo ? 4 : 0))
            #expect(sum[.opensForWrite] == (pseudo ? 3 : 0))
            #expect(sum[.pseudoOpens] == (pseudo ? 0 : 3))
        }
    }

    @Test(arguments: sets)
    func `its own activity is kept apart`(direct: Bool) async throws {
        let source = try source(direct: direct)
        let file = open("\(folder.path)/own", O_WRONLY | O_CREAT, 0o600)
        for _ in 0..<7 { #expect(write(file, "own", 3) == 3) }
        close(file)
        let drain = try await source.drain()
        #expect(drain.own[.writes] >= 7)
        #expect(drain.own[.creates] >= 1)
        #expect(drain.writers.allSatisfy { $0.tgid != getpid() })
    }

    @Test(arguments: sets)
    func `cgroups and writers are reported as they come and go`(direct: Bool) async throws {
        let source = try source(direct: direct)
        let child = try #require(try cgroup.makeChildren(1, named: "child ").first)
        try shell("\(join); echo x > written", in: folder)
        cgroup.removeChildren(1, named: "child ")
        let facts = try await source.facts(waitingUpTo: 0)
        let path = ByteString("/\(cgroup.name)/child 0")
        let made = try #require(facts.firstIndex(of: .cgroupMade(child, path: path)))
        let removed = try #require(facts.firstIndex(of: .cgroupRemoved(child, path: path)))
        #expect(made < removed)
        let shell = URL(filePath: "/bin/sh").resolvingSymlinksInPath().path
        #expect(
            facts.contains { fact in
                if case .writerSeen(_, _, let path?) = fact { path.text?.hasSuffix(shell) == true } else { false }
            })
        #expect(try await source.facts(waitingUpTo: 0).allSatisfy { $0 != .cgroupMade(child, path: path) })
    }

    @Test(arguments: sets)
    func `everything this kernel has is attached, and skipped runs are counted`(direct: Bool) async throws {
        let source = try source(direct: direct)
        #expect(source.coverage.attached > 10)
        let drain = try await source.drain()
        #expect(drain.loss.missedRuns.map(\.operation).sorted() == ProgramGroup.allCases.map(\.rawValue).sorted())
        #expect(drain.loss.missedRuns.allSatisfy { $0.runs != nil })
        #expect(drain.loss.ringRecords == 0)
    }

    @Test func `nothing is held when it is gone`() async throws {
        let before = Self.held()
        var during: Set<String> = []
        do {
            let source = try source()
            during = Self.held().subtracting(before)
            _ = try await source.drain()
        }
        #expect(during.count > 20)
        let deadline = ContinuousClock.now + .seconds(10)
        while !Self.held().isDisjoint(with: during), ContinuousClock.now < deadline { await Task.yield() }
        #expect(Self.held().intersection(during) == [])
    }

    /// The programs, maps and links this process has descriptors of, by the kernel's numbers.
    private static func held() -> Set<String> {
        let infos = "/proc/self/fdinfo"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: infos)) ?? []
        let texts = names.compactMap { try? String(contentsOfFile: "\(infos)/\($0)", encoding: .utf8) }
        return Set(
            texts.flatMap { $0.split(separator: "\n") }.map(String.init)
                .filter { $0.hasPrefix("prog_id:") || $0.hasPrefix("map_id:") || $0.hasPrefix("link_id:") })
    }
}
