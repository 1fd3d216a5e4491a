import CAlert
import Glibc
package import Model
import Render
import Synchronization

/// Runs the program of `[alerts] exec` for each alert, with the alert as a line of JSON on its standard input.
///
/// So many at once, each for so long; what waits is bounded, and what finds no room is counted. Each run has a thread of its
/// own, so nobody waits for a program. It must be finished.
package final class AlertProgram: AlertOutlet {
    package struct Limits: Sendable {
        package var atOnce = 4
        package var waiting = 256
        package var time = Duration.seconds(10)
        /// Between SIGTERM and SIGKILL.
        package var grace = Duration.seconds(1)

        package init() {}
    }

    private struct State {
        var waiting: [[UInt8]] = []
        var running = 0
        var isOver = false
        var account = AlertOutletAccount()
        /// Whoever waits until nothing runs any more.
        var idle: [CheckedContinuation<Void, Never>] = []
    }

    package let arguments: [String]
    private let limits: Limits
    private let state = Mutex(State())
    private let end = AlertProgramEnd()
    private let events: @Sendable (AlertEvent) -> Void
    /// How long what was killed may take to be gone.
    private static var timeToDie: Duration { .seconds(1) }

    /// - Parameter arguments: the program, by its path or a name to look for in PATH, and what it is given; not empty.
    package init(
        _ arguments: [String], limits: Limits = Limits(), events: @escaping @Sendable (AlertEvent) -> Void
    ) {
        (self.arguments, self.limits, self.events) = (arguments, limits, events)
    }

    package var account: AlertOutletAccount { state.withLock { $0.account } }

    package func send(_ alert: Alert) {
        var json = JSONWriter()
        json.object { $0.members(of: alert) }
        json.endLine()
        let (starts, dropped): (Bool, UInt64?) = state.withLock { state in
            guard !state.isOver, state.waiting.count < limits.waiting else {
                state.account.dropped += 1
                return (false, state.account.dropped)
            }
            state.waiting.append(json.bytes)
            guard state.running < limits.atOnce else { return (false, nil) }
            state.running += 1
            return (true, nil)
        }
        if let dropped { events(.dropped(dropped)) }
        if starts { startThread() }
    }

    /// Counts an alert that is not to be handed over.
    package func leaveOut() { state.withLock { $0.account.dropped += 1 } }

    private func startThread() {
        do {
            try SinkThread.start { [self] in work() }
        } catch {
            let line: [UInt8]? = state.withLock { state in
                state.running -= 1
                if !state.waiting.isEmpty { state.account.failed += 1 }
                return state.waiting.popLast()
            }
            if line != nil { events(.programFailed(reason: error.description)) }
        }
    }

    /// Runs the program for what waits until nothing does.
    private func work() {
        while let line = next() {
            let ending = AlertRun(arguments, limits, end).run(line)
            state.withLock { state in
                switch ending {
                case .fine: state.account.sent += 1
                case .timedOut: state.account.timedOut += 1
                case .failed: state.account.failed += 1
                }
            }
            if let reason = ending.reason { events(.programFailed(reason: reason)) }
        }
    }

    private func next() -> [UInt8]? {
        let (line, waiters): ([UInt8]?, [CheckedContinuation<Void, Never>]) = state.withLock { state in
            if end.hasCome {
                state.account.dropped += UInt64(state.waiting.count)
                state.waiting = []
            }
            if !state.waiting.isEmpty { return (state.waiting.removeFirst(), []) }
            state.running -= 1
            guard state.running == 0 else { return (nil, []) }
            return (nil, exchange(&state.idle, with: []))
        }
        for waiter in waiters { waiter.resume() }
        return line
    }

    /// Takes no more; lets what waits and what runs come to its end until `deadline`, and ends the rest.
    ///
    /// Who cannot be ended, as it waits in the kernel for a disk that does not answer, is left behind a little later.
    package func finish(by deadline: ContinuousClock.Instant) async -> AlertOutletAccount {
        state.withLock { $0.isOver = true }
        // The threads of the runs see to it: they wait for nobody.
        end.come(by: deadline)
        let patience = Task {
            try await Task.sleep(until: deadline + limits.grace + Self.timeToDie, clock: .continuous)
            for waiter in state.withLock({ exchange(&$0.idle, with: []) }) { waiter.resume() }
        }
        defer { patience.cancel() }
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.running > 0 { state.idle.append(continuation) }
                return state.running == 0
            }
            if isIdle { continuation.resume() }
        }
        return account
    }
}

/// When everything is to end at the latest, and a descriptor that is readable once that is known; every run looks at both.
final class AlertProgramEnd: Sendable {
    let descriptor: CInt
    private let other: CInt
    private let instant = Mutex<ContinuousClock.Instant?>(nil)

    init() {
        var ends: [CInt] = [-1, -1]
        _ = calert_pipe(&ends)
        (descriptor, other) = (ends[0], ends[1])
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if other >= 0 { close(other) }
    }

    /// Nil as long as nobody knows.
    var deadline: ContinuousClock.Instant? { instant.withLock { $0 } }

    var hasCome: Bool { deadline.map { $0 <= .now } ?? false }

    func come(by deadline: ContinuousClock.Instant) {
        instant.withLock { $0 = deadline }
        _ = write(other, [1] as [UInt8], 1)
    }
}
