import Kernel
import Machine
import Model
import Synchronization
import Testing

@testable import Agent

/// From drained counts to batches, with a clock that stands still unless it is moved.
@Suite struct PipelineTests {
    private func seconds(_ stamp: Timestamp) -> Double { Double(stamp.nanoseconds) / 1e9 }

    @Test func `one window goes from boundary to boundary, without what came before`() async throws {
        let bench = Bench(
            FakeSource.Script(drains: [writes(5, in: 1), writes(7, in: 1)]), clock: TestClock(wall: 1_000_003))
        try await bench.pipeline.run(.oneWindow)
        let batch = try #require(bench.sink.batches.first)
        #expect(bench.sink.batches.count == 1)
        #expect(seconds(batch.window.start) == 1_000_010)
        #expect(seconds(batch.window.end) == 1_000_020)
        #expect(batch.window.seconds == 10)
        #expect(batch.writes == 7)
        #expect(batch.sequence == 1)
    }

    @Test func `one window starts at the boundary also when its clock is read a little late`() async throws {
        let bench = Bench(clock: TestClock(wall: 1_000_003.0004))
        try await bench.pipeline.run(.oneWindow)
        let window = try #require(bench.sink.batches.first).window
        #expect(seconds(window.start) == 1_000_010)
        #expect(seconds(window.end) == 1_000_020)
    }

    @Test func `the first window starts when counting began`() async throws {
        let bench = Bench(FakeSource.Script(drains: [writes(5, in: 1)]), clock: TestClock(wall: 1_000_003))
        try await bench.pipeline.run(.atLeast(.seconds(1)))
        let batch = try #require(bench.sink.batches.first)
        #expect(seconds(batch.window.start) == 1_000_003)
        #expect(seconds(batch.window.end) == 1_000_010)
        #expect(batch.window.seconds == 7)
        #expect(batch.writes == 5)
    }

    @Test func `windows follow each other without a hole in time or in number, empty ones too`() async throws {
        let bench = Bench(FakeSource.Script(drains: [writes(1, in: 1), Drain(), writes(3, in: 1)]))
        try await bench.pipeline.run(.atLeast(.seconds(50)))
        let batches = bench.sink.batches
        #expect(batches.map(\.sequence) == [1, 2, 3, 4, 5])
        #expect(batches.map(\.writes) == [1, 0, 3, 0, 0])
        #expect(batches.map(\.rows.count) == [1, 0, 1, 0, 0])
        for (before, after) in zip(batches, batches.dropFirst()) { #expect(before.window.end == after.window.start) }
        #expect(batches.allSatisfy { $0.window.gapBefore == 0 && $0.window.clockStep == 0 })
    }

    @Test(arguments: [(1, 1), (10, 1), (11, 2), (30, 3)])
    func `it stops at the first boundary after its time`(duration: Int, windows: Int) async throws {
        let bench = Bench()
        try await bench.pipeline.run(.atLeast(.seconds(duration)))
        #expect(bench.sink.batches.count == windows)
    }

    @Test func `being cancelled closes the open window and hands it over`() async throws {
        let clock = TestClock()
        let running = TaskBox()
        let bench = Bench(
            FakeSource.Script(drains: [writes(1, in: 1), writes(2, in: 1)]), clock: clock,
            beforeFacts: { if $0 == 70 { running.cancel() } })
        let pipeline = bench.pipeline
        let task = Task { try await pipeline.run(.untilCancelled) }
        running.set(task)
        try await task.value
        #expect(bench.sink.batches.map(\.writes) == [1, 2])
        #expect(bench.sink.batches.map(\.sequence) == [1, 2])
        let last = try #require(bench.sink.batches.last).window
        #expect(last.seconds > 0 && last.seconds < 10)
    }

    @Test func `one window that is cancelled before it began hands over what there was`() async throws {
        let running = TaskBox()
        let bench = Bench(
            FakeSource.Script(drains: [writes(4, in: 1)]), clock: TestClock(wall: 1_000_003),
            beforeFacts: { if $0 == 5 { running.cancel() } })
        let pipeline = bench.pipeline
        let task = Task { try await pipeline.run(.oneWindow) }
        running.set(task)
        try await task.value
        #expect(bench.sink.batches.map(\.writes) == [4])
        #expect(seconds(try #require(bench.sink.batches.first).window.start) == 1_000_003)
    }

    @Test func `facts are read after the counters, and slots given back after the batch was handed over`() async throws
    {
        let bench = Bench()
        try await bench.pipeline.run(.atLeast(.seconds(10)))
        #expect(bench.source.calls.suffix(3) == [.lastDrain, .facts(0), .recycle([])])
        #expect(bench.source.calls.dropLast(3).allSatisfy { $0 == .facts(200) })
    }

    @Test func `a batch carries who made it and what it covers`() async throws {
        var drain = writes(1, in: 1)
        drain.own = Counters([.writes: 9])
        drain.loss.ringRecords = 4
        let bench = Bench(FakeSource.Script(drains: [drain]))
        try await bench.pipeline.run(.atLeast(.seconds(11)))
        let batches = bench.sink.batches
        #expect(batches[0].coverage == bench.source.coverage)
        #expect(batches[0].agent.instance == "i")
        #expect(batches[0].host.name == "h")
        #expect(batches[0].ownActivity[.writes] == 9)
        #expect(batches[0].loss.ringRecords == 4)
        #expect(batches[1].ownActivity.isZero)
        #expect(batches[1].loss.ringRecords == 0)
    }
}

/// What goes wrong on the way.
@Suite struct PipelineTroubleTests {
    @Test func `when facts fail, what was counted is still handed over before the error`() async throws {
        let bench = Bench(FakeSource.Script(drains: [writes(1, in: 1), writes(2, in: 1)], failingFacts: 60))
        let pipeline = bench.pipeline
        await #expect(throws: FakeSource.Failure(call: "facts")) { try await pipeline.run(.untilCancelled) }
        #expect(bench.sink.batches.map(\.writes) == [1, 2])
    }

