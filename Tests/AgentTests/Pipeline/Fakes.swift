import Export
import Kernel
import Machine
import Model
import Synchronization

@testable import Agent

/// A clock that only a test moves: in these tests no time passes by itself.
final class TestClock: Sendable {
    private let now: Mutex<ClockReading>

    /// - Parameter wall: seconds since 1970.
    init(wall: Double = 1_000_000) {
        let wall = Timestamp(nanoseconds: Int64(wall * 1e9))
        now = Mutex(ClockReading(wall: wall, monotonic: 5_000_000_000))
    }

    var reading: ClockReading { now.withLock { $0 } }

    /// Sets the wall clock, forward or back.
    func step(_ nanoseconds: Int64) {
        now.withLock { $0.wall = Timestamp(nanoseconds: $0.wall.nanoseconds + nanoseconds) }
    }

    func advance(_ nanoseconds: Int64) {
        now.withLock {
            $0.wall = Timestamp(nanoseconds: $0.wall.nanoseconds + nanoseconds)
            $0.monotonic += nanoseconds
        }
    }
}

/// What a source has to give, in the order in which it is asked.
final class FakeSource: EventSource {
    enum Call: Equatable, Sendable { case facts(Int32), drain, lastDrain, recycle(Set<CgroupID>) }

    struct Failure: Error, Equatable { let call: String }

    struct Script: Sendable {
        /// Drained one after the other; then empty ones.
        var drains: [Drain] = []
        /// Reported one after the other; then nothing.
        var facts: [[Fact]] = []
        /// Which call of facts or drain fails, counted from 1.
        var failingFacts: Int?
        var failingDrain: Int?
        var factsCalls = 0
        var drainCalls = 0
        var calls: [Call] = []
    }

    let coverage = Coverage(notSeen: ["much"], absent: [.deletes], attached: 3, missing: [])
    let kernelMemory: UInt64? = 64 << 20
    let script: Mutex<Script>
    private let clock: TestClock
    private let beforeFacts: @Sendable (Int) -> Void
    private let beforeDrain: @Sendable (inout Script) -> Void

    /// - Parameters:
    ///   - beforeFacts: called with the number of each call of `facts`, to change something at that moment.
    ///   - beforeDrain: changes what happens from the first drain on.
    init(
        _ script: Script, clock: TestClock, beforeFacts: @escaping @Sendable (Int) -> Void = { _ in },
        beforeDrain: @escaping @Sendable (inout Script) -> Void = { _ in }
    ) {
        self.script = Mutex(script)
        (self.clock, self.beforeFacts, self.beforeDrain) = (clock, beforeFacts, beforeDrain)
    }

    var calls: [Call] { script.withLock { $0.calls } }

    /// Waiting takes exactly as long as it may.
    func facts(waitingUpTo milliseconds: Int32) async throws -> [Fact] {
        let (number, facts, fails) = script.withLock { script in
            script.calls.append(.facts(milliseconds))
            script.factsCalls += 1
            let facts = script.facts.isEmpty ? [] : script.facts.removeFirst()
            return (script.factsCalls, facts, script.factsCalls == script.failingFacts)
        }
        beforeFacts(number)
        clock.advance(Int64(milliseconds) * 1_000_000)
        if fails { throw Failure(call: "facts") }
        await Task.yield()
        return facts
    }

    func drain(isLast: Bool) async throws -> Drain {
        try script.withLock { script in
            script.calls.append(isLast ? .lastDrain : .drain)
            script.drainCalls += 1
            if script.drainCalls == 1 { beforeDrain(&script) }
            if script.drainCalls == script.failingDrain { throw Failure(call: "drain") }
            return script.drains.isEmpty ? Drain() : script.drains.removeFirst()
        }
    }

    func recycle(_ gone: Set<CgroupID>) async throws { script.withLock { $0.calls.append(.recycle(gone)) } }
}

/// A host whose files are tables.
struct FakeHost: HostView {
    let clock: TestClock
    var paths: [CgroupID: ByteString] = [:]
    var executables: [ExecutableID: ByteString] = [:]
    /// Cgroups that live though nobody can tell their paths.
    var pathless: Set<CgroupID> = []

