import Dispatch
import Model
import Synchronization

/// Brings parcels to one destination on a thread of its own: one at a time, oldest first, until told to finish.
///
/// The thread holds the courier, so every courier must be finished.
final class ParcelCourier<Line: ParcelLine>: Sendable {
    private struct State {
        var pause: Standstill?
        var finishBy: ContinuousClock.Instant?
        var failing = false
        var attempts = AttemptAccount()
        /// What the receiver would not unpack; parcels go without it from then on.
        var refusedEncodings: Set<String> = []
        var ended = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private enum Standstill {
        case until(ContinuousClock.Instant, firm: Bool)
        case untilNext
    }

    private enum Step {
        case attempt
        case wait(until: ContinuousClock.Instant?)
        case end
    }

    let line: Line
    private let state = Mutex(State())
    /// Signalled whenever the thread may have something new to do; it looks again after each signal.
    private let wake = DispatchSemaphore(value: 0)
    private let events: @Sendable (SinkEvent) -> Void

    init(
        carrying line: Line, destination: sending any Destination, events: @escaping @Sendable (SinkEvent) -> Void
    ) throws(SinkProblem) {
        (self.line, self.events) = (line, events)
        try SinkThread.start { self.run(destination) }
    }

    var account: SinkAccount {
        var account = line.account
        account.attempts = state.withLock { $0.attempts }
        return account
    }

    /// Tells what adding to the line came to, and lets the thread look at it.
    func added(_ events: [SinkEvent]) {
        report(events)
        retry()
    }

    /// The parcel as the receiver takes it, as far as is known.
    func acceptable(_ parcel: Parcel) -> Parcel {
        let refused = state.withLock { $0.refusedEncodings }
        var parcel = parcel
        while let encoding = parcel.contentEncoding, refused.contains(encoding), let weaker = parcel.weaker() {
            parcel = weaker
        }
        return parcel
    }

    /// Ends a pause that waits for something to change, because it has.
    func retry() {
        state.withLock { state in
            if case .untilNext = state.pause { state.pause = nil }
        }
        wake.signal()
    }

    /// Goes on until `deadline`, then ends the line, even under a request that does not return.
    func finish(by deadline: ContinuousClock.Instant) async -> SinkAccount {
        state.withLock { state in
            state.finishBy = state.finishBy.map { min($0, deadline) } ?? deadline
            // One attempt at once: by now the destination may be back.
            if case .until(_, firm: true) = state.pause {} else { state.pause = nil }
        }
        wake.signal()
        let alarm = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            // Not here: the end of a line may wait for a disk.
            DispatchQueue.global().async { self.end("the time to stop had come") }
        }
        await withCheckedContinuation { continuation in
            let ended = state.withLock { state in
                if !state.ended { state.waiters.append(continuation) }
                return state.ended
            }
            if ended { continuation.resume() }
        }
        alarm.cancel()
        return account
    }

    // MARK: On the thread

    private func run(_ destination: any Destination) {
        while true {
            report(line.expire(at: .now))
            switch nextStep(at: .now) {
            case .attempt:
                attempt(destination)
            case .wait(let instant):
                let chore = destination.nextChore(at: .now)
                if let chore, chore <= .now {
                    destination.chore()
                    continue
                }
                guard let instant = [instant, chore].compactMap({ $0 }).min() else {
                    wake.wait()
                    continue
                }
                let nanoseconds = ContinuousClock.now.duration(to: instant).wholeNanoseconds
                _ = wake.wait(timeout: .now() + .nanoseconds(nanoseconds))
            case .end:
                return end("the time to stop had come")
            }
        }
    }

    private func nextStep(at now: ContinuousClock.Instant) -> Step {
        let isEmpty = line.isEmpty
        return state.withLock { Self.nextStep(&$0, at: now, isEmpty: isEmpty) }
    }

    private static func nextStep(
        _ state: inout State, at now: ContinuousClock.Instant, isEmpty: Bool
    ) -> Step {
        if state.ended { return .end }
        if let finishBy = state.finishBy, now >= finishBy || isEmpty { return .end }
        switch state.pause {
        case .until(let instant, _) where instant > now:
            if let finishBy = state.finishBy, instant >= finishBy { return .end }
            return .wait(until: instant)
        case .untilNext:
            return state.finishBy == nil ? .wait(until: nil) : .end
        case .until, nil:
            state.pause = nil
            return isEmpty ? .wait(until: nil) : .attempt
        }
    }

    private func attempt(_ destination: any Destination) {
        let taken = line.take()
        report(taken.events)
        if let trouble = taken.trouble {
            pause(.time(.seconds(1), firm: false))
            report([.retrying(reason: trouble, delay: .seconds(1))])
        }
        guard let parcel = taken.parcel.map(acceptable) else { return }
        let outcome = destination.attempt(parcel) { self.state.withLock { $0.finishBy } }
        let failure = destination.lastFailure
        state.withLock { $0.attempts.note(outcome, failure, at: .current) }
        settle(parcel, outcome)
    }

