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

    private struct Activity {
        var counters = Counters()
        var writers: [Writer: Counters] = [:]
        var withoutWriter = Counters()
        var errors: [FailingOperation: ErrorCounts] = [:]

        /// Errors may come a window after their failures: the two are not read at the same moment.
        var isZero: Bool { counters.isZero && errors.isEmpty }
    }

    private var cgroups: [CgroupID: Activity] = [:]
    private var withoutCgroup = Counters()
    private var loss = Loss()
    package private(set) var own = Counters()
    /// Absent unless the kernel measured it at some time in the window.
    package private(set) var programCosts: [ProgramCost]?

    package init() {}

    package mutating func add(_ drain: Drain) {
        for activity in drain.writers {
            cgroups[activity.writer.cgroup, default: Activity()].counters += activity.counters
            cgroups[activity.writer.cgroup, default: Activity()].writers[activity.writer, default: Counters()] +=
                activity.counters
        }
        for (cgroup, counters) in drain.withoutWriter {
            cgroups[cgroup, default: Activity()].counters += counters
            cgroups[cgroup, default: Activity()].withoutWriter += counters
            loss.detailOverflow += counters.operations
        }
        for error in drain.errors {
            cgroups[error.cgroup, default: Activity()]
                .errors[error.operation, default: [:]][error.error, default: 0] += error.count
        }
        withoutCgroup += drain.withoutCgroup
        loss.detailOverflow += drain.withoutCgroup.operations
        loss.add(drain.loss)
        own += drain.own
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

    /// The rows, the most active cgroup first, and what was lost.
    ///
    /// - Parameters:
    ///   - name: identity, path and invocation of a cgroup; nil when nobody knows it any more.
    ///   - executable: the path of an executable; nil when it could not be read.
    package func close(
        limits: Limits, name: (CgroupID) -> CgroupName?, executable: (ExecutableID) -> ByteString?
    ) -> (rows: [UnitRow], loss: Loss) {
        var loss = loss
        var rows: [UnitRow] = []
        let ordered = cgroups.filter { !$0.value.isZero }
            .sorted { ($1.value.counters.operations, $0.key) < ($0.value.counters.operations, $1.key) }
        for (cgroup, activity) in ordered.prefix(limits.units) {
            let known = name(cgroup)
            if known == nil { loss.unresolvedCgroups += 1 }
            rows.append(
                UnitRow(
                    identity: known?.identity ?? .unresolved, invocationID: known?.invocationID, cgroup: cgroup,
                    path: known?.path, counters: activity.counters, openErrors: activity.errors[.open] ?? [:],
                    writeErrors: activity.errors[.write] ?? [:],
                    writers: writerRows(activity, limit: limits.writersPerUnit, executable: executable)))
        }
        let remainder = remainderRow(of: ordered.dropFirst(limits.units).map(\.value))
        if !remainder.isZero { rows.append(remainder) }
        return (rows, loss)
    }

    private func writerRows(
        _ activity: Activity, limit: Int, executable: (ExecutableID) -> ByteString?
    ) -> [WriterRow] {
        let ordered = activity.writers.sorted {
            ($1.value.operations, $0.key.uid, $0.key.comm, $0.key.executable?.inode ?? 0)
                < ($0.value.operations, $1.key.uid, $1.key.comm, $1.key.executable?.inode ?? 0)
        }
        var rows = ordered.prefix(limit).map { writer, counters in
            WriterRow(
                executable: writer.executable.flatMap(executable), comm: writer.comm, uid: writer.uid,
                counters: counters)
        }
        var rest = activity.withoutWriter
        for (_, counters) in ordered.dropFirst(limit) { rest += counters }
        if !rest.isZero { rows.append(WriterRow(executable: nil, comm: "*", uid: nil, counters: rest)) }
        return rows
    }

    /// Everything that has no row of its own, as unit `*`.
    private func remainderRow(of rest: [Activity]) -> UnitRow {
        var row = UnitRow(identity: .overflow, cgroup: nil, path: nil, counters: withoutCgroup)
        for activity in rest {
            row.counters += activity.counters
            row.openErrors.merge(activity.errors[.open] ?? [:], uniquingKeysWith: +)
            row.writeErrors.merge(activity.errors[.write] ?? [:], uniquingKeysWith: +)
        }
        return row
    }
}

extension UnitRow {
    fileprivate var isZero: Bool { counters.isZero && openErrors.isEmpty && writeErrors.isEmpty }
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
        ioUringUnknownResults += other.ioUringUnknownResults
        unknownFile += other.unknownFile
        for missed in other.missedRuns {
            if let index = missedRuns.firstIndex(where: { $0.operation == missed.operation }) {
                missedRuns[index].runs = missedRuns[index].runs.flatMap { mine in missed.runs.map { mine + $0 } }
            } else {
                missedRuns.append(missed)
            }
        }
    }
}
