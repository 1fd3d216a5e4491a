/// Adds drains up to the rows of one window.
package struct Rollup: Sendable {
    /// How many rows and writers are shown; the rest is summed, never dropped.
    package struct Limits: Sendable, Equatable {
        package var units: Int
        package var writersPerUnit: Int

        package init(units: Int, writersPerUnit: Int) {
            (self.units, self.writersPerUnit) = (units, writersPerUnit)
        }
    }

    /// As they were drained: sorted when the window closes, since a table of 10,000 cgroups would be three times as large.
    private var writers: [WriterActivity] = []
    private var withoutWriter: [CgroupID: Counters] = [:]
    private var errors: [ErrorActivity] = []
    private var withoutCgroup = Counters()
    private var loss = Loss()
    package private(set) var own = Counters()
    package private(set) var drainTime = Duration.zero
    /// Absent unless the kernel measured it at some time in the window.
    package private(set) var programCosts: [ProgramCost]?

    package init() {}

    /// Every writer that was drained, some perhaps more than once.
    package var seen: [WriterActivity] { writers }

    package mutating func add(_ drain: Drain) {
        // The first drain of a window, which mostly is the only one, is not copied.
        if writers.isEmpty { writers = drain.writers } else { writers += drain.writers }
        errors += drain.errors
        for (cgroup, counters) in drain.withoutWriter {
            withoutWriter[cgroup, default: Counters()] += counters
            loss.detailOverflow += counters.operations
        }
        withoutCgroup += drain.withoutCgroup
        loss.detailOverflow += drain.withoutCgroup.operations
        loss.add(drain.loss)
        own += drain.own
        drainTime += drain.cpuTime
        if let costs = drain.programCosts { add(costs) }
    }

    private mutating func add(_ costs: [ProgramCost]) {
        var sums = programCosts ?? []
        for cost in costs {
            if let index = sums.firstIndex(where: { $0.program == cost.program }) {
                sums[index].runs += cost.runs
                sums[index].runTimeNanoseconds += cost.runTimeNanoseconds
            } else {
                sums.append(cost)
            }
        }
        programCosts = sums
    }

    /// The window as it is now, to be shown by one grouping or by several.
    package var closed: ClosedWindow {
        ClosedWindow(
            CgroupGroups(writers: writers, withoutWriter: withoutWriter, errors: errors), withoutCgroup: withoutCgroup,
            loss: loss)
    }
}

/// What is known of a cgroup.
package struct CgroupName: Sendable, Equatable {
    package var path: ByteString
    package var identity: UnitIdentity
    package var invocationID: String?

    package init(path: ByteString, identity: UnitIdentity, invocationID: String? = nil) {
        (self.path, self.identity, self.invocationID) = (path, identity, invocationID)
    }
}

extension Counters {
    /// How many operations these are, each counted once.
    package var operations: UInt64 {
        let counted: [Counter] = [
            .opens, .pathOpens, .openFailures, .writes, .writeFailures, .deletes, .renames, .mkdirs, .mknods, .symlinks,
            .links, .truncates, .allocates, .syncs, .sharedMaps, .deviceWrites, .pseudoOpens, .pseudoWrites,
        ]
        return counted.reduce(0) { $0 &+ self[$1] }
    }
}

extension Loss {
    /// Adds what another drain lost; missed runs are summed by operation, and unknown stays unknown.
    package mutating func add(_ other: Loss) {
        ringRecords += other.ringRecords
        detailOverflow += other.detailOverflow
        unresolvedCgroups += other.unresolvedCgroups
        containerLookups += other.containerLookups
        ioUringUnknownResults += other.ioUringUnknownResults
        aioUnknownResults += other.aioUnknownResults
        unknownFile += other.unknownFile
        watchRecords += other.watchRecords
        suppressedAlerts += other.suppressedAlerts
        for missed in other.missedRuns {
            if let index = missedRuns.firstIndex(where: { $0.operation == missed.operation }) {
                missedRuns[index].runs = missedRuns[index].runs.flatMap { mine in missed.runs.map { mine + $0 } }
            } else {
                missedRuns.append(missed)
            }
        }
    }
}