    var reading: ClockReading { clock.reading }
    func path(of cgroup: CgroupID) -> ByteString? { paths[cgroup] }
    func exists(_ cgroup: CgroupID) -> Bool { paths[cgroup] != nil || pathless.contains(cgroup) }
    func look(at cgroup: CgroupID) -> CgroupName? {
        paths[cgroup].map { CgroupName(path: $0, identity: UnitIdentity(cgroupPath: $0)) }
    }
    func invocationID(of cgroup: CgroupID, named name: CgroupName) -> String? { nil }
    func executable(_ id: ExecutableID, tgid: Int32) -> ByteString? { executables[id] }
    var ownProcess = ProcessUse()
}

/// Keeps every batch it is given.
final class RecordingSink: Sink {
    let name = "recording"
    let kind = OutputKind.http
    private let accepted = Mutex<[Batch]>([])
    private let onAccept: @Sendable (Int) -> Void
    private let isSafe: @Sendable (Int) -> Bool

    /// - Parameter isSafe: whether the batch of this number would outlive a kill once it was accepted.
    init(
        onAccept: @escaping @Sendable (Int) -> Void = { _ in },
        isSafe: @escaping @Sendable (Int) -> Bool = { _ in true }
    ) {
        (self.isSafe, self.onAccept) = (isSafe, onAccept)
    }

    var batches: [Batch] { accepted.withLock { $0 } }

    var account: SinkAccount {
        var account = SinkAccount()
        (account.createdPayloads, account.createdRows) = batches.reduce(into: (0, 0)) { sums, batch in
            sums.0 += 1
            sums.1 += UInt64(batch.rows.count)
        }
        (account.deliveredPayloads, account.deliveredRows) = (account.createdPayloads, account.createdRows)
        return account
    }

    @discardableResult func accept(_ batch: Batch) async -> Bool {
        let count = accepted.withLock { batches in
            batches.append(batch)
            return batches.count
        }
        onAccept(count)
        return isSafe(count)
    }

    func finish(by deadline: ContinuousClock.Instant) async -> SinkAccount { SinkAccount() }
}

/// A pipeline over fakes, with windows of ten seconds.
struct Bench {
    let clock: TestClock
    let source: FakeSource
    let sink: RecordingSink
    let pipeline: Pipeline

    init(
        _ script: FakeSource.Script = FakeSource.Script(), clock: TestClock = TestClock(), host: FakeHost? = nil,
        names: CgroupNames = CgroupNames(startsAtRealRoot: true, asksAboutContainers: true),
        containers: ContainerNames? = nil, sink: RecordingSink = RecordingSink(), others: [Pipeline.Output] = [],
        foldsTransient: Bool = true, signs: Pipeline.Signs = Pipeline.Signs(),
        beforeFacts: @escaping @Sendable (Int) -> Void = { _ in },
        beforeDrain: @escaping @Sendable (inout FakeSource.Script) -> Void = { _ in }
    ) {
        (self.clock, self.sink) = (clock, sink)
        source = FakeSource(script, clock: clock, beforeFacts: beforeFacts, beforeDrain: beforeDrain)
        let start = clock.reading.wall
        pipeline = Pipeline(
            source: source, host: host ?? FakeHost(clock: clock), containers: containers,
            identity: Pipeline.Identity(
                agent: AgentIdentity(version: "0", instance: "i", backend: "fake", started: start),
                host: HostIdentity(name: "h", id: nil, kernel: "k")),
            names: names,
            shape: Pipeline.Shape(
                outputs: [Pipeline.Output(sink, since: start)] + others,
                limits: Rollup.Limits(units: 100, writersPerUnit: 10),
                foldsTransient: foldsTransient, interval: .seconds(10)),
            signs: signs)
    }
}

/// A drain of some writes in one cgroup.
func writes(_ count: UInt64, in cgroup: UInt64, executable: ExecutableID? = nil) -> Drain {
    var drain = Drain()
    let writer = Writer(cgroup: CgroupID(cgroup), executable: executable, comm: "w", uid: 0)
    drain.writers = [WriterActivity(writer: writer, tgid: 1, counters: Counters([.writes: count]))]
    return drain
}

extension Batch {
    var writes: UInt64 { rows.reduce(0) { $0 + $1.counters[.writes] } }
}
