import Dispatch
import Synchronization

/// Brings parcels to one destination on a thread of its own: one at a time, oldest first, until told to finish.
///
/// The thread holds the courier, so every courier must be finished.
final class Courier: Sendable {
    private struct State {
        var line: WaitingLine
        var pause: Standstill?
        var finishBy: ContinuousClock.Instant?
        var failing = false
        var ended = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private enum Standstill {
        case until(ContinuousClock.Instant, firm: Bool)
        case untilNext
    }

    private enum Step {
        case attempt(Parcel)
        case wait(until: ContinuousClock.Instant?)
        case end
    }

    private let state: Mutex<State>
    /// Signalled whenever the thread may have something new to do; it looks again after each signal.
    private let wake = DispatchSemaphore(value: 0)
    private let events: @Sendable (SinkEvent) -> Void

    init(
        line: WaitingLine, destination: sending any Destination,
        events: @escaping @Sendable (SinkEvent) -> Void
    ) throws(SinkProblem) {
        self.state = Mutex(State(line: line))
        self.events = events
        try SinkThread.start { self.run(destination) }
    }

    var account: SinkAccount { state.withLock { $0.line.account } }

    /// Adds parcels at the end of the line; what no longer fits is dropped, oldest first.
    func submit(_ parcels: [Parcel]) {
        let losses = state.withLock { state in
            if case .untilNext = state.pause { state.pause = nil }
            var losses = parcels.compactMap { state.line.append($0) }
            if state.ended, let loss = state.line.abandon() { losses.append(loss) }
            return losses
        }
        let ended = state.withLock { $0.ended }
        losses.forEach { report($0, ended ? "the output has ended" : "too much is waiting") }
        wake.signal()
    }

    /// Ends a pause that waits for something to change, because it has.
    func retry() {
        state.withLock { state in
            if case .untilNext = state.pause { state.pause = nil }
        }
        wake.signal()
    }

    /// Goes on until `deadline`, then drops what is left, even from under a request that does not return.
    func finish(by deadline: ContinuousClock.Instant) async -> SinkAccount {
        state.withLock { state in
            state.finishBy = state.finishBy.map { min($0, deadline) } ?? deadline
            // One attempt at once: by now the destination may be back.
            if case .until(_, firm: true) = state.pause {} else { state.pause = nil }
        }
        wake.signal()
        let alarm = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            self.end("the time to stop had come")
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
            switch nextStep(at: .now) {
            case .attempt(let parcel):
                settle(parcel, destination.attempt(parcel) { self.state.withLock { $0.finishBy } })
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
        let (step, loss): (Step, WaitingLine.Loss?) = state.withLock { state in
            let loss = state.line.expire(at: now)
            return (Self.nextStep(&state, at: now), loss)
        }
        if let loss { report(loss, "it waited for too long") }
        return step
    }

    private static func nextStep(_ state: inout State, at now: ContinuousClock.Instant) -> Step {
        if state.ended { return .end }
        if let finishBy = state.finishBy, now >= finishBy || state.line.isEmpty { return .end }
        switch state.pause {
        case .until(let instant, _) where instant > now:
            if let finishBy = state.finishBy, instant >= finishBy { return .end }
            return .wait(until: instant)
        case .untilNext:
            return state.finishBy == nil ? .wait(until: nil) : .end
        case .until, nil:
            state.pause = nil
            return state.line.take().map { .attempt($0) } ?? .wait(until: nil)
        }
    }

    private func settle(_ parcel: Parcel, _ outcome: Outcome) {
        let events: [SinkEvent] = state.withLock { state in
            // Ended meanwhile: the parcel has been counted as dropped already.
            guard !state.ended else { return [] }
            switch outcome {
            case .delivered:
                state.line.delivered()
                defer { state.failing = false }
                return (state.failing ? [.recovered] : []) + [.delivered(id: parcel.id, rows: parcel.rows)]
            case .deliveredInPart(let rows, let reason):
                state.line.delivered(rejecting: rows, reason: reason)
                state.failing = false
                return [.rejected(id: parcel.id, rows: rows, reason: reason)]
            case .rejected(let reason), .tooLarge(let reason), .badEncoding(let reason):
                state.line.rejected(reason: reason)
                return [.rejected(id: parcel.id, rows: parcel.rows, reason: reason)]
            case .kept(let reason, let pause):
                state.failing = true
                var delay: Duration?
                switch pause {
                case .time(let duration, let firm):
                    delay = duration
                    state.pause = .until(.now + duration, firm: firm)
                case .untilNext:
                    state.pause = .untilNext
                }
                return [.retrying(reason: reason, delay: delay)] + Self.keep(&state, reason)
            case .closed(let reason):
                return [.closed(reason: reason)] + Self.keep(&state, reason)
            }
        }
        events.forEach(self.events)
        if case .closed(let reason) = outcome { end(reason) }
    }

    private static func keep(_ state: inout State, _ reason: String) -> [SinkEvent] {
        state.line.kept(reason: reason).map { [dropped($0, "too much is waiting")] } ?? []
    }

    /// Lets go of all that is left and wakes whoever waits for the end; the second time it does nothing.
    private func end(_ reason: String) {
        let (loss, waiters) = state.withLock { state in
            state.ended = true
            defer { state.waiters = [] }
            return (state.line.abandon(), state.waiters)
        }
        if let loss { report(loss, reason) }
        waiters.forEach { $0.resume() }
        wake.signal()
    }

    private func report(_ loss: WaitingLine.Loss, _ reason: String) {
        events(Self.dropped(loss, reason))
    }

    private static func dropped(_ loss: WaitingLine.Loss, _ reason: String) -> SinkEvent {
        .dropped(payloads: loss.payloads, rows: loss.rows, first: loss.first, reason: reason)
    }
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