    /// Does what an outcome asks for. A line that has ended meanwhile keeps its account as it is.
    private func settle(_ parcel: Parcel, _ outcome: Outcome) {
        switch outcome {
        case .delivered: delivered(line.delivered(parcel, rejecting: 0, reason: nil))
        case .deliveredInPart(let rows, let reason):
            delivered(line.delivered(parcel, rejecting: rows, reason: reason))
        case .rejected(let reason): report(line.rejected(parcel, reason: reason))
        case .tooLarge(let reason): halve(parcel, reason)
        case .badEncoding(let reason): weaken(parcel, reason)
        case .kept(let reason, let pause): keep(reason, pause)
        case .closed(let reason):
            guard let events = line.kept(reason: reason) else { return }
            report([.closed(reason: reason)] + events)
            end(reason)
        }
    }

    private func delivered(_ events: [SinkEvent]?) {
        guard let events else { return }
        let wasFailing = state.withLock { state in
            defer { state.failing = false }
            return state.failing
        }
        report((wasFailing ? [.recovered] : []) + events)
    }

    private func keep(_ reason: String, _ pause: Pause) {
        guard let events = line.kept(reason: reason) else { return }
        state.withLock { $0.failing = true }
        var delay: Duration?
        if case .time(let duration, _) = pause { delay = duration }
        self.pause(pause)
        report([.retrying(reason: reason, delay: delay)] + events)
    }

    private func pause(_ pause: Pause) {
        state.withLock { state in
            switch pause {
            case .time(let duration, let firm): state.pause = .until(.now + duration, firm: firm)
            case .untilNext: state.pause = .untilNext
            }
        }
    }

    /// Two smaller parcels in its place, or none of it when nothing is left to halve.
    private func halve(_ parcel: Parcel, _ reason: String) {
        guard let halves = parcel.halves(), halves.count == 2, halves[0].rows + halves[1].rows == parcel.rows else {
            return report(line.rejected(parcel, reason: reason))
        }
        do throws(SinkProblem) {
            report(try line.split(parcel, into: halves, reason: reason))
        } catch {
            // Where the disk has no room for them now: the whole one is safe.
            keep("\(reason), and its halves cannot be kept: \(error)", .time(.seconds(10), firm: false))
        }
    }

    /// The next attempt goes without this encoding; when it has none already, that was not what the receiver minds.
    private func weaken(_ parcel: Parcel, _ reason: String) {
        guard let encoding = parcel.contentEncoding, parcel.weaker() != nil else {
            state.withLock { $0.refusedEncodings = [] }
            return report(line.rejected(parcel, reason: reason))
        }
        state.withLock { _ = $0.refusedEncodings.insert(encoding) }
        report(line.kept(reason: reason))
    }

    /// Ends the line and wakes whoever waits for that; the second time it does nothing.
    private func end(_ reason: String) {
        report(line.end(reason))
        let waiters = state.withLock { state in
            state.ended = true
            defer { state.waiters = [] }
            return state.waiters
        }
        waiters.forEach { $0.resume() }
        wake.signal()
    }

    private func report(_ events: [SinkEvent]?) { events?.forEach(self.events) }
}

/// A courier of what is in memory.
typealias Courier = ParcelCourier<MemoryLine>

extension ParcelCourier where Line == MemoryLine {
    convenience init(
        line: WaitingLine, destination: sending any Destination, events: @escaping @Sendable (SinkEvent) -> Void
    ) throws(SinkProblem) {
        try self.init(carrying: MemoryLine(line), destination: destination, events: events)
    }

    /// Finishes, and answers what was left over, for whoever comes after.
    func leave(by deadline: ContinuousClock.Instant) async -> [Parcel] {
        line.surrender()
        _ = await finish(by: deadline)
        return line.surrendered
    }

    /// Adds parcels at the end of the line; what no longer fits is dropped, oldest first.
    func submit(_ parcels: [Parcel]) { added(parcels.flatMap(line.append)) }
}

extension Duration {
    /// Whole nanoseconds, as far as an Int holds them: 292 years.
    var wholeNanoseconds: Int {
        let (seconds, attoseconds) = components
        let (product, overflow) = Int(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product + Int(attoseconds / 1_000_000_000)
    }

    /// Whole milliseconds, rounded up, so that a little time never becomes none.
    var wholeMilliseconds: Int {
        wholeNanoseconds / 1_000_000 + (wholeNanoseconds % 1_000_000 > 0 ? 1 : 0)
    }
}
