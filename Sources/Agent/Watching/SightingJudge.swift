internal import Kernel
internal import Logging
internal import Machine
internal import Model

/// Finds out where the files of sightings are, and who may write there.
///
/// On a thread of its own: to follow a name may mean to wait for a file system.
actor SightingJudge {
    /// A sighting with what the pipeline knows of its cgroup.
    struct Case: Sendable {
        var sighting: Sighting
        var owner: HostPlaces.Owner
        /// When it was handed over first, by the monotonic clock.
        var taken: Int64
        /// Whether another window follows, in which it could be judged.
        var mayWait = true
    }

    struct Judged: Sendable {
        /// With the monotonic nanoseconds at which each was seen.
        var alerts: [(alert: Alert, seen: UInt64)] = []
        var undecided: [Case] = []
    }

    private let executor = OwnThread("sighting-judge")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private var rules: WatchRules
    private var baseline: RunningBaseline?
    private let source: any EventSource
    private let logger: Logger
    private var places: HostPlaces?
    private var mounts: UInt64 = 0
    /// When the kernel was last told to tell everything anew because mounts have changed.
    private var renewed = Clock.monotonic
    private var isWatching = false
    /// Whether the kernel is to tell everything anew, for what was lost of it.
    private var hasLost = false

    /// Mounts that change all the time, as containers come and go, are looked at together.
    private static var renewEvery: Int64 { 5_000_000_000 }
    private static var longestMemory: Int64 { 600_000_000_000 }
    /// How long one may wait for what is mounted in a writer's namespace.
    private static var longestForMounts: Int64 { 3_000_000_000 }

    init(_ plan: Watching.Plan, source: any EventSource, logger: Logger) {
        (rules, baseline) = (plan.rules, plan.baseline)
        (self.source, self.logger) = (source, logger)
    }

    /// Whatever was judged is judged by these from now on.
    func follow(_ plan: Watching.Plan) {
        if places == nil, !plan.isEmpty {
            do { places = try HostPlaces() } catch {
                logger.error("the mounts of this host cannot be read, so no writer is judged: \(error)")
            }
        }
        (rules, baseline) = (plan.rules, plan.baseline)
        isWatching = !plan.isEmpty && places != nil
        renewed = Clock.monotonic
        source.watch(isWatching)
    }

    func judge(_ cases: [Case]) -> Judged {
        var judged = Judged()
        var verdicts: [Sighting.Ticket: Sighting.Verdict] = [:]
        for one in cases {
            // One that is yet to be judged keeps its directory open.
            let ticket = one.sighting.ticket
            var verdict = judge(one, into: &judged) ?? .eachFile
            // The mark is that of the directory that was named, and each link in it may lead elsewhere.
            if one.sighting.followsLastName, verdict == .directory { verdict = .eachFile }
            verdicts[ticket] = verdicts[ticket]?.weaker(verdict) ?? verdict
        }
        source.settle(verdicts)
        renewIfNeeded()
        return judged
    }

    /// Once in a while, whether or not anything was sighted.
    ///
    /// - Parameter tellsAnew: whether alerts were lost for which there is room now.
    func tick(tellsAnew: Bool = false) {
        if tellsAnew { hasLost = true }
        places?.refresh()
        renewIfNeeded()
    }

    /// Nil when it is to be judged once more.
    private func judge(_ one: Case, into judged: inout Judged) -> Sighting.Verdict? {
        let now = ClockReading(wall: Clock.wall, monotonic: Clock.monotonic)
        let moment = UInt64(max(now.monotonic, 0))
        let mayWait = one.mayWait && now.monotonic - one.taken < Self.longestForMounts
        guard let placed = places?.place(one.sighting, of: one.owner, mayWait: mayWait, at: moment) else { return nil }
        if placed.awaitsMounts {
            judged.undecided.append(one)
            return nil
        }
        let judgement = rules.judge(placed) { path, placed in
            places?.isExecutable(path, placed, at: moment) ?? false
        }
        let age = max(now.monotonic - Int64(clamping: one.sighting.time), 0)
        let time = Timestamp(nanoseconds: now.wall.nanoseconds - age)
        let learned =
            judgement.awaitsContainer
            ? nil : baseline?.judge(placed, at: ClockReading(wall: time, monotonic: now.monotonic))
        if judgement.awaitsContainer || learned?.awaitsContainer == true {
            judged.undecided.append(one)
            return nil
        }
        judged.alerts += judgement.unexpected.map { (rules.alert($0, of: placed, at: time), one.sighting.time) }
        guard let learned else { return judgement.verdict }
        if let finding = learned.finding { judged.alerts.append((finding, one.sighting.time)) }
        return judgement.verdict.weaker(learned.verdict)
    }

    /// Has all told anew when it may be judged otherwise now. What nobody tells, as where a link leads to and what a directory
    /// is called, is looked at again in the end.
    private func renewIfNeeded() {
        guard isWatching else { return }
        let changes = places?.changes ?? 0
        let isForgotten = baseline?.takeForgotten() ?? false
        let now = Clock.monotonic
        let age = now - renewed
        let isDue = (changes != mounts || hasLost) && age >= Self.renewEvery || age >= Self.longestMemory
        guard isForgotten || isDue else { return }
        (mounts, renewed, hasLost) = (changes, now, false)
        source.watch(true)
    }
}

extension Sighting.Verdict {
    /// That after which the kernel reports more.
    func weaker(_ other: Self) -> Self {
        switch (self, other) {
        case (.eachFile, _), (_, .eachFile): .eachFile
        case (.directory, _), (_, .directory): .directory
        case (.writer, .writer): .writer
        }
    }
}
