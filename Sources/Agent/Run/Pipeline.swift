package import Export
package import Machine
package import Model

/// Turns what the kernel counts into batches, window by window, and hands them to the sinks.
package actor Pipeline {
    /// When the pipeline stops by itself.
    package enum Extent: Sendable, Equatable {
        case untilCancelled
        /// One whole window, from boundary to boundary.
        case oneWindow
        /// Until the first boundary after this long.
        case atLeast(Duration)
    }

    package struct Identity: Sendable {
        package var agent: AgentIdentity
        package var host: HostIdentity

        package init(agent: AgentIdentity, host: HostIdentity) { (self.agent, self.host) = (agent, host) }
    }

    /// Where batches go, and what their rows stand for there.
    package struct Output: Sendable {
        package var sink: any Sink
        package var grouping: Grouping
        package var since: Timestamp

        /// - Parameter since: when the sink was opened.
        package init(_ sink: any Sink, by grouping: Grouping = .cgroup, since: Timestamp) {
            (self.sink, self.grouping, self.since) = (sink, grouping, since)
        }

        fileprivate var report: OutputReport {
            OutputReport(name: sink.name, kind: sink.kind, since: since, account: sink.account)
        }
    }

    /// What may change while the pipeline runs.
    package struct Shape: Sendable {
        package var outputs: [Output]
        package var limits: Rollup.Limits
        package var foldsTransient: Bool
        package var interval: Duration
        /// What the local endpoint shows; absent when there is none.
        package var endpoint: EndpointState?

        package init(
            outputs: [Output], limits: Rollup.Limits, foldsTransient: Bool = true, interval: Duration,
            endpoint: EndpointState? = nil
        ) {
            (self.outputs, self.limits, self.endpoint) = (outputs, limits, endpoint)
            (self.foldsTransient, self.interval) = (foldsTransient, interval)
        }

        /// Each that an output or the endpoint asks for, once.
        fileprivate var groupings: [Grouping] {
            outputs.reduce(into: endpoint == nil ? [] : [.cgroup]) {
                if !$0.contains($1.grouping) { $0.append($1.grouping) }
            }
        }
    }

    /// Who is told how the loop goes; each call must return soon.
    package struct Signs: Sendable {
        /// Several times a second as long as facts are read, whatever the outputs do.
        package var turned: @Sendable () -> Void = {}
        /// A window has been handed over, and so have all before it: it outlives a kill.
        package var closed: @Sendable (Window) -> Void = { _ in }

        package init() {}
    }

    private let source: any EventSource
    private let host: any HostView
    private let containers: ContainerNames?
    /// Who judges what is sighted; nil when nobody asked for it.
    private let watching: Watching?
    private var shape: Shape
    private let identity: Identity
    private let signs: Signs

    private var names: CgroupNames
    private var executables = ExecutableNames()
    private var rollup = Rollup()
    private var clock: WindowClock
    private var sequence: UInt64 = 0
    private let started: ClockReading
    /// The cgroups of the last window that had no name.
    private var unnamed: Set<CgroupID> = []
    /// Held while batches are handed over, or outputs replaced.
    private var gate = Gate()
    private var configuration: ConfigurationAccount
    /// Whether an alert may wait for the name of its container, or for what is mounted in it.
    private var waits = true

    /// As many cgroups as leave megabytes behind.
    private static var manyForgotten: Int { 1000 }
    /// How long a wait for facts may keep the pipeline from noticing that it is to stop.
    private static var longestWait: Duration { .milliseconds(200) }
    /// How long a window is at least that ends early for an urgent alert, in nanoseconds.
    private static var shortestUrgent: Int64 { 1_000_000_000 }
    /// How long the last window waits for what is still being judged.
    private static var timeToJudge: Duration { .seconds(1) }

    /// - Parameters:
    ///   - containers: who is asked for the names of containers; nil for nobody.
    ///   - names: the cgroups that were there when counting began.
    ///   - previousEnd: when the last window of an earlier pipeline ended.
    package init(
        source: any EventSource, host: any HostView, containers: ContainerNames? = nil, watching: Watching? = nil,
        identity: Identity, names: CgroupNames, shape: Shape, previousEnd: Timestamp? = nil, signs: Signs = Signs()
    ) {
        (self.source, self.host, self.containers, self.identity) = (source, host, containers, identity)
        self.watching = watching
        (self.names, self.shape, self.signs) = (names, shape, signs)
        started = host.reading
        configuration = ConfigurationAccount(loaded: started.wall)
        clock = WindowClock(interval: shape.interval, start: started, previousEnd: previousEnd)
    }

    /// Changes what the open window and those after it become; their length changes after the open one.
    ///
    /// No batch is on its way while `replace` works on the outputs, and the next one goes to those it answers. A window
    /// that ends meanwhile waits: its counters have been read by then. What else `replace` answers is passed on.
    package func reshape<Answer: Sendable>(
        _ replace: @Sendable () async -> (shape: Shape, answer: Answer)
    ) async -> Answer {
        await enter()
        let (shape, answer) = await replace()
        self.shape = shape
        clock.setInterval(shape.interval)
        gate.leave()
        return answer
    }

    /// Notes for the batches to come how a wish to reload ended.
    package func noteReload(succeeded: Bool) {
        configuration.noteReload(succeeded: succeeded, at: host.reading.wall)
    }

    private func enter() async {
        if !gate.enter() { await withCheckedContinuation { gate.queue($0) } }
    }

    /// Runs to its extent or until its task is cancelled; then the open window has been closed and handed over, too.
    ///
    /// It ends with an error when the source has one. The open window has been handed over then as well, unless it was
    /// the counters that could not be read: no batch says that nothing happened when nobody knows.
    package func run(_ extent: Extent) async throws {
        if extent == .oneWindow { try await skipToBoundary() }
        while !Task.isCancelled {
            if try await waitForBoundary() || isUrgent(extent) {
                let isLast = isOver(extent)
                try await closeWindow(isLast: isLast)
                if isLast { return }
            }
        }
        try await closeWindow(isLast: true)
    }

    private func isOver(_ extent: Extent) -> Bool {
        switch extent {
        case .untilCancelled: false
        case .oneWindow: true
        case .atLeast(let duration): host.reading.elapsed(since: started) >= duration
        }
    }

    /// Reads facts until the window is to be closed, or for a little while; says whether it is.
    private func waitForBoundary() async throws -> Bool {
        signs.turned()
        shape.endpoint?.noteTurn()
        watching?.turn(to: host.reading)
        askForContainers()
        let remaining = min(clock.remaining(from: host.reading), Self.longestWait)
        do {
            take(try await source.facts(waitingUpTo: remaining.wholeMilliseconds))
        } catch {
            // The end, but not of what was counted: only names may be missing.
            try? await closeWindow(isLast: true)
            throw error
        }
        return clock.remaining(from: host.reading) == .zero
    }

    /// Throws away what was counted before the first boundary, so that the next window is a whole one.
    private func skipToBoundary() async throws {
        while !Task.isCancelled, try await !waitForBoundary() {}
        if Task.isCancelled { return }
        _ = try await source.drain(isLast: false)
        _ = clock.close(at: host.reading)
    }

    private func closeWindow(isLast: Bool) async throws {
        // Counters first: a cgroup is reported before anything can be counted in it, so the facts read after them name
        // all that was drained, also what is gone already.
        let lostRecords = try await drainCounters(isLast: isLast)
        let window = clock.close(at: host.reading)
        var trouble: (any Error)?
        do { take(try await source.facts(waitingUpTo: 0)) } catch { trouble = error }
        askForContainers()
        if isLast { await judgeTheRest() }
        await enter()
        let (batches, nameless) = closedBatches(window, isLast: isLast)
        var isSafe = true
        for output in shape.outputs {
            for batch in batches where batch.grouping == output.grouping {
                if await !output.sink.accept(batch) { isSafe = false }
            }
        }
        if let shown = batches.first(where: { $0.grouping == .cgroup }) { shape.endpoint?.show(shown) }
        gate.leave()
        // One that still stands before a slow disk is not said to be closed: a kill would take it, and nobody would know.
        if isSafe { signs.closed(window) }
        if let trouble { throw trouble }
        if lostRecords > 0 { names.compare(current: host.path, exists: host.exists) }
        // A cgroup that nobody could name is gone, mostly: nothing more can come from it after the next drain. One that lives,
        // deeper than paths are told or outside of what the mount shows, goes on counting in its slots.
        let forgotten = names.drained()
        containers?.forget(forgotten)
        if forgotten.count > Self.manyForgotten { MemoryUse.giveBack() }
        try await source.recycle(forgotten.union(unnamed))
        unnamed = nameless.filter { !host.exists($0) }
    }

    /// Nothing waits for the name of its container any more; what is not judged soon is counted as lost.
    private func judgeTheRest() async {
        guard let watching else { return }
        waits = false
        await watching.settle(within: Self.timeToJudge)
        judge([])
        await watching.settle(within: Self.timeToJudge)
        watching.giveUp()
    }

    /// Reads the counters into the window; returns how many records of facts were lost.
    private func drainCounters(isLast: Bool) async throws -> UInt64 {
        let drain = try await source.drain(isLast: isLast)
        rollup.add(drain)
        return drain.loss.ringRecords
    }

    /// What the window came to, by each grouping, and the cgroups that nobody could name.
    ///
    /// Nothing of what it was added up from is kept: with 10,000 cgroups that is megabytes.
    private func closedBatches(_ window: Window, isLast: Bool) -> (batches: [Batch], nameless: Set<CgroupID>) {
        let rollup = exchange(&self.rollup, with: Rollup())
        learnExecutables(rollup.seen)
        let closed = rollup.closed
        var nameless: Set<CgroupID> = []
        let failedLookups = containers?.takeFailures() ?? 0
        let watched = watching?.close(isLast: isLast)
        sequence += 1
        var batches = shape.groupings.map { grouping in
            var shown = closed.rows(
                by: grouping, folding: shape.foldsTransient, limits: shape.limits,
                name: { id in names.name(of: id, look: host.look, invocation: host.invocationID) },
                executable: { executables[$0] })
            shown.loss.containerLookups += failedLookups
            shown.loss.watchRecords += watched?.lost ?? 0
            shown.loss.suppressedAlerts += watched?.suppressed ?? 0
            nameless.formUnion(shown.unnamed)
            return Batch(
                sequence: sequence, agent: identity.agent, host: identity.host, window: window,
                coverage: source.coverage, loss: shown.loss, programCosts: rollup.programCosts,
                ownActivity: rollup.own, drainTime: rollup.drainTime, grouping: grouping, rows: shown.rows,
                alerts: watched?.alerts ?? [])
        }
        // Naming the rows may have meant look-ups. What becomes of these batches is told by those of the next window.
        let report = selfReport
        for index in batches.indices { batches[index].selfReport = report }
        return (batches, nameless)
    }

    private var selfReport: SelfReport {
        var report = SelfReport()
        report.outputs = shape.outputs.map(\.report)
        report.process = host.ownProcess
        report.resolver = names.account
        report.configuration = configuration
        report.kernelMemory = source.kernelMemory
        report.watch = watching?.report
        return report
    }

    private func take(_ facts: [Fact]) {
        var sighted: [Sighting] = []
        for fact in facts {
            switch fact {
            case .writerSeen(let executable, _, let path?): executables.learn(executable, path: path)
            case .sighted(let sighting): sighted.append(sighting)
            default: names.apply(fact, current: host.path)
            }
        }
        judge(sighted)
    }

    /// Hands over what was sighted, and what waited for the name of its container, with what is known of its cgroup.
    private func judge(_ sighted: [Sighting]) {
        guard let watching else { return }
        let now = host.reading.monotonic
        let waited = watching.takeUndecided()
        watching.take(
            sighted.map {
                let owner = owner(of: $0, waitedSince: now)
                return SightingJudge.Case(sighting: $0, owner: owner, taken: now, mayWait: waits)
            }
                + waited.map {
                    var one = $0
                    (one.owner, one.mayWait) = (owner(of: one.sighting, waitedSince: one.taken), waits)
                    return one
                })
    }

    private func owner(of sighting: Sighting, waitedSince taken: Int64) -> HostPlaces.Owner {
        let name = names.name(of: sighting.cgroup, look: host.look, invocation: host.invocationID)
        let identity = name?.identity ?? .unresolved
        var owner = HostPlaces.Owner(
            identity: identity, cgroupPath: name?.path, series: SeriesNames(of: identity, folding: true))
        let container = identity.container
        owner.isContainerKnown =
            containers == nil || container == nil || container?.name != nil || container?.image != nil
            || host.reading.monotonic - taken > Self.longestForName || !waits
        owner.executablePath = sighting.writer.executable.flatMap { executables[$0] }
        return owner
    }

    /// How long an alert may wait for the name of its container, in nanoseconds.
    private static var longestForName: Int64 { 3_000_000_000 }

    /// Whether the open window is to end early, so that what is urgent goes out.
    private func isUrgent(_ extent: Extent) -> Bool {
        guard extent != .oneWindow, let watching, watching.hasUrgent else { return false }
        return host.reading.monotonic - clock.opened.monotonic >= Self.shortestUrgent
    }

    /// Passes on what is new and takes what has come: nothing here waits for anybody.
    private func askForContainers() {
        guard let containers else { return }
        containers.want(names.takeQuestions(madeBy: containers.maker))
        for (cgroup, details) in containers.news() { names.learn(cgroup, details) }
    }

    /// For writers whose report was lost, as long as their process can still be asked.
    private func learnExecutables(_ seen: [WriterActivity]) {
        for activity in seen.indices {
            guard let id = seen[activity].writer.executable, executables[id] == nil,
                let path = host.executable(id, tgid: seen[activity].tgid)
            else { continue }
            executables.learn(id, path: path)
        }
    }
}

extension ClockReading {
    fileprivate func elapsed(since earlier: Self) -> Duration {
        .nanoseconds(monotonic - earlier.monotonic)
    }
}

extension Duration {
    /// Rounded up, so that waiting this long is never too short.
    fileprivate var wholeMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        let milliseconds = Double(seconds) * 1000 + Double(attoseconds) / 1e15
        return Int32(clamping: Int(milliseconds.rounded(.up)))
    }
}
