internal import Dispatch
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
    private let read: ReadConfiguration

    /// - Parameter read: asked for the configuration as it is then, at each wish to reload.
    package init(_ settings: Settings, logger: Logger, read: @escaping ReadConfiguration) {
        (self.settings, self.logger, self.read) = (settings, logger, read)
    }

    /// Runs to its extent, or until a signal asks to stop; throws a `Refusal` when it cannot start.
    package func run(_ extent: Pipeline.Extent, signals: AsyncStream<Signals.Wish>) async throws -> ExitStatus {
        let wishes = Wishes(signals)
        try Self.requirePrivileges()
        MemoryUse.keepSmall()
        // The outputs before the programs: a wrong path must not cost the time to load them.
        let state = try StateDirectory(settings.agent.stateDir)
        let endpoint = LocalEndpoint(logger: logger)
        try await endpoint.start(settings)
        let outputs = RunningOutputs(stateDirectory: settings.agent.stateDir, logger: logger)
        try await outputs.start(settings.outputs)
        SpoolOrphans.warn(settings, logger)
        let last: Settings?
        do {
            last = try await count(into: outputs, shownAt: endpoint, extent, until: wishes)
            await endpoint.stop()
        } catch {
            await endpoint.stop()
            // What was handed over before it went wrong is delivered like any other.
            _ = await finish(outputs, within: settings.agent.shutdownTimeout, mustDeliver: true, wishes)
            throw error
        }
        // Nothing has been counted yet: what waits from before is left to the next start.
        let timeout = last?.agent.shutdownTimeout ?? .zero
        let status = await finish(outputs, within: timeout, mustDeliver: extent == .oneWindow, wishes)
        _ = consume state
        return last == nil && extent == .oneWindow ? .failed : status
    }

    /// Counts until it is over; answers the settings that held at last, nil when it was to stop before it began.
    private func count(
        into outputs: RunningOutputs, shownAt endpoint: LocalEndpoint, _ extent: Pipeline.Extent, until wishes: Wishes
    ) async throws -> Settings? {
        let host = try Self.host()
        guard let source = try await source(unless: wishes) else {
            logger.info("told to stop before anything was counted")
            return nil
        }
        // The programs report new cgroups already, so none can appear unseen during the walk.
        let containers = ContainerNames.asking(settings.containers, mount: host.mountPath, logger: logger)
        var names = CgroupNames(startsAtRealRoot: host.startsAtRealRoot, asksAboutContainers: containers != nil)
        let unread = host.walk { names.found($0, path: $1) }
        if unread > 0 {
            logger.warning(
                "\(unread) cgroups could not be looked into: those in them get their names when they do something")
        }
        let now = host.reading
        let identity = Pipeline.Identity(
            agent: AgentIdentity(
                version: Self.version, instance: Self.newInstance(), backend: "tracepoint", started: now.wall),
            host: .current(name: settings.agent.hostname))
        await endpoint.begin(identity)
        let lastWindow = LastWindow(in: settings.agent.stateDir)
        let previousEnd = lastWindow.end
        let watching = try await WatchingLife.begin(settings, source: source, at: now, logger: logger)
        let pipeline = Pipeline(
            source: source, host: host, containers: containers, watching: watching?.watching, identity: identity,
            names: names,
            shape: Pipeline.Shape(settings, outputs: await outputs.shaped, endpoint: await endpoint.state),
            previousEnd: previousEnd, signs: Self.signs(lastWindow))
        let reloading = Reloading(
            settings, outputs: outputs, endpoint: endpoint, pipeline: pipeline, watching: watching, logger: logger,
            read: read)
        announce(source.coverage, cgroups: names.count)

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run(extent) }
            group.addTask { await wishes.stop() }
            group.addTask {
                for await asked in wishes.reloads { await reloading.reload(asked: asked, at: host.reading) }
            }
            group.addTask {
                for await _ in outputs.none { throw Refusal(.failed, "no output is left that takes batches") }
            }
            // Whichever ends first ends the others; the pipeline closes its window when it is cancelled.
            try await group.next()
            ServiceNotice.stopping(within: await reloading.settings.agent.shutdownTimeout + Self.timeToDetach)
            // Its address is free for a successor while the last window is delivered.
            await endpoint.stop()
            group.cancelAll()
            try await group.waitForAll()
        }
        let last = await reloading.settings
        await watching?.finish(at: host.reading, within: last.agent.shutdownTimeout)
        return last
    }

    /// What the kernel may take to let the programs go, and a disk for the last batches.
    private static var timeToDetach: Duration { .seconds(25) }

    private static func signs(_ lastWindow: consuming LastWindow) -> Pipeline.Signs {
        var signs = Pipeline.Signs()
        if let watchdog = Watchdog() { signs.turned = { watchdog.turned() } }
        let ends = WindowEnds(lastWindow)
        signs.closed = { ends.note($0) }
        return signs
    }

    private func announce(_ coverage: Coverage, cgroups: Int) {
        for missing in coverage.missing { logger.warning("not everything is seen here: \(missing)") }
        let status = "ready: \(coverage.attached) programs attached, \(cgroups) cgroups"
        logger.info("\(status), windows of \(settings.agent.interval)")
        ServiceNotice.ready(status)
    }

    /// Delivers what waits, until the time is over or somebody asks to stop once more. One that must deliver fails when
    /// anything is left.
    private func finish(
        _ outputs: RunningOutputs, within timeout: Duration, mustDeliver: Bool, _ wishes: Wishes
    ) async -> ExitStatus {
        let impatience = Task { [logger] in
            await wishes.stop(2)
            if Task.isCancelled { return }
            logger.warning("told to stop once more: what has not been delivered by now waits for the next start")
            _ = await outputs.finish(by: .now)
        }
        let accounts = await outputs.finish(by: .now + timeout)
        impatience.cancel()
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
    /// Asked before anything is touched, so that who may not run the agent hears just that.
    private static func requirePrivileges() throws {
        guard let status = try? readFile("/proc/self/status"), let capabilities = Capabilities(status: status),
            !capabilities.mayLoadPrograms
        else { return }
        throw Refusal(.hostCannot, "\(KernelError.notPrivileged)")
    }

    /// The cgroup tree of this host, or why there is none to be seen.
    package static func host() throws -> Host {
        let mountinfo = (try? readFile("/proc/self/mountinfo")) ?? []
        guard let mount = CgroupMount(mountinfo: mountinfo) else {
            let isOld = !MountTable(mountinfo: mountinfo).places(of: "cgroup").isEmpty
            throw Refusal(
                .hostCannot,
                """
                \(isOld ? "only cgroup v1 is mounted here, no cgroup2" : "no cgroup2 file system is mounted here"), so \
                nothing could be named: mount one (mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 none \
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
    package static func source(
        _ trace: TraceSettings, watches: Bool = false, asksVerifier: Bool = false
    ) throws -> KernelSource {
        do {
            let tracefs = try Tracefs()
            return try KernelSource(
                KernelSource.Options(
                    maxKernelMemory: trace.maxKernelMemory, pseudoFilesystems: trace.pseudoFilesystems,
                    watches: watches, asksVerifier: asksVerifier),
                tracefs: tracefs.path, release: KernelRelease(HostNames.kernelRelease))
        } catch {
            throw Refusal(.hostCannot, "\(error)")
        }
    }

    /// The programs, unless a stop is asked for before they are all there.
    ///
    /// Loading cannot be broken off, but the process can: what is half loaded goes with it.
    private func source(unless wishes: Wishes) async throws -> KernelSource? {
        let (loaded, load) = AsyncThrowingStream.makeStream(of: KernelSource?.self)
        let stopping = Task {
            await wishes.stop()
            load.yield(nil)
        }
        defer { stopping.cancel() }
        DispatchQueue(label: "otagent.load").async { [settings] in
            do {
                load.yield(try Self.source(settings.trace, watches: settings.watchesAnything))
            } catch { load.finish(throwing: error) }
        }
        for try await source in loaded { return source }
        return nil
    }

    /// Unlike any other start: 16 hexadecimal digits.
    private static func newInstance() -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
