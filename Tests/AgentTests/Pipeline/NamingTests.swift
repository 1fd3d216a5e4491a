import Kernel
import Machine
import Model
import Testing

@testable import Agent

/// How counts get their names in a batch.
@Suite struct NamingTests {
    private let executable = ExecutableID(device: 1, inode: 2, generation: 3)

    @Test func `a cgroup that lived and died within a window is named`() async throws {
        let path: ByteString = "/system.slice/run-r1.scope"
        let bench = Bench(
            FakeSource.Script(
                drains: [writes(1, in: 9)],
                facts: [[.cgroupMade(CgroupID(9), path: path), .cgroupRemoved(CgroupID(9), path: path)]]))
        try await bench.pipeline.run(.atLeast(.seconds(10)))
        let batch = try #require(bench.sink.batches.first)
        #expect(batch.rows.map(\.path) == [path])
        #expect(batch.rows.map(\.identity.unit) == ["run-r1.scope"])
        #expect(batch.loss.unresolvedCgroups == 0)
    }

    @Test func `facts that come with the last look still name what is drained`() async throws {
        // 50 waits of 200 ms, then the look right after the drain.
        let facts = Array(repeating: [Fact](), count: 50) + [[.cgroupMade(CgroupID(9), path: "/late.slice")]]
        let bench = Bench(FakeSource.Script(drains: [writes(1, in: 9)], facts: facts))
        try await bench.pipeline.run(.atLeast(.seconds(10)))
        #expect(bench.sink.batches.first?.rows.map(\.path) == ["/late.slice"])
    }

    /// Its counts are drained, and its report comes only then: nobody else can name it any more.
    @Test func `a cgroup that lived and died just before the drain is named`() async throws {
        let path: ByteString = "/a.scope"
        let bench = Bench(
            FakeSource.Script(drains: [writes(1, in: 9)]),
            beforeDrain: { script in
                script.facts = [[.cgroupMade(CgroupID(9), path: path), .cgroupRemoved(CgroupID(9), path: path)]]
            })
        try await bench.pipeline.run(.atLeast(.seconds(10)))
        let batch = try #require(bench.sink.batches.first)
        #expect(batch.rows.map(\.path) == [path])
        #expect(batch.loss.unresolvedCgroups == 0)
    }

    @Test func `a cgroup that nobody knows is counted and said to be unresolved`() async throws {
        let bench = Bench(FakeSource.Script(drains: [writes(3, in: 9)]))
        try await bench.pipeline.run(.atLeast(.seconds(10)))
        let batch = try #require(bench.sink.batches.first)
        #expect(batch.writes == 3)
        #expect(batch.rows.map(\.identity.kind) == [.unresolved])
        #expect(batch.rows.map(\.cgroup) == [CgroupID(9)])
        #expect(batch.loss.unresolvedCgroups == 1)
    }

    @Test func `a cgroup of before is asked of the host`() async throws {
        let clock = TestClock()
        let host = FakeHost(clock: clock, paths: [CgroupID(9): "/old.slice"])
        let bench = Bench(FakeSource.Script(drains: [writes(3, in: 9)]), clock: clock, host: host)
        try await bench.pipeline.run(.atLeast(.seconds(10)))
        #expect(bench.sink.batches.first?.rows.map(\.path) == ["/old.slice"])
        #expect(bench.sink.batches.first?.loss.unresolvedCgroups == 0)
    }

    @Test func `a unit that was restarted has a row for each of its cgroups`() async throws {
        let path: ByteString = "/system.slice/a.service"
        var drain = writes(1, in: 9)
        drain.writers += writes(2, in: 10).writers
        let bench = Bench(
            FakeSource.Script(
                drains: [drain],
                facts: [
                    [
                        .cgroupMade(CgroupID(9), path: path), .cgroupRemoved(CgroupID(9), path: path),
                        .cgroupMade(CgroupID(10), path: path),
                    ]
                ]))
        try await bench.pipeline.run(.atLeast(.seconds(10)))
        let rows = try #require(bench.sink.batches.first).rows
        #expect(rows.map(\.cgroup) == [CgroupID(10), CgroupID(9)])
        #expect(rows.map(\.identity.unit) == ["a.service", "a.service"])
    }

