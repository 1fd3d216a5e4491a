internal import Dispatch
package import Model
internal import Synchronization

/// Asks for the names of containers on a thread of its own, so that whoever wants them never waits.
///
/// A look-up that hangs costs that thread and is counted; the others go on with another one, a few times.
package final class ContainerNames: Sendable {
    private struct State {
        var table = ContainerTable()
        /// The thread that asks; absent while there is nothing to ask.
        var lane: Int?
        var lanes = 0
        var asking: (question: ContainerQuestion, since: Int64)?
        /// Threads that were given up, as long as they hang.
        var stuck = 0
        /// Reasons that were told: each once.
        var told: Set<String> = []
    }

    private let state: Mutex<State>
    private let limit: Int64
    private let clock: @Sendable () -> Int64
    private let note: @Sendable (String) -> Void
    private let makeReader: @Sendable () -> (ContainerQuestion) -> ContainerAnswer

    private static let mostStuck = 3
    private static let mostTold = 100

    /// - Parameters:
    ///   - limit: how long one look-up may take.
    ///   - clock: nanoseconds, never set back.
    ///   - note: called with the reason of a failure, once for each.
    ///   - makeReader: called on the thread that asks, whenever it begins to; what it returns is used there alone.
    package init(
        limit: Duration = .seconds(5), clock: @escaping @Sendable () -> Int64 = { Clock.monotonic },
        note: @escaping @Sendable (String) -> Void = { _ in },
        makeReader: @escaping @Sendable () -> (ContainerQuestion) -> ContainerAnswer
    ) {
        state = Mutex(State())
        let (seconds, attoseconds) = limit.components
        self.limit = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        (self.clock, self.note, self.makeReader) = (clock, note, makeReader)
    }

    /// Asks for the names of containers as `sources` has them.
    package convenience init(
        _ sources: ContainerReader.Sources, limit: Duration = .seconds(5), note: @escaping @Sendable (String) -> Void
    ) {
        self.init(limit: limit, note: note) {
            var reader = ContainerReader(sources)
            return { reader.answer($0) }
        }
    }

    /// Notes what is wanted to be known; returns at once.
    package func want(_ wanted: [(CgroupID, ContainerQuestion)]) {
        if wanted.isEmpty { return }
        let now = clock()
        state.withLock { state in for (cgroup, question) in wanted { state.table.want(cgroup, question, now: now) } }
        goOn(now)
    }

    /// What was learned since the last call; also gives up what takes too long, so it is to be called now and then.
    package func news() -> [(CgroupID, ContainerDetails)] {
        goOn(clock())
        return state.withLock { $0.table.takeNews() }
    }

    /// How many look-ups failed since the last call.
    package func takeFailures() -> UInt64 {
        let (count, new) = state.withLock { state in
            let (count, reasons) = state.table.takeFailures()
            let new = reasons.filter { state.told.count < Self.mostTold && state.told.insert($0).inserted }
            return (count, new)
        }
        for reason in new { note(reason) }
        return count
    }

    package func forget(_ gone: Set<CgroupID>) {
        if gone.isEmpty { return }
        state.withLock { $0.table.forget(gone) }
    }

    /// Ends a look-up that hangs, and starts a thread when there is something to ask and none is at it.
    private func goOn(_ now: Int64) {
        let started = state.withLock { state -> Int? in
            if let asking = state.asking, now - asking.since > limit {
                state.table.failed(asking.question, "a look-up took more than \(limit / 1_000_000) ms")
                (state.lane, state.asking) = (nil, nil)
                state.stuck += 1
            }
            guard state.lane == nil, state.table.hasDue(now) else { return nil }
            guard state.stuck < Self.mostStuck else {
                while let question = state.table.next(now) {
                    state.table.failed(question, "\(state.stuck) look-ups hang")
                }
                return nil
            }
            state.lanes += 1
            state.lane = state.lanes
            return state.lanes
        }
        guard let started else { return }
        DispatchQueue(label: "container names").async { self.ask(lane: started) }
    }

    private func ask(lane: Int) {
        guard var question = next(lane) else { return }
        let answer = makeReader()
        while true {
            let said = answer(question)
            guard take(said, to: question, lane), let another = next(lane) else { return }
            question = another
        }
    }

    private func next(_ lane: Int) -> ContainerQuestion? {
        let now = clock()
        return state.withLock { state in
            guard state.lane == lane else { return nil }
            state.asking = state.table.next(now).map { ($0, now) }
            if state.asking == nil { state.lane = nil }
            return state.asking?.question
        }
    }

    /// Whether the thread is to go on: not when it was given up meanwhile.
    private func take(_ answer: ContainerAnswer, to question: ContainerQuestion, _ lane: Int) -> Bool {
        let now = clock()
        return state.withLock { state in
            state.table.answered(question, answer, now: now)
            guard state.lane == lane else {
                state.stuck -= 1
                return false
            }
            state.asking = nil
            return true
        }
    }
}
