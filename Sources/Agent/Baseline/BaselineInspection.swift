internal import Export
internal import Glibc
internal import Logging
internal import Machine
package import Model
internal import Render

/// What the commands of `otagent baseline` do with the baseline of a configuration, whether an agent runs or not.
package struct BaselineInspection: Sendable {
    private let settings: Settings
    private let store: BaselineStore
    private let requests: BaselineRequests

    package init(_ settings: Settings) {
        self.settings = settings
        store = BaselineStore(in: settings.agent.stateDir)
        requests = BaselineRequests(in: settings.agent.stateDir)
    }

    private func kept() throws -> BaselineStore.Kept {
        let content: BaselineStore.Content
        do { content = try store.read(learnFor: settings.baseline.learnFor) } catch {
            throw Refusal(.failed, "\(error)")
        }
        switch content {
        case .kept(let kept): return kept
        case .damaged(let reason):
            throw Refusal(.failed, "'\(store.path)' is damaged, \(reason): an agent puts it aside when it starts")
        case .none:
            let advice =
                settings.baseline.enabled
                ? "an agent writes it down a minute after its start"
                : "set enabled = true in [baseline], and run the agent"
            throw Refusal(.failed, "nothing is learned yet, there is no '\(store.path)': \(advice)")
        }
    }

    /// What is known now; of an agent that does not answer soon, what it wrote down last.
    ///
    /// - Parameter onlyFound: what was found new and is not accepted.
    package func listing(onlyFound: Bool = false, json: Bool = false) async throws -> String {
        await refresh()
        let kept = try kept()
        let listing = BaselineListing(kept.baseline, saved: kept.saved, onlyFound: onlyFound)
        return json ? String(decoding: listing.json, as: UTF8.self) : listing.text
    }

    package func rules(for units: String?) async throws -> String {
        await refresh()
        return BaselineRules(try kept().baseline, units: try units.map(Self.glob)).toml
    }

    /// The pattern for units.
    package static func glob(_ text: String) throws -> PathGlob {
        do { return try PathGlob(text) } catch {
            throw Refusal(.badArguments, "--unit '\(text.legible)' is no pattern: see the manual's words on globs")
        }
    }

    /// Has an edit made: by the agent if one runs, else here. Waits for it.
    package func apply(_ edit: BaselineEdit, within time: Duration = .seconds(10)) async throws -> BaselineEdit.Outcome
    {
        // Without a baseline there is nothing to change, unless an agent has one that it has not written down yet.
        if !isRunning { _ = try kept() }
        let name: String
        do { name = try requests.ask(edit, at: Clock.wall) } catch { throw Refusal(.failed, "\(error)") }
        let deadline = ContinuousClock.now + time
        while true {
            if let outcome = requests.takeAnswer(to: name) { return outcome }
            // Who has the directory does it. One that ends meanwhile leaves it to us, or to the next.
            if await settle() {
                if let outcome = requests.takeAnswer(to: name) { return outcome }
                throw Refusal(
                    .failed, "the change could not be written to '\(settings.agent.stateDir)': it waits there")
            }
            guard ContinuousClock.now < deadline else {
                throw Refusal(
                    .failed,
                    "the agent that runs has not answered: it makes the change when it can, or the next one with a baseline"
                )
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Has an agent that runs write down what it knows: it does so for each change that is asked for, also for none.
    private func refresh() async {
        guard isRunning, let name = try? requests.ask(BaselineEdit(.accept, .ids([])), at: Clock.wall) else { return }
        let deadline = ContinuousClock.now + .seconds(3)
        while ContinuousClock.now < deadline {
            if requests.takeAnswer(to: name) != nil { return }
            do { try await Task.sleep(for: .milliseconds(20)) } catch { break }
        }
        requests.withdraw(name)
    }

    /// Whether somebody has the state directory.
    private var isRunning: Bool {
        guard access(settings.agent.stateDir, F_OK) == 0 else { return false }
        do throws(Refusal) {
            _ = try StateDirectory(settings.agent.stateDir)
            return false
        } catch {
            return true
        }
    }

    /// Does what waits here, if nobody has the directory; answers whether nobody had. One that ends meanwhile leaves what it
    /// has not done to the next who looks.
    private func settle() async -> Bool {
        let state: StateDirectory
        do throws(Refusal) { state = try StateDirectory(settings.agent.stateDir) } catch { return false }
        let quiet = Logger(label: "otagent") { _ in SwiftLogNoOpLogHandler() }
        let running = RunningBaseline(
            in: settings.agent.stateDir, learnFor: settings.baseline.learnFor, at: Self.now, logger: quiet)
        await running.finish(at: Self.now)
        _ = consume state
        return true
    }

    private static var now: ClockReading { ClockReading(wall: Clock.wall, monotonic: Clock.monotonic) }
}
