import Kernel
import Machine
import Model
import Testing

@testable import Agent

/// What a batch says of the agent itself.
@Suite struct SelfReportTests {
    private static func script(_ count: Int) -> FakeSource.Script {
        FakeSource.Script(drains: (1...count).map { writes(UInt64($0), in: UInt64($0)) })
    }

    @Test func `each batch tells what became of those before it, of every output`() async throws {
        let other = RecordingSink()
        let bench = Bench(
            Self.script(4), others: [Pipeline.Output(other, by: Grouping([.slice]), since: Timestamp(nanoseconds: 7))])
        try await bench.pipeline.run(.atLeast(.seconds(40)))
        for sink in [bench.sink, other] {
            var rows: [UInt64] = [0, 0]
            for (number, batch) in sink.batches.enumerated() {
                let outputs = batch.selfReport.outputs
                #expect(outputs.map(\.name) == ["recording", "recording"])
                #expect(outputs.map(\.account.createdPayloads) == [UInt64(number), UInt64(number)])
                #expect(outputs.map(\.account.createdRows) == rows)
                #expect(outputs.map(\.kind) == [.http, .http] && outputs[1].since == Timestamp(nanoseconds: 7))
                rows[0] += UInt64(bench.sink.batches[number].rows.count)
                rows[1] += UInt64(other.batches[number].rows.count)
            }
        }
        #expect(bench.sink.batches.map(\.selfReport) == other.batches.map(\.selfReport))
    }

    @Test func `look-ups of cgroups that nobody reported are counted, and those in vain`() async throws {
        let clock = TestClock()
        var host = FakeHost(clock: clock, paths: [CgroupID(1): "/a.service", CgroupID(2): "/b.service"])
        host.ownProcess.residentBytes = 4096
        let bench = Bench(Self.script(3), clock: clock, host: host)
        try await bench.pipeline.run(.atLeast(.seconds(40)))
        let reports = bench.sink.batches.map(\.selfReport)
        #expect(reports.map { $0.resolver?.lookups } == [1, 2, 3, 3])
        #expect(reports.map { $0.resolver?.failures } == [0, 0, 1, 1])
        #expect(reports.map { $0.resolver?.known } == [1, 2, 2, 2])
        #expect(reports.allSatisfy { $0.kernelMemory == 64 << 20 && $0.process.residentBytes == 4096 })
        // What the host does not tell is not told.
        #expect(reports.allSatisfy { $0.process.cpuTime == nil && $0.process.openDescriptors == nil })
    }

    @Test func `how wishes to reload ended is in the batches after them`() async throws {
        let bench = Bench(Self.script(1))
        let start = bench.clock.reading.wall
        await bench.pipeline.noteReload(succeeded: false)
        try await bench.pipeline.run(.atLeast(.seconds(10)))
        let refused = try #require(bench.sink.batches.last?.selfReport.configuration)
        #expect(refused.lastReloadSucceeded == false && refused.refusedReloads == 1 && refused.reloads == 0)
        #expect(refused.loaded == start)
        bench.clock.advance(1_000_000_000)
        await bench.pipeline.noteReload(succeeded: true)
        let later = bench.clock.reading.wall
        try await bench.pipeline.run(.atLeast(.seconds(10)))
        let loaded = try #require(bench.sink.batches.last?.selfReport.configuration)
        #expect(loaded.lastReloadSucceeded == true && loaded.reloads == 1 && loaded.refusedReloads == 1)
        #expect(loaded.loaded == later)
        let none = Bench(Self.script(1))
        try await none.pipeline.run(.oneWindow)
        #expect(none.sink.batches.last?.selfReport.configuration?.lastReloadSucceeded == nil)
    }

    @Test func `a clock that is set, and a pipeline that stood still, are in the document`() async throws {
        let clock = TestClock()
        // The third time facts are waited for nobody is woken for 37 seconds; the fifth time the clock is set back.
        let bench = Bench(
            Self.script(30), clock: clock,
            beforeFacts: { number in
                if number == 70 { clock.advance(37_000_000_000) }
                if number == 130 { clock.step(-3600_000_000_000) }
            })
        try await bench.pipeline.run(.atLeast(.seconds(120)))
        let batches = bench.sink.batches
        let long = try #require(batches.first { $0.window.seconds > 11 })
        #expect(long.window.seconds > 37 && long.window.gapBefore == 0 && long.window.clockStep == 0)
        let stepped = batches.filter { $0.window.clockStep != 0 }
        #expect(stepped.map(\.window.clockStep) == [-3600])
        #expect(stepped.allSatisfy { $0.window.seconds > 0 && $0.window.seconds < 11 && $0.window.gapBefore == 0 })
        // Nothing between them is lost, and each says what was counted until its end.
        #expect(batches.map(\.sequence) == (1...UInt64(batches.count)).map { $0 })
        let counted = batches.reduce(0) { $0 + $1.writes }
        #expect(counted == (1...batches.count).reduce(0) { $0 + UInt64($1) })
    }
}
