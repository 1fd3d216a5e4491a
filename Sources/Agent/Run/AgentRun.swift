internal import Export
package import Kernel
package import Logging
internal import Machine
internal import Model

/// One life of the agent: from settings to a delivered last window.
package struct AgentRun {
    package static let version = "0.1.0"

    private let settings: Settings
    private let logger: Logger

    package init(_ settings: Settings, logger: Logger) { (self.settings, self.logger) = (settings, logger) }

    /// Runs to its extent, or until `wishes` asks to stop; throws a `Refusal` when it cannot start.
    package func run(_ extent: Pipeline.Extent, wishes: AsyncStream<Signals.Wish>) async throws -> ExitStatus {
        try Self.requirePrivileges()
        MemoryUse.keepSmall()
        // The outputs before the programs: a wrong path must not cost the time to load them.
        let state = try StateDirectory(settings.agent.stateDir)
        let open = OpenOutputs(count: settings.outputs.count)
        let sinks = try await makeSinks(open)
        do {
            try await count(into: outputs(sinks), extent, until: wishes, or: open.none) { wish in
                guard wish == .reopen else { return }
                for case let file as FileSink in sinks.map(\.sink) { file.reopen() }
            }
        } catch {
            // What was handed over before it went wrong is delivered like any other.
            _ = await finish(sinks.map(\.sink), mustDeliver: true)
            throw error
        }
        let status = await finish(sinks.map(\.sink), mustDeliver: extent == .oneWindow)
        _ = consume state
        return status
    }

    private func count(
        into outputs: [Pipeline.Output], _ extent: Pipeline.Extent, until wishes: AsyncStream<Signals.Wish>,
        or noOutput: AsyncStream<Void>, _ onWish: @escaping @Sendable (Signals.Wish) -> Void
    ) async throws {
        let host = try Self.host()
        let source = try Self.source(settings.trace)
        // The programs report new cgroups already, so none can appear unseen during the walk.
        let containers = ContainerNames.asking(settings.containers, logger: logger)
        var names = CgroupNames(startsAtRealRoot: host.startsAtRealRoot, asksAboutContainers: containers != nil)
        host.walk { names.found($0, path: $1) }
        let now = host.reading
        let identity = Pipeline.Identity(
            agent: AgentIdentity(
                version: Self.version, instance: Self.newInstance(), backend: "tracepoint", started: now.wall),
            host: .current(name: settings.agent.hostname))
        let pipeline = Pipeline(
            source: source, host: host, containers: containers, outputs: outputs, identity: identity, names: names,
            limits: Rollup.Limits(units: settings.trace.maxUnits, writersPerUnit: settings.trace.maxWritersPerUnit),
            foldsTransient: settings.trace.foldTransient, interval: settings.agent.interval)
        announce(source.coverage, cgroups: names.count)

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run(extent) }
            group.addTask {
                for await wish in wishes {
                    if wish == .stop { return }
                    onWish(wish)
                }
            }
            group.addTask {
                for await _ in noOutput { throw Refusal(.failed, "no output is left that takes batches") }
            }
            // Whichever ends first ends the others; the pipeline closes its window when it is cancelled.
            try await group.next()
            ServiceNotice.stopping()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func announce(_ coverage: Coverage, cgroups: Int) {
        for missing in coverage.missing { logger.warning("not everything is seen here: \(missing)") }
        let status = "ready: \(coverage.attached) programs attached, \(cgroups) cgroups"
        logger.info("\(status), windows of \(settings.agent.interval)")
        ServiceNotice.ready(status)
    }

    /// Delivers what waits. One that must deliver fails when anything is left.
    private func finish(_ sinks: [any Sink], mustDeliver: Bool) async -> ExitStatus {
        let deadline = ContinuousClock.now + settings.agent.shutdownTimeout
        let accounts = await withTaskGroup(of: (String, SinkAccount).self) { group in
            for sink in sinks { group.addTask { (sink.name, await sink.finish(by: deadline)) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var status = ExitStatus.fine
        for (name, account) in accounts where account.waitingPayloads > 0 {
            logger.warning(
                """
                output '\(name)': \(account.waitingPayloads) batches (\(account.waitingRows) rows) wait in the spool for \
                the next start\(account.lastError.map { ": \($0)" } ?? "")
                """)
            if mustDeliver { status = .failed }
        }
        for (name, account) in accounts where account.droppedPayloads + account.rejectedPayloads > 0 {
            let undelivered = account.droppedPayloads + account.rejectedPayloads
            logger.error(
                """
                output '\(name)': \(undelivered) batches (\(account.droppedRows + account.rejectedRows) rows) were not \
                delivered\(account.lastError.map { ": \($0)" } ?? "")
                """)
            if mustDeliver { status = .failed }
        }
        return status
    }
}

extension AgentRun {
    private typealias NamedSink = (name: String, sink: any Sink)

    private func outputs(_ sinks: [NamedSink]) -> [Pipeline.Output] {
        zip(sinks, settings.outputs).map { Pipeline.Output($0.sink, by: $1.groupBy) }
    }

    private func makeSinks(_ open: OpenOutputs) async throws -> [NamedSink] {
        var sinks: [NamedSink] = []
        for output in settings.outputs {
            let log = OutputLog(output: output.name, logger: logger)
            let note = { @Sendable (event: SinkEvent) in
                log.note(event)
                if case .closed = event { open.closeOne() }
            }
            do {
                let sink: any Sink =
                    switch output.kind {
                    case .http(let options):
                        try HTTPSink(
                            name: output.name, options: options, version: Self.version,
                            spool: StateDirectory.spool(of: output.name, in: settings.agent.stateDir), events: note)
                    case .file(let options):
                        try FileSink(name: output.name, options: options, events: note)
                    case .stdout(let options):
                        try StdoutSink(name: output.name, options: options, events: note)
                    }
                sinks.append((output.name, sink))
            } catch {
                for sink in sinks { _ = await sink.sink.finish(by: .now) }
                throw Refusal(.failed, "output '\(output.name)': \(error)")
            }
        }
        return sinks
    }

    /// Asked before anything is touched, so that who may not run the agent hears just that.
    private static func requirePrivileges() throws {
        guard let status = try? readFile("/proc/self/status"), let capabilities = Capabilities(status: status),
            !capabilities.mayLoadPrograms
        else { return }
        throw Refusal(.hostCannot, "\(KernelError.notPrivileged)")
    }

    /// The cgroup tree of this host, or why there is none to be seen.
    package static func host() throws -> Host {
        let mountinfo = try? readFile("/proc/self/mountinfo")
        guard let mount = CgroupMount(mountinfo: mountinfo ?? []) else {
            throw Refusal(
                .hostCannot,
                """
                no cgroup2 file system is mounted here, so nothing could be named: mount one (mount -t cgroup2 none \
                /sys/fs/cgroup/unified) or boot with systemd.unified_cgroup_hierarchy=1
                """)
        }
        do {
            return Host(try CgroupTree(mount))
        } catch {
            throw Refusal(.hostCannot, "\(error)")
        }
    }

    /// The programs, loaded and counting.
    package static func source(_ trace: TraceSettings, asksVerifier: Bool = false) throws -> KernelSource {
        do {
            let tracefs = try Tracefs()
            return try KernelSource(
                KernelSource.Options(
                    maxKernelMemory: trace.maxKernelMemory, pseudoFilesystems: trace.pseudoFilesystems,
                    asksVerifier: asksVerifier),
                tracefs: tracefs.path, release: KernelRelease(HostNames.kernelRelease))
        } catch {
            throw Refusal(.hostCannot, "\(error)")
        }
    }

    /// Unlike any other start: 16 hexadecimal digits.
    private static func newInstance() -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