    @Test(arguments: [true, false])
    func `a transient unit has one name in series, unless that is turned off`(folds: Bool) async throws {
        let path: ByteString = "/system.slice/run-u12.service"
        let bench = Bench(
            FakeSource.Script(drains: [writes(1, in: 9)], facts: [[.cgroupMade(CgroupID(9), path: path)]]),
            foldsTransient: folds)
        try await bench.pipeline.run(.atLeast(.seconds(10)))
        let row = try #require(bench.sink.batches.first?.rows.first)
        #expect(row.identity.unit == "run-u12.service")
        #expect(row.series.unit == (folds ? "run-u*.service" : "run-u12.service"))
    }

    @Test func `a removed cgroup is given back once, after its last drain`() async throws {
        let path: ByteString = "/a.scope"
        let bench = Bench(
            FakeSource.Script(
                drains: [writes(1, in: 9), writes(1, in: 9)],
                facts: [[.cgroupMade(CgroupID(9), path: path), .cgroupRemoved(CgroupID(9), path: path)]]))
        try await bench.pipeline.run(.atLeast(.seconds(60)))
        let recycled = bench.source.calls.compactMap { call in
            if case .recycle(let gone) = call { gone } else { nil }
        }
        #expect(recycled.first == [])
        #expect(recycled.filter { !$0.isEmpty } == [[CgroupID(9)]])
        #expect(bench.sink.batches.prefix(2).map { $0.rows.first?.path } == [path, path])
    }

    /// Its slots may be another's as soon as they are given back, and what it goes on counting would be there.
    @Test(arguments: [true, false])
    func `a cgroup without a path is given back only when it is gone`(lives: Bool) async throws {
        let clock = TestClock()
        let host = FakeHost(clock: clock, pathless: lives ? [CgroupID(9)] : [])
        let bench = Bench(
            FakeSource.Script(drains: [writes(1, in: 9), writes(1, in: 9)]), clock: clock, host: host)
        try await bench.pipeline.run(.atLeast(.seconds(60)))
        let recycled = bench.source.calls.compactMap { call in
            if case .recycle(let gone) = call, !gone.isEmpty { gone } else { nil }
        }
        #expect(recycled == (lives ? [] : [[CgroupID(9)], [CgroupID(9)]]))
        #expect(bench.sink.batches.map { $0.loss.unresolvedCgroups }.reduce(0, +) == 2)
    }

    @Test func `a cgroup whose path grew too long keeps its name when records were lost`() async throws {
        let clock = TestClock()
        let host = FakeHost(clock: clock, pathless: [CgroupID(9)])
        var lossy = writes(1, in: 9)
        lossy.loss.ringRecords = 1
        let bench = Bench(
            FakeSource.Script(
                drains: [lossy] + (0..<5).map { _ in writes(1, in: 9) },
                facts: [[.cgroupMade(CgroupID(9), path: "/a.slice")]]), clock: clock, host: host)
        try await bench.pipeline.run(.atLeast(.seconds(60)))
        #expect(bench.sink.batches.allSatisfy { $0.rows.isEmpty || $0.rows.map(\.path) == ["/a.slice"] })
        #expect(!bench.source.calls.contains { if case .recycle(let gone) = $0 { !gone.isEmpty } else { false } })
    }

    @Test func `an executable has the path that was reported, or that its process tells`() async throws {
        let other = ExecutableID(device: 1, inode: 5, generation: 0)
        let unknown = ExecutableID(device: 1, inode: 6, generation: 0)
        let clock = TestClock()
        let host = FakeHost(clock: clock, executables: [other: "/usr/bin/told", executable: "/not/asked"])
        var drain = writes(3, in: 9, executable: executable)
        drain.writers += writes(2, in: 9, executable: other).writers + writes(1, in: 9, executable: unknown).writers
        let bench = Bench(
            FakeSource.Script(
                drains: [drain], facts: [[.writerSeen(executable, tgid: 1, path: "/usr/bin/reported")]]),
            clock: clock, host: host)
        try await bench.pipeline.run(.atLeast(.seconds(10)))
        let row = try #require(bench.sink.batches.first?.rows.first)
        #expect(row.writers.map(\.executable) == ["/usr/bin/reported", "/usr/bin/told", nil])
    }

    @Test func `a path too deep to report is asked of the process`() async throws {
        let clock = TestClock()
        let host = FakeHost(clock: clock, executables: [executable: "/deep"])
        let bench = Bench(
            FakeSource.Script(
                drains: [writes(3, in: 9, executable: executable)],
                facts: [[.writerSeen(executable, tgid: 1, path: nil)]]), clock: clock, host: host)
        try await bench.pipeline.run(.atLeast(.seconds(10)))
        #expect(bench.sink.batches.first?.rows.first?.writers.map(\.executable) == ["/deep"])
    }
}
