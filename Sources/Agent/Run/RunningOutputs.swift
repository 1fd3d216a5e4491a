internal import Export
internal import Logging
internal import Machine
internal import Model

/// The outputs of a running agent: opened from settings, replaced by a reload, finished at the end.
///
/// Used by one task at a time: the agent's own until counting begins, then the one that reloads.
actor RunningOutputs {
    private struct Running {
        var settings: OutputSettings
        var sink: any Sink
        var token: OpenOutputs.Token
        var since: Timestamp
    }

    private var running: [Running] = []
    private let open = OpenOutputs()
    private let stateDirectory: String
    private let logger: Logger

    init(stateDirectory: String, logger: Logger) { (self.stateDirectory, self.logger) = (stateDirectory, logger) }

    /// Yields when nobody reads any output any more.
    nonisolated var none: AsyncStream<Void> { open.none }

    var shaped: [Pipeline.Output] { running.map { Pipeline.Output($0.sink, by: $0.settings.groupBy, since: $0.since) } }

    /// Opens all outputs, or none of them.
    func start(_ outputs: [OutputSettings]) async throws(Refusal) {
        running = try await opened(outputs)
    }

    /// The names of those that run: after a reload that failed, some of the file's may not.
    var names: Set<String> { Set(running.map(\.settings.name)) }

    /// Follows a plan: what is kept goes on and opens its files anew, what is not wanted ends at once and keeps in its
    /// spool what it had not sent, what is new starts. When that cannot start, all is as it was before.
    func follow(_ plan: ReloadPlan) async throws(Refusal) {
        // Most of what can be wrong is found before anything ends.
        for output in plan.started { try probe(output) }
        let kept = Set(plan.kept)
        for case let file as FileSink in running.map(\.sink) { file.reopen() }
        // A successor takes up the spool and the file, so what leaves must have let go of them.
        let leaving = running.filter { !kept.contains($0.settings.name) }
        running.removeAll { !kept.contains($0.settings.name) }
        var remainders = await end(leaving)
        defer { open.check() }
        do throws(Refusal) {
            running += try await opened(plan.started)
        } catch {
            for output in leaving {
                do throws(Refusal) { running += try await opened([output.settings]) } catch {
                    logger.error("\(error); it runs no more, until a reload can open it")
                }
            }
            handOver(&remainders)
            throw error
        }
        handOver(&remainders)
        let order = plan.settings.outputs.map(\.name)
        running.sort { (order.firstIndex(of: $0.settings.name) ?? 0) < (order.firstIndex(of: $1.settings.name) ?? 0) }
    }

    /// What a file's sink had not written goes to its successor of the same name.
    private func handOver(_ remainders: inout [String: FileSink.Remainder]) {
        for output in running {
            guard let file = output.sink as? FileSink, let rest = remainders.removeValue(forKey: output.settings.name)
            else { continue }
            file.take(rest)
        }
        for (name, rest) in remainders where rest.rows > 0 {
            logger.warning("output '\(name)' is gone, and with it \(rest.rows) rows that it could not write")
        }
    }

    private func probe(_ output: OutputSettings) throws(Refusal) {
        do throws(SinkProblem) {
            switch output.kind {
            case .http(let options): try HTTPSink.probe(options)
            case .file(let options): try FileSink.probe(options)
            case .stdout: break
            }
        } catch {
            throw Refusal(.failed, "output '\(output.name)': \(error)")
        }
    }

    /// Delivers what waits, by the deadline; says how each output ended.
    func finish(by deadline: ContinuousClock.Instant) async -> [(name: String, account: SinkAccount)] {
        let sinks = running.map { ($0.settings.name, $0.sink) }
        return await withTaskGroup(of: (String, SinkAccount).self) { group in
            for (name, sink) in sinks { group.addTask { (name, await sink.finish(by: deadline)) } }
            var accounts: [(name: String, account: SinkAccount)] = []
            for await (name, account) in group { accounts.append((name, account)) }
            return accounts
        }
    }

    /// Ends all at once; answers by name what the sinks of files could not write.
    private func end(_ leaving: [Running]) async -> [String: FileSink.Remainder] {
        await withTaskGroup(of: (String, FileSink.Remainder?).self) { group in
            for output in leaving { group.addTask { (output.settings.name, await self.end(output)) } }
            var remainders: [String: FileSink.Remainder] = [:]
            for await (name, remainder) in group { remainders[name] = remainder }
            return remainders
        }
    }

    /// Answers what a file's sink could not write.
    private func end(_ output: Running) async -> FileSink.Remainder? {
        open.forget(output.token)
        if let file = output.sink as? FileSink { return await file.leave(by: .now + Self.patience) }
        let account = await output.sink.finish(by: .now)
        if account.droppedRows > 0 {
            logger.warning(
                "output '\(output.settings.name)' ended with \(account.droppedRows) rows dropped since its start")
        }
        return nil
    }

    /// For a write that is under way, and a gzip; a reload is decided soon.
    private static var patience: Duration { .milliseconds(100) }

    private func opened(_ outputs: [OutputSettings]) async throws(Refusal) -> [Running] {
        var opened: [Running] = []
        do throws(Refusal) {
            for output in outputs { opened.append(try make(output)) }
        } catch {
            for output in opened { _ = await output.sink.finish(by: .now) }
            throw error
        }
        return opened
    }

    private func make(_ output: OutputSettings) throws(Refusal) -> Running {
        let token = open.open()
        let log = OutputLog(output: output.name, logger: logger)
        let note = { @Sendable [open] (event: SinkEvent) in
            log.note(event)
            if case .closed = event { open.close(token) }
        }
        do throws(SinkProblem) {
            let sink: any Sink =
                switch output.kind {
                case .http(let options):
                    try HTTPSink(
                        name: output.name, options: options, version: AgentRun.version,
                        spool: StateDirectory.spool(of: output.name, in: stateDirectory), events: note)
                case .file(let options):
                    try FileSink(name: output.name, options: options, events: note)
                case .stdout(let options):
                    try StdoutSink(name: output.name, options: options, events: note)
                }
            return Running(settings: output, sink: sink, token: token, since: Clock.wall)
        } catch {
            open.forget(token)
            throw Refusal(.failed, "output '\(output.name)': \(error)")
        }
    }
}
