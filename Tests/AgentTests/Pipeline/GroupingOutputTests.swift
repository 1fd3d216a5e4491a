import Machine
import Model
import Testing

@testable import Agent

/// Outputs that ask for different rows of the same windows.
@Suite struct GroupingOutputTests {
    private let start = Timestamp(nanoseconds: 0)

    private func script() -> FakeSource.Script {
        var drain = writes(1, in: 9)
        drain.writers += writes(2, in: 10).writers + writes(4, in: 11).writers
        let paths: [(UInt64, ByteString)] = [
            (9, "/system.slice/a.service"), (10, "/system.slice/a.service"), (11, "/system.slice/b.service"),
        ]
        return FakeSource.Script(
            drains: [drain, Drain(), writes(8, in: 9)],
            facts: [paths.map { .cgroupMade(CgroupID($0), path: $1) }])
    }

    @Test func `each output gets every window once, grouped as it asked`() async throws {
        let sinks = (0..<3).map { _ in RecordingSink() }
        let groupings = [Grouping([.unit]), Grouping([.slice]), Grouping([.unit])]
        let bench = Bench(script(), others: zip(sinks, groupings).map { Pipeline.Output($0, by: $1, since: start) })
        try await bench.pipeline.run(.atLeast(.seconds(30)))
        for (sink, grouping) in zip([bench.sink] + sinks, [.cgroup] + groupings) {
            #expect(sink.batches.map(\.sequence) == [1, 2, 3])
            #expect(sink.batches.allSatisfy { $0.grouping == grouping })
            #expect(sink.batches.map(\.window) == bench.sink.batches.map(\.window))
        }
        #expect(bench.sink.batches.map(\.rows.count) == [3, 0, 1])
        #expect(sinks.map { $0.batches.map(\.rows.count) } == [[2, 0, 1], [2, 0, 2], [2, 0, 1]])
        #expect(sinks[0].batches[0].rows.map(\.identity.unit) == ["b.service", "a.service"])
        #expect(sinks[0].batches.map(\.writes) == [7, 0, 8])
        #expect(sinks[1].batches[0].rows.map(\.identity.slice) == ["-.slice", "system.slice"])
        #expect(sinks[1].batches[0].rows.map(\.counters[.writes]) == [7, 7])
    }

    /// Slots of cgroups that are gone are used again when nothing more can come from them, whoever looks at the rows.
    @Test func `a cgroup without a name is given back also when no output has a row for it`() async throws {
        let clock = TestClock()
        let source = FakeSource(FakeSource.Script(drains: [writes(1, in: 9)]), clock: clock)
        let pipeline = Pipeline(
            source: source, host: FakeHost(clock: clock),
            identity: Pipeline.Identity(
                agent: AgentIdentity(version: "0", instance: "i", backend: "fake", started: clock.reading.wall),
                host: HostIdentity(name: "h", id: nil, kernel: "k")),
            names: CgroupNames(startsAtRealRoot: true),
            shape: Pipeline.Shape(
                outputs: [Pipeline.Output(RecordingSink(), by: Grouping([.unit]), since: start)],
                limits: Rollup.Limits(units: 1, writersPerUnit: 1), interval: .seconds(10)))
        try await pipeline.run(.atLeast(.seconds(30)))
        let recycled = source.calls.compactMap { call in
            if case .recycle(let gone) = call { gone } else { nil }
        }
        #expect(recycled == [[], [CgroupID(9)], []])
    }
}
