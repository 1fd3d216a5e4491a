/// Who writes where in each unit, learned from what is seen; then says what is new.
///
/// Only time in which an agent runs counts. A unit learns from when it was first seen; in the host's own first `learnFor`
/// every unit is new and none is reported. After that the first thing seen of a unit that was never there is a finding,
/// one, and then it learns, too.
package struct Baseline: Sendable {
    package struct Limits: Sendable {
        package var units = 4096
        package var writersPerUnit = 256
        package var directoriesPerWriter = 1024
        /// Of all units together.
        package var combinations = 50_000
        /// Of the names in all combinations together, about what the file has.
        package var bytes = 16 << 20
        /// What one service, or all units of one user, may have of these at most is a part of it, so that nobody takes the
        /// room of everybody else.
        package var share = 4

        package init() {}
    }

    /// What is known of one unit.
    package struct Unit: Sendable {
        /// What `Baseline.ran` was when it began to learn.
        package var since: Duration
        package var first: Timestamp
        package var writers: [BaselineWriter: DirectoryTree] = [:]
        /// Combinations that found no room and are not judged.
        package var unjudged: UInt64 = 0

        package init(since: Duration, first: Timestamp) { (self.since, self.first) = (since, first) }
    }

    /// What a service, or a user with all units, has of the limits.
    struct Share: Equatable {
        private(set) var units = 0
        private(set) var combinations = 0
        private(set) var bytes = 0

        mutating func add(units: Int, _ combinations: Int, _ bytes: Int) {
            self.units += units
            self.combinations += combinations
            self.bytes += bytes
        }
    }

    /// What became of all that was judged.
    package struct Account: Sendable, Equatable {
        package var sightings: UInt64 = 0
        package var findings: UInt64 = 0
        /// Combinations that found no room, and were neither learned nor reported.
        package var unjudged: UInt64 = 0

        package init() {}
    }

    package struct Judgement: Sendable, Equatable {
        /// What the kernel need not report again.
        package var verdict: Sighting.Verdict
        package var finding: Alert?
        /// Whether it is to be judged once more when the container has a name, by which it is known.
        package var awaitsContainer = false
    }

    package var learnFor: Duration
    package let limits: Limits
    /// How long agents have run with a baseline, in all.
    package internal(set) var ran: Duration = .zero
    package internal(set) var units: [BaselineUnit: Unit] = [:]
    package private(set) var account = Account()
    package internal(set) var combinations = 0
    var bytes = 0
    /// Findings of which nobody was told, by their ids, until they are seen again.
    var withdrawn: Set<String> = []
    static let mostWithdrawn = 4096
    /// What each has of the limits.
    var shares: [BaselineUnit: Share] = [:]
    /// Grows with every change, so that who keeps a copy knows whether it is the same.
    package internal(set) var version: UInt64 = 0
    private var lastTurn: Int64?

    package init(learnFor: Duration, limits: Limits = Limits()) { (self.learnFor, self.limits) = (learnFor, limits) }

    /// Goes on from what was kept.
    package init(ran: Duration, units: [BaselineUnit: Unit], learnFor: Duration, limits: Limits = Limits()) {
        self.init(learnFor: learnFor, limits: limits)
        (self.ran, self.units) = (ran, units)
        recount()
    }

    /// Whether nothing is reported yet, of any unit.
    package var isLearning: Bool { ran < learnFor }

    package func isLearning(_ unit: Unit) -> Bool { timeLeft(unit) > .zero }

    /// How long agents have to run until the unit has learned.
    package func timeLeft(_ unit: Unit) -> Duration { max(learnFor - (ran - unit.since), learnFor - ran, .zero) }

    /// Counts the time since the last turn; the first one only begins to count.
    package mutating func turn(to now: ClockReading) {
        if let lastTurn, now.monotonic > lastTurn { ran += .nanoseconds(now.monotonic - lastTurn) }
        lastTurn = now.monotonic
    }

    /// Learns from what was seen, or finds that it is new.
    package mutating func judge(_ placed: PlacedSighting, at now: ClockReading) -> Judgement {
        turn(to: now)
        if placed.identity.container != nil, !placed.isContainerKnown {
            return Judgement(verdict: .eachFile, awaitsContainer: true)
        }
        account.sightings += 1
        let (key, writer) = (BaselineUnit(placed), BaselineWriter(placed))
        let directory = Self.directory(of: placed)
        let operation = placed.sighting.operation
        // Of a place that nobody could tell nothing is said of what else is there.
        let verdict: Sighting.Verdict = placed.isPlaceKnown ? .directory : .eachFile
        if let tree = units[key]?.writers[writer] {
            let place = directory.map(tree.place)
            // A place that nobody could tell is one of those where the writer is known.
            guard let place else { return Judgement(verdict: verdict) }
            if let entry = tree[place] {
                if !entry.operations.contains(operation) {
                    units[key]?.writers[writer]?.note(operation, at: place)
                    version += 1
                }
                return Judgement(verdict: verdict)
            }
        }
        guard let (place, isFinding) = add(key, writer, directory ?? Self.unknown, operation, at: now), isFinding else {
            return Judgement(verdict: verdict)
        }
        account.findings += 1
        let id = BaselineID(key, writer, DirectoryTree.path(of: place))
        let alert = Alert(.newWriter, id: id.description, rule: "baseline", time: now.wall, of: placed)
        return Judgement(verdict: verdict, finding: alert)
    }

    /// Where somebody wrote that nobody could tell.
    static let unknown = FoldedPath(parts: ["?"])

    private static func directory(of placed: PlacedSighting) -> FoldedPath? {
        guard placed.isPlaceKnown, let path = placed.path else { return nil }
        return FoldedPath(directoryOf: path).seen(from: placed.root, isOnHost: !placed.hostPaths.isEmpty)
    }

    private mutating func takeWithdrawn(_ key: BaselineUnit, _ writer: BaselineWriter, _ place: [ByteString]) -> Bool {
        if withdrawn.isEmpty { return false }
        return withdrawn.remove(BaselineID(key, writer, DirectoryTree.path(of: place)).description) != nil
    }

    private func hasShare(_ key: BaselineUnit, isNew: Bool, _ size: Int) -> Bool {
        guard let share = shares[key.sharing] else { return true }
        return share.combinations < max(limits.combinations / limits.share, 1)
            && share.bytes + size <= max(limits.bytes / limits.share, 1)
            && (!isNew || share.units < max(limits.units / limits.share, 1))
    }

    /// Adds a combination; answers where it has come to be, and whether it is to be reported; nil when there is no room.
    private mutating func add(
        _ key: BaselineUnit, _ writer: BaselineWriter, _ directory: FoldedPath, _ operation: WatchedOperation,
        at now: ClockReading
    ) -> (place: [ByteString], isFinding: Bool)? {
        let isNewUnit = units[key] == nil
        let tree = units[key]?.writers[writer]
        let size = DirectoryTree.bytes(of: directory.parts) + (tree == nil ? writer.bytes : 0)
        guard combinations < limits.combinations, bytes + size <= limits.bytes,
            !isNewUnit || units.count < limits.units, hasShare(key, isNew: isNewUnit, size),
            tree != nil || (units[key]?.writers.count ?? 0) < limits.writersPerUnit,
            (tree?.count ?? 0) < limits.directoriesPerWriter
        else {
            account.unjudged += 1
            units[key]?.unjudged += 1
            version += 1
            return nil
        }
        var unit = units.removeValue(forKey: key) ?? Unit(since: ran, first: now.wall)
        var changed = unit.writers.removeValue(forKey: writer) ?? DirectoryTree()
        let before = (count: changed.count, bytes: changed.bytes)
        // The first of a unit that nobody knew is reported, and what it goes on to do is learned.
        let isFirst = isNewUnit && !isLearning
        let isFinding = takeWithdrawn(key, writer, changed.place(of: directory)) || isFirst || !isLearning(unit)
        changed.insert(
            DirectoryTree.Entry(state: isFinding ? .found : .learned, operations: [operation], first: now.wall),
            at: changed.place(of: directory))
        // Less than before, if siblings have become one.
        let grown = (
            count: changed.count - before.count, bytes: changed.bytes - before.bytes + (tree == nil ? writer.bytes : 0)
        )
        combinations += grown.count
        bytes += grown.bytes
        shares[key.sharing, default: Share()].add(units: isNewUnit ? 1 : 0, grown.count, grown.bytes)
        let place = changed.place(of: directory)
        unit.writers[writer] = changed
        units[key] = unit
        version += 1
        return (place, isFinding)
    }
}
