internal import Dispatch
internal import Export
package import Logging
package import Model
internal import Synchronization

/// The baseline of a running agent: judges at once, and does all that needs the disk on a thread of its own.
///
/// Used from any thread. `turn` has to be called now and then; `finish` at the end, when nothing is judged any more.
package final class RunningBaseline: Sendable {
    private struct State {
        var baseline: Baseline
        /// That of the copy on the disk; nil while there is none.
        var saved: UInt64?
        /// Monotonic nanoseconds.
        var lastSave: Int64
        var lastLook: Int64
        var isBusy = false
        var hasForgotten = false
        /// What went wrong last, so that it is said once.
        var trouble: String?
    }

    /// How often the disk is written to, at most.
    package static var saveEvery: Duration { .seconds(60) }
    /// How often requests of commands are looked for.
    private static var lookEvery: Duration { .seconds(1) }

    private let state: Mutex<State>
    private let store: BaselineStore
    private let requests: BaselineRequests
    private let logger: Logger
    private let queue = DispatchQueue(label: "otagent.baseline")

    /// Goes on from what is in the state directory, which must be this process's alone; begins anew where there is nothing
    /// to go on from, and says so.
    package init(in stateDirectory: String, learnFor: Duration, at now: ClockReading, logger: Logger) {
        (store, requests) = (BaselineStore(in: stateDirectory), BaselineRequests(in: stateDirectory))
        self.logger = logger
        var baseline = Self.load(store, learnFor: learnFor, at: now.wall, logger)
        baseline.turn(to: now)
        state = Mutex(State(baseline: baseline, lastSave: now.monotonic, lastLook: now.monotonic))
        requests.sweep(at: now.wall)
    }

    static func load(_ store: BaselineStore, learnFor: Duration, at now: Timestamp, _ logger: Logger) -> Baseline {
        let anew = Baseline(learnFor: learnFor)
        do throws(BaselineStore.Trouble) {
            switch try store.read(learnFor: learnFor) {
            case .none: return anew
            case .kept(let kept): return kept.baseline
            case .damaged(let reason):
                let aside = try store.putAside(at: now)
                logger.error(
                    "\("'\(store.path)' is damaged, \(reason): put aside as '\(aside)'; learning begins anew".legible)")
            }
        } catch {
            logger.error("\("\(error); learning begins anew".legible)")
        }
        return anew
    }

    package var account: Baseline.Account { state.withLock { $0.baseline.account } }

    /// What it knows, and what became of all that it judged.
    package var report: BaselineReport { state.withLock { BaselineReport($0.baseline) } }

    /// Whether nothing is reported yet, of any unit.
    package var isLearning: Bool { state.withLock { $0.baseline.isLearning } }

    package func set(learnFor: Duration) { state.withLock { $0.baseline.learnFor = learnFor } }

    package func judge(_ placed: PlacedSighting, at now: ClockReading) -> Baseline.Judgement {
        state.withLock { $0.baseline.judge(placed, at: now) }
    }

    /// Lets be found again what was found and nobody was told.
    package func withdraw(_ findings: Set<String>) {
        if !findings.isEmpty { state.withLock { $0.baseline.withdraw(findings) } }
    }

    /// Whether something was forgotten since the last call: the kernel has to be told that it must report again what it was
    /// told that it need not.
    package func takeForgotten() -> Bool { state.withLock { exchange(&$0.hasForgotten, with: false) } }

    /// Counts time, and has the disk written and requests looked for when it is time; waits for none of it.
    package func turn(to now: ClockReading) {
        let isDue = state.withLock { state in
            state.baseline.turn(to: now)
            guard !state.isBusy, now.monotonic - state.lastLook >= Self.lookEvery.asNanoseconds else { return false }
            (state.isBusy, state.lastLook) = (true, now.monotonic)
            return true
        }
        if isDue {
            queue.async { [self] in
                work(at: now, saves: isTimeToSave(now))
                state.withLock { $0.isBusy = false }
            }
        }
    }

    /// Does what was asked for and writes what is not on the disk yet; nothing may be judged afterwards.
    package func finish(at now: ClockReading) async {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                state.withLock { $0.baseline.turn(to: now) }
                work(at: now, saves: true)
                continuation.resume()
            }
        }
    }

    /// Whether there is something that is not on the disk: while a unit learns, time alone is.
    private func isTimeToSave(_ now: ClockReading) -> Bool {
        state.withLock { state in
            guard now.monotonic - state.lastSave >= Self.saveEvery.asNanoseconds else { return false }
            let baseline = state.baseline
            return state.saved != baseline.version
                || baseline.isLearning || baseline.units.values.contains(where: baseline.isLearning)
        }
    }

    private func work(at now: ClockReading, saves: Bool) {
        let waiting = requests.waiting()
        if !saves, waiting.isEmpty { return }
        let (copy, outcomes) = state.withLock { state in
            let outcomes = waiting.map { request in
                request.edit.map { edit in
                    if edit.action == .forget { state.hasForgotten = true }
                    return state.baseline.apply(edit, at: now.wall)
                }
            }
            state.lastSave = now.monotonic
            return (state.baseline, outcomes)
        }
        do throws(BaselineStore.Trouble) {
            try store.save(copy, at: now.wall)
            state.withLock { ($0.saved, $0.trouble) = (copy.version, nil) }
            for (request, outcome) in zip(waiting, outcomes) {
                try requests.answer(request, outcome)
                note(request, outcome)
            }
        } catch {
            let isNew = state.withLock { exchange(&$0.trouble, with: error.description) != error.description }
            if isNew { logger.error("\("baseline: \(error); tried again in a minute".legible)") }
        }
    }

    private func note(_ request: BaselineRequests.Request, _ outcome: BaselineEdit.Outcome?) {
        guard let edit = request.edit, let outcome else {
            return logger.warning("\("baseline: '\(request.name)' is no request, and was removed".legible)")
        }
        // One for nothing only has it written down.
        if edit.target == .ids([]) { return }
        logger.info("baseline: \(outcome.sentence(for: edit.action)), as was asked for")
    }
}

extension BaselineEdit.Outcome {
    /// What was done, such as `accepted 3 combinations`.
    package func sentence(for action: BaselineEdit.Action) -> String {
        let verb = action == .accept ? "accepted" : "forgot"
        let counted = "\(combinations) combination\(combinations == 1 ? "" : "s")"
        if action == .accept || units == 0 { return "\(verb) \(counted)" }
        return "\(verb) \(counted); \(units) unit\(units == 1 ? " learns" : "s learn") anew"
    }
}

extension Duration {
    fileprivate var asNanoseconds: Int64 { Int64(self / .nanoseconds(1)) }
}
