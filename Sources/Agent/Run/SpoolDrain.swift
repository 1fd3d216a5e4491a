internal import Export
package import Logging
internal import Model

/// Sends what waits in the spools, without counting anything.
package struct SpoolDrain {
    private let settings: Settings
    private let logger: Logger

    package init(_ settings: Settings, logger: Logger) { (self.settings, self.logger) = (settings, logger) }

    /// Goes on until nothing waits or the time is over; answers how many batches are left or were not wanted.
    package func run(output: String?, within time: Duration, wishes: AsyncStream<Signals.Wish>) async throws -> Int {
        let state = try SpoolInspection.lock(settings)
        var sinks: [HTTPSink] = []
        do throws(SinkProblem) {
            for settings in settings.outputs where settings.name == output ?? settings.name {
                guard case .http(let options) = settings.kind else { continue }
                let log = OutputLog(output: settings.name, logger: logger)
                sinks.append(
                    try HTTPSink(
                        name: settings.name, options: options, version: AgentRun.version,
                        spool: StateDirectory.spool(of: settings.name, in: self.settings.agent.stateDir),
                        events: { log.note($0) }))
            }
        } catch {
            for sink in sinks { _ = await sink.finish(by: .now) }
            throw Refusal(.failed, error.description)
        }
        guard !sinks.isEmpty else {
            throw Refusal(.badArguments, "there is no output of type http\(output.map { " named '\($0)'" } ?? "")")
        }
        let started = sinks
        let impatience = Task {
            for await wish in wishes where wish == .stop {
                for sink in started { _ = await sink.finish(by: .now) }
            }
        }
        var left = 0
        for sink in sinks {
            let account = await sink.finish(by: .now + time)
            let lost = account.rejectedPayloads + account.corruptPayloads + account.droppedPayloads
            logger.info(
                """
                output '\(sink.name)': sent \(account.deliveredPayloads) batches (\(account.deliveredRows) rows), \
                \(account.waitingPayloads) (\(account.waitingRows) rows) still wait, \(lost) were given up
                """)
            left += Int(clamping: account.waitingPayloads + lost)
        }
        impatience.cancel()
        _ = consume state
        return left
    }
}