    @Test func `when the last look for facts fails, the window is closed all the same`() async throws {
        // 50 waits of 200 ms, then the look right after the drain.
        let bench = Bench(FakeSource.Script(drains: [writes(1, in: 1)], failingFacts: 51))
        let pipeline = bench.pipeline
        await #expect(throws: FakeSource.Failure(call: "facts")) { try await pipeline.run(.untilCancelled) }
        #expect(bench.sink.batches.map(\.writes) == [1])
    }

    @Test func `when a drain fails, no batch says that nothing happened`() async throws {
        let bench = Bench(FakeSource.Script(drains: [writes(1, in: 1)], failingDrain: 2))
        let pipeline = bench.pipeline
        await #expect(throws: FakeSource.Failure(call: "drain")) { try await pipeline.run(.untilCancelled) }
        #expect(bench.sink.batches.map(\.writes).first == 1)
        #expect(bench.sink.batches.map(\.sequence) == Array(1...UInt64(bench.sink.batches.count)))
    }

    @Test func `a window is said to be closed only when every sink has it safe`() async throws {
        let closed = Mutex<[Timestamp]>([])
        var signs = Pipeline.Signs()
        signs.closed = { window in closed.withLock { $0.append(window.end) } }
        let clock = TestClock()
        let slow = RecordingSink(isSafe: { $0 != 3 })
        let bench = Bench(
            clock: clock, sink: RecordingSink(isSafe: { $0 != 2 }),
            others: [Pipeline.Output(slow, since: clock.reading.wall)], signs: signs)
        try await bench.pipeline.run(.atLeast(.seconds(40)))
        let ends = bench.sink.batches.map(\.window.end)
        #expect(ends.count == 4)
        #expect(closed.withLock { $0 } == [ends[0], ends[3]])
    }

    @Test func `when the wait for the first boundary fails, what was counted is handed over`() async throws {
        let bench = Bench(
            FakeSource.Script(drains: [writes(6, in: 1)], failingFacts: 3), clock: TestClock(wall: 1_000_003))
        let pipeline = bench.pipeline
        await #expect(throws: FakeSource.Failure(call: "facts")) { try await pipeline.run(.oneWindow) }
        #expect(bench.sink.batches.map(\.writes) == [6])
    }
}

/// Lets a closure cancel a task that is made after it.
final class TaskBox: Sendable {
    private let state = Mutex<(task: Task<Void, any Error>?, isCancelled: Bool)>((nil, false))

    func set(_ task: Task<Void, any Error>) {
        let isLate = state.withLock { state in
            state.task = task
            return state.isCancelled
        }
        if isLate { task.cancel() }
    }

    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            return state.task
        }?.cancel()
    }
}
