internal import Export
package import Logging
internal import Model

/// Sends what waits in the spools, without counting anything.
package struct SpoolDrain {
    private let settings: Settings
    private let logger: Logger

    package init(_ settings: Settings, logger: Logger) { (self.settings, self.logger) = (settings, logger) }

    /// Goes on until nothing waits or the time is over; answers how many batches are left or were not wanted.
    ///
    /// - Parameters:
    ///   - successor: an output that is to send what waits for `output`, which is not one any more.
    ///   - time: for all outputs together.
    package func run(
        output: String?, as successor: String? = nil, within time: Duration, wishes: AsyncStream<Signals.Wish>
    ) async throws -> Int {
        let deadline = ContinuousClock.now + time
        let state = try SpoolInspection.lock(settings)
        let wanted = try wanted(output, as: successor)
        var sinks: [HTTPSink] = []
        do throws(SinkProblem) {
            for (name, options) in wanted {
                let log = OutputLog(output: name, logger: logger)
                sinks.append(
                    try HTTPSink(
                        name: name, options: options, version: AgentRun.version,
                        spool: StateDirectory.spool(of: name, in: settings.agent.stateDir), events: { log.note($0) }))
            }
        } catch {
            for sink in sinks { _ = await sink.finish(by: .now) }
            throw Refusal(.failed, error.description)
        }
        let started = sinks
        let impatience = Task {
            for await case .stop in wishes {
                for sink in started { _ = await sink.finish(by: .now) }
            }
        }
        let left = await withTaskGroup(of: Int.self) { group in
            for sink in started { group.addTask { [logger] in await Self.finish(sink, by: deadline, logger) } }
            return await group.reduce(0, +)
        }
        impatience.cancel()
        _ = consume state
        return left
    }

    private static func finish(
        _ sink: HTTPSink, by deadline: ContinuousClock.Instant, _ logger: Logger
    ) async -> Int {
        let account = await sink.finish(by: deadline)
        let lost = account.rejectedPayloads + account.corruptPayloads + account.droppedPayloads
        logger.info(
            """
            output '\(SpoolInspection.printable(sink.name))': sent \(account.deliveredPayloads) batches \
            (\(account.deliveredRows) rows), \(account.waitingPayloads) (\(account.waitingRows) rows) still wait, \
            \(lost) were given up
            """)
        return Int(clamping: account.waitingPayloads + lost)
    }

    private typealias Wanted = (name: String, options: HTTPOptions)

    /// Whose spools to send, and how.
    private func wanted(_ output: String?, as successor: String?) throws(Refusal) -> [Wanted] {
        let configured: [Wanted] = settings.outputs.compactMap { settings in
            if case .http(let options) = settings.kind { (settings.name, options) } else { nil }
        }
        func ours(_ name: String?) throws(Refusal) -> [Wanted] {
            let found = configured.filter { $0.name == name ?? $0.name }
            if found.isEmpty {
                throw Refusal(.badArguments, "there is no output of type http\(name.map { " named '\($0)'" } ?? "")")
            }
            return found
        }
        guard let successor else { return try ours(output) }
        guard let output else { throw Refusal(.badArguments, "--as needs --output: whose batches are to be sent") }
        let orphans = SpoolOrphans.all(settings)
        guard orphans.contains(where: { $0.output == output }) else {
            let known = orphans.map { SpoolInspection.printable($0.output) }.joined(separator: ", ")
            throw Refusal(
                .badArguments,
                "no spool '\(output)' is without an output; \(known.isEmpty ? "there is none" : "those are \(known)")")
        }
        var options = try ours(successor)[0].options
        // The bounds of what it was are not known, and nothing is to be given up that somebody asks to send.
        (options.spool.maxBytes, options.spool.maxAge) = (.max / 4, .seconds(1 << 40))
        return [(output, options)]
    }
}
