internal import Kernel
internal import Logging
package import Model
internal import Synchronization

/// Watch rules and the baseline at work: takes what the kernel has sighted, and has the alerts of each window.
///
/// Nothing here waits for the judge, who may have to wait for a file system: what is judged late is in a later window.
package final class Watching: Sendable {
    /// What a configuration asks for.
    package struct Plan: Sendable {
        package var rules: WatchRules
        package var baseline: RunningBaseline?
        package var alertsPerWindow: Int

        package init(rules: WatchRules, baseline: RunningBaseline?, alertsPerWindow: Int) {
            (self.rules, self.baseline, self.alertsPerWindow) = (rules, baseline, alertsPerWindow)
        }

        /// Whether anybody judges.
        package var isEmpty: Bool { rules.rules.isEmpty && baseline == nil }
    }

    private struct State {
        var book: AlertBook
        var baseline: RunningBaseline?
        /// What waits to be judged, and whether somebody is at it.
        var inbox: [SightingJudge.Case] = []
        var isJudging = false
        /// How many are with the judge.
        var judging = 0
        /// When the judge was last asked to look around, and whether it still does.
        var ticked: Int64 = 0
        var isTicking = false
        /// What could not be judged for lack of room.
        var lost: UInt64 = 0
        /// What is to be judged once more when its container has a name.
        var undecided: [SightingJudge.Case] = []
        var idle: [CheckedContinuation<Void, Never>] = []

        /// How many are yet to be judged.
        var unjudged: Int { inbox.count + judging + undecided.count }
    }

    private let state: Mutex<State>
    private let judge: SightingJudge
    private let outlets: AlertOutlets
    private let logger: Logger

    /// More would be a host on which everybody writes everywhere for the first time at once.
    private static var most: Int { 1 << 16 }

    init(_ plan: Plan, source: any EventSource, outlets: AlertOutlets, logger: Logger) {
        state = Mutex(
            State(book: AlertBook(limits: .init(perWindow: plan.alertsPerWindow)), baseline: plan.baseline))
        judge = SightingJudge(plan, source: source, logger: logger)
        (self.outlets, self.logger) = (outlets, logger)
    }

    /// Lets the kernel begin to tell, or begin anew when rules have changed.
    func follow(_ plan: Plan) async {
        state.withLock { ($0.book.limits.perWindow, $0.baseline) = (plan.alertsPerWindow, plan.baseline) }
        await judge.follow(plan)
    }

    /// Several times a second; waits for nothing.
    func turn(to now: ClockReading) {
        let (baseline, isDue, hasRoom, findings) = state.withLock { state in
            let isDue = !state.isTicking && now.monotonic - state.ticked >= Self.tickEvery
            if isDue { (state.ticked, state.isTicking) = (now.monotonic, true) }
            let hasRoom = isDue && state.book.takeRoom()
            return (state.baseline, isDue, hasRoom, hasRoom ? state.book.takeDroppedFindings() : [])
        }
        baseline?.turn(to: now)
        baseline?.withdraw(findings)
        guard isDue else { return }
        Task {
            await judge.tick(tellsAnew: hasRoom)
            state.withLock { $0.isTicking = false }
        }
    }

    private static var tickEvery: Int64 { 250_000_000 }

    /// Hands over what was sighted; waits for nothing.
    func take(_ cases: [SightingJudge.Case]) {
        guard !cases.isEmpty else { return }
        let begins = state.withLock { state in
            let room = max(Self.most - state.inbox.count, 0)
            state.inbox += cases.prefix(room)
            state.lost += UInt64(max(cases.count - room, 0))
            guard !state.isJudging, !state.inbox.isEmpty else { return false }
            state.isJudging = true
            return true
        }
        if begins { Task { await work() } }
    }

    private func work() async {
        while let cases = nextCases() {
            let judged = await judge.judge(cases)
            state.withLock { state in
                state.undecided += judged.undecided
                state.judging = 0
            }
            raise(judged.alerts)
        }
    }

    /// Nil when there are none, and nobody is at it any more.
    private func nextCases() -> [SightingJudge.Case]? {
        let (cases, idle): ([SightingJudge.Case]?, [CheckedContinuation<Void, Never>]) = state.withLock { state in
            guard state.inbox.isEmpty else {
                state.judging = state.inbox.count
                return (exchange(&state.inbox, with: []), [])
            }
            state.isJudging = false
            return (nil, exchange(&state.idle, with: []))
        }
        for waiting in idle { waiting.resume() }
        return cases
    }

    private func raise(_ alerts: [(alert: Alert, seen: UInt64)]) {
        let raised = state.withLock { state in
            alerts.filter { alert, seen in
                // The baseline finds a thing once, and once more when somebody had it forget.
                if alert.name == .newWriter { state.book.forget(alert.id) }
                return state.book.raise(alert, at: seen) == .raised
            }.map(\.alert)
        }
        outlets.send(raised)
    }

    /// What is to be judged once more, because it waits for the name of its container.
    func takeUndecided() -> [SightingJudge.Case] { state.withLock { exchange(&$0.undecided, with: []) } }

    /// Whether there is an alert that should not wait for the end of the window.
    var hasUrgent: Bool { state.withLock { $0.book.hasUrgent } }

    /// What a window has come to.
    struct WindowAlerts {
        var alerts: [Alert]
        var suppressed: UInt64
        /// Sightings that could not be judged.
        var lost: UInt64
    }

    /// Ends the window; those that were held back for lack of room and are in the next one go out now.
    ///
    /// - Parameter isLast: whether no window follows, so that everything goes out in this one.
    func close(isLast: Bool) -> WindowAlerts {
        let (window, next, waiting) = state.withLock { state in
            let raised = state.book.open.count
            let (alerts, suppressed) = state.book.close(isLast: isLast)
            return (
                WindowAlerts(alerts: alerts, suppressed: suppressed, lost: exchange(&state.lost, with: 0)),
                isLast ? Array(alerts.dropFirst(raised)) : state.book.open, state.book.heldCount
            )
        }
        outlets.send(next)
        if window.suppressed > 0, !isLast {
            let held = "\(window.suppressed) alerts were more than [alerts] max_per_window lets through"
            logger.warning("\(held); \(waiting) wait for the windows that follow")
        }
        return window
    }

    /// Counts as lost what nobody has judged; for the end.
    func giveUp() {
        let (baseline, findings) = state.withLock { state in
            state.lost += UInt64(state.unjudged)
            (state.inbox, state.undecided, state.judging) = ([], [], 0)
            return (state.baseline, state.book.takeDroppedFindings())
        }
        baseline?.withdraw(findings)
    }

    /// How it stands.
    var report: WatchReport {
        let (waiting, dropped, unjudged, baseline) = state.withLock {
            ($0.book.heldCount, $0.book.dropped, $0.unjudged, $0.baseline)
        }
        var report = WatchReport()
        report.waitingSightings = UInt64(unjudged)
        (report.waitingAlerts, report.droppedAlerts) = (UInt64(waiting), dropped)
        (report.journal, report.program) = (outlets.journalAccount, outlets.programAccount)
        report.baseline = baseline?.report
        return report
    }

    /// Waits until all that was handed over is judged, or for so long.
    func settle(within time: Duration) async {
        let work = Task { await self.untilIdle() }
        let limit = Task {
            try await Task.sleep(for: time)
            self.stopWaiting()
        }
        await work.value
        limit.cancel()
    }

    private func untilIdle() async {
        await withCheckedContinuation { waiting in
            let isIdle = state.withLock { state in
                if state.isJudging { state.idle.append(waiting) }
                return !state.isJudging
            }
            if isIdle { waiting.resume() }
        }
    }

    private func stopWaiting() {
        let idle = state.withLock { exchange(&$0.idle, with: []) }
        for waiting in idle { waiting.resume() }
    }
}
