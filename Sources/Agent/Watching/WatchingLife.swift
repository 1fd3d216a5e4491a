internal import Export
internal import Kernel
internal import Logging
internal import Machine
internal import Model

/// Watch rules, the baseline and the ways out for alerts, from the start of the agent to its end.
struct WatchingLife: Sendable {
    let watching: Watching
    private let baseline: RunningBaseline?
    private let outlets: AlertOutlets

    /// Nil when the configuration asks for nobody to be watched. Throws a `Refusal` where that is asked for and cannot be.
    static func begin(_ settings: Settings, source: any EventSource, at now: ClockReading, logger: Logger) async throws
        -> WatchingLife?
    {
        guard settings.watchesAnything else { return nil }
        guard source.canWatch else {
            throw Refusal(
                .hostCannot,
                """
                max_kernel_memory in [trace] leaves no room for [[watch]] and [baseline]: they need some for each of the \
                CPUs that this machine may have; set it to 64MiB, or remove them
                """)
        }
        let outlets = AlertOutlets(settings.alerts, logger: logger)
        let baseline =
            settings.baseline.enabled
            ? RunningBaseline(
                in: settings.agent.stateDir, learnFor: settings.baseline.learnFor, at: now, logger: logger) : nil
        let plan = Watching.Plan(settings, baseline: baseline)
        let watching = Watching(plan, source: source, outlets: outlets, logger: logger)
        await watching.follow(plan)
        return WatchingLife(watching: watching, baseline: baseline, outlets: outlets)
    }

    /// Takes up what a reload has changed.
    func follow(_ settings: Settings) async {
        outlets.follow(settings.alerts)
        baseline?.set(learnFor: settings.baseline.learnFor)
        await watching.follow(Watching.Plan(settings, baseline: baseline))
    }

    /// After the last window.
    func finish(at now: ClockReading, within time: Duration) async {
        // What was learned does not wait for anybody's program.
        await baseline?.finish(at: now)
        await outlets.finish(by: .now + time)
    }
}

extension Settings {
    /// Whether the programs in the kernel need room for what is sighted.
    var watchesAnything: Bool { !watch.isEmpty || baseline.enabled }
}

extension Watching.Plan {
    init(_ settings: Settings, baseline: RunningBaseline?) {
        self.init(
            rules: (try? settings.watchRules()) ?? WatchRules([]), baseline: baseline,
            alertsPerWindow: settings.alerts.maxPerWindow)
    }
}
