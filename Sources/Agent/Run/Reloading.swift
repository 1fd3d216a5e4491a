internal import Export
internal import Logging
internal import Model

/// Reads the configuration file again, and finds every problem in it.
package typealias ReadConfiguration = @Sendable () -> (settings: Settings?, problems: [ConfigurationProblem])

/// Brings a changed configuration into a running agent; waits for no network.
actor Reloading {
    /// What holds now.
    private(set) var settings: Settings
    private let outputs: RunningOutputs
    private let endpoint: LocalEndpoint
    private let pipeline: Pipeline
    private let watching: WatchingLife?
    private let read: ReadConfiguration
    private let logger: Logger

    init(
        _ settings: Settings, outputs: RunningOutputs, endpoint: LocalEndpoint, pipeline: Pipeline,
        watching: WatchingLife? = nil, logger: Logger, read: @escaping ReadConfiguration
    ) {
        (self.settings, self.outputs, self.endpoint, self.pipeline) = (settings, outputs, endpoint, pipeline)
        (self.watching, self.logger, self.read) = (watching, logger, read)
    }

    /// Takes over what the file says now, or keeps all as it is and says why.
    ///
    /// - Parameter asked: when the wish came; the log says how long the decision took.
    func reload(asked: ContinuousClock.Instant, at now: ClockReading) async {
        ServiceNotice.reloading(at: now.monotonic)
        let (status, succeeded) = await follow(since: asked)
        await pipeline.noteReload(succeeded: succeeded)
        ServiceNotice.ready(status)
    }

    private func follow(since asked: ContinuousClock.Instant) async -> (status: String, succeeded: Bool) {
        let (new, problems) = read()
        for problem in problems { logger.log(level: new == nil ? .error : .warning, "\(problem.rendered)") }
        guard let new else { return refused("the file is not usable", since: asked) }
        let plan = ReloadPlan(from: settings, running: await outputs.names, canWatch: watching != nil, to: new)
        let place: LocalEndpoint.Place?
        do throws(Refusal) { place = try await endpoint.place(for: plan.settings) } catch {
            return refused("\(error)", since: asked)
        }
        // A window that ends meanwhile waits, and the batch goes to what there is then.
        let (outputs, endpoint) = (outputs, endpoint)
        let refusal: Refusal? = await pipeline.reshape { [settings] in
            var (holding, refusal) = (settings, nil as Refusal?)
            do throws(Refusal) {
                try await outputs.follow(plan)
                try await endpoint.follow(plan.settings, at: place)
                holding = plan.settings
            } catch { refusal = error }
            let shape = Pipeline.Shape(holding, outputs: await outputs.shaped, endpoint: await endpoint.state)
            return (shape, refusal)
        }
        if let refusal { return refused("\(refusal)", since: asked) }
        if settings.watch != plan.settings.watch || settings.alerts != plan.settings.alerts
            || settings.baseline != plan.settings.baseline
        {
            await watching?.follow(plan.settings)
        }
        settings = plan.settings
        for key in plan.postponed { logger.warning("\(key) has changed: the new value waits for a restart") }
        logger.info("reloaded; \(plan.summary)\(Self.decided(since: asked))")
        if !plan.stopped.isEmpty || !plan.started.isEmpty { SpoolOrphans.warn(settings, logger) }
        return ("reloaded: windows of \(settings.agent.interval)", true)
    }

    private func refused(
        _ reason: String, since asked: ContinuousClock.Instant
    ) -> (status: String, succeeded: Bool) {
        logger.error("not reloaded, the configuration stays as it was: \(reason)\(Self.decided(since: asked))")
        return ("the last reload was refused: \(reason)", false)
    }

    private static func decided(since asked: ContinuousClock.Instant) -> String {
        " (decided in \(asked.duration(to: .now).roundedMilliseconds) ms)"
    }
}

extension Pipeline.Shape {
    init(_ settings: Settings, outputs: [Pipeline.Output], endpoint: EndpointState?) {
        self.init(
            outputs: outputs,
            limits: Rollup.Limits(units: settings.trace.maxUnits, writersPerUnit: settings.trace.maxWritersPerUnit),
            foldsTransient: settings.trace.foldTransient, interval: settings.agent.interval, endpoint: endpoint)
    }
}

extension Duration {
    fileprivate var roundedMilliseconds: Int { Int((self / .milliseconds(1)).rounded()) }
}
