import Machine
import Model
import Synchronization
import Testing

@testable import Agent

/// What may change while windows go by.
@Suite(.timeLimit(.minutes(1))) struct ReshapeTests {
    /// How many are in a stretch of code at once.
    private final class Inside: Sendable {
        private let counts = Mutex((now: 0, most: 0))
        var most: Int { counts.withLock { $0.most } }

        func enter() {
            counts.withLock { counts in
                counts.now += 1
                counts.most = max(counts.most, counts.now)
            }
        }

        func leave() { counts.withLock { $0.now -= 1 } }
    }

    private func shape(_ sinks: [RecordingSink], interval: Duration = .seconds(10)) -> Pipeline.Shape {
        Pipeline.Shape(
            outputs: sinks.map { Pipeline.Output($0, since: Timestamp(nanoseconds: 0)) },
            limits: Rollup.Limits(units: 100, writersPerUnit: 10), interval: interval)
    }

    @Test func `after a change all batches go to the new outputs, and none is lost between`() async throws {
        let (first, second) = (RecordingSink(), RecordingSink())
        let bench = Bench(
            FakeSource.Script(drains: (1...20).map { writes(UInt64($0), in: 1) }), sink: first)
        let pipeline = bench.pipeline
        async let run: Void = pipeline.run(.atLeast(.seconds(200)))
        await pipeline.reshape { (shape([second]), ()) }
        try await run
        let all = first.batches + second.batches
        #expect(all.map(\.sequence) == (1...20).map { UInt64($0) })
        #expect(!second.batches.isEmpty)
    }

    @Test func `a window that ends while outputs are replaced waits for the new ones`() async throws {
        let (first, second) = (RecordingSink(), RecordingSink())
        let bench = Bench(FakeSource.Script(drains: [writes(3, in: 1), writes(4, in: 1)]), sink: first)
        let (pipeline, source) = (bench.pipeline, bench.source)
        let closing = Task { try await pipeline.run(.atLeast(.seconds(10))) }
        let answer = await pipeline.reshape {
            // By the last of its drains the window is over, and its batch on the way.
            while !source.calls.contains(.lastDrain) { await Task.yield() }
            for _ in 0..<100 { await Task.yield() }
            #expect(first.batches.isEmpty)
            return (shape([second]), 42)
        }
        try await closing.value
        #expect(answer == 42)
        #expect(first.batches.isEmpty)
        #expect(second.batches.map(\.writes) == [3])
    }

    @Test func `changes made at once happen one after the other`() async throws {
        let bench = Bench()
        let pipeline = bench.pipeline
        let inside = Inside()
        let none = shape([])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    await pipeline.reshape {
                        inside.enter()
                        await Task.yield()
                        inside.leave()
                        return (none, ())
                    }
                }
            }
        }
        #expect(inside.most == 1)
    }

    @Test func `another interval holds from the next window on`() async throws {
        let sink = RecordingSink()
        let bench = Bench(sink: sink)
        await bench.pipeline.reshape { (shape([sink], interval: .seconds(4)), ()) }
        try await bench.pipeline.run(.atLeast(.seconds(18)))
        #expect(sink.batches.map(\.window.seconds) == [10, 2, 4, 4])
    }

    @Test func `each turn of the loop is told`() async throws {
        let turns = Mutex(0)
        let clock = TestClock()
        var signs = Pipeline.Signs()
        signs.turned = { turns.withLock { $0 += 1 } }
        let pipeline = Pipeline(
            source: FakeSource(FakeSource.Script(), clock: clock), host: FakeHost(clock: clock),
            identity: Pipeline.Identity(
                agent: AgentIdentity(version: "0", instance: "i", backend: "fake", started: clock.reading.wall),
                host: HostIdentity(name: "h", id: nil, kernel: "k")),
            names: CgroupNames(startsAtRealRoot: true), shape: shape([]), signs: signs)
        try await pipeline.run(.atLeast(.seconds(10)))
        // At least each fifth of a second.
        #expect(turns.withLock { $0 } >= 50)
    }
}
