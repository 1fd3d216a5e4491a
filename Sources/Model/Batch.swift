/// What one window of one host comes to: the document that is shipped.
package struct Batch: Sendable {
    package var sequence: UInt64
    package var agent: AgentIdentity
    package var host: HostIdentity
    package var window: Window
    package var coverage: Coverage
    package var loss: Loss
    /// What the programs cost in this window; absent while the kernel does not measure it.
    package var programCosts: [ProgramCost]?
    /// What the agent itself did; in no row.
    package var ownActivity: Counters
    /// How long a CPU was busy with reading the counters.
    package var drainTime: Duration
    /// How the agent was when the window closed.
    package var selfReport: SelfReport
    /// What the rows stand for.
    package var grouping: Grouping
    package var rows: [UnitRow]
    /// Raised in this window, or before it and held back.
    package var alerts: [Alert]

    package init(
        sequence: UInt64, agent: AgentIdentity, host: HostIdentity, window: Window, coverage: Coverage, loss: Loss,
        programCosts: [ProgramCost]? = nil, ownActivity: Counters, drainTime: Duration = .zero,
        selfReport: SelfReport = SelfReport(), grouping: Grouping = .cgroup, rows: [UnitRow],
        alerts: [Alert] = []
    ) {
        (self.selfReport, self.alerts) = (selfReport, alerts)
        (self.sequence, self.agent, self.host, self.window) = (sequence, agent, host, window)
        (self.coverage, self.loss, self.ownActivity, self.rows) = (coverage, loss, ownActivity, rows)
        (self.programCosts, self.drainTime, self.grouping) = (programCosts, drainTime, grouping)
    }
}

extension Batch {
    /// How many alerts were held back in this window, as there were too many.
    package var suppressedAlerts: UInt64 {
        get { loss.suppressedAlerts }
        set { loss.suppressedAlerts = newValue }
    }
}

/// One start of the agent.
package struct AgentIdentity: Sendable, Equatable {
    package var version: String
    /// Unlike that of any other start on any host: part of every batch id.
    package var instance: String
    package var backend: String
    package var started: Timestamp

    package init(version: String, instance: String, backend: String, started: Timestamp) {
        (self.version, self.instance, self.backend, self.started) = (version, instance, backend, started)
    }
}

package struct HostIdentity: Sendable, Equatable {
    package var name: String
    /// Stable, and not the raw machine id.
    package var id: String?
    package var kernel: String

    package init(name: String, id: String?, kernel: String) {
        (self.name, self.id, self.kernel) = (name, id, kernel)
    }
}

/// What the agent sees here and what it cannot see.
package struct Coverage: Sendable, Equatable {
    /// Sentences, such as "mmap stores".
    package var notSeen: [String]
    /// Counters that nothing feeds: rendered as null, never as zero.
    package var absent: Set<Counter>
    package var attached: Int
    /// Programs this kernel could not take, each with its reason.
    package var missing: [String]

    package init(notSeen: [String], absent: Set<Counter>, attached: Int, missing: [String]) {
        (self.notSeen, self.absent, self.attached, self.missing) = (notSeen, absent, attached, missing)
    }
}

/// What was lost in a window, or of what only the detail was lost.
package struct Loss: Sendable, Equatable {
    /// Records that did not fit into the ring buffer.
    package var ringRecords: UInt64 = 0
    /// Operations counted under `*`, because the kernel's slots had run out.
    package var detailOverflow: UInt64 = 0
    /// Cgroups with activity whose path nobody knows any more, among those that were to be named.
    package var unresolvedCgroups: UInt64 = 0
    /// Look-ups of a container's name that failed or took too long.
    package var containerLookups: UInt64 = 0
    package var ioUringUnknownResults: UInt64 = 0
    /// Requests of Linux AIO whose end nobody reported: reaped without a call, or never.
    package var aioUnknownResults: UInt64 = 0
    /// Operations whose file was gone before it could be looked at.
    package var unknownFile: UInt64 = 0
    /// Records for the watch rules that did not fit into their ring buffer.
    package var watchRecords: UInt64 = 0
    /// Alerts that were held back in this window, as there were too many.
    package var suppressedAlerts: UInt64 = 0
    /// Runs of a program that the kernel skipped; absent where it does not count them.
    package var missedRuns: [MissedRuns] = []

    package init() {}
}

package struct MissedRuns: Sendable, Equatable {
    package var operation: String
    package var runs: UInt64?
    package init(operation: String, runs: UInt64?) { (self.operation, self.runs) = (operation, runs) }
}

/// What one cgroup did in a window, or all that have the keys of a grouping in common.
package struct UnitRow: Sendable {
    package var identity: UnitIdentity
    package var series: SeriesNames
    /// 32 hexadecimal digits.
    package var invocationID: String?
    /// Absent in rows that stand for no single cgroup.
    package var cgroup: CgroupID?
    package var path: ByteString?
    package var counters: Counters
    package var openErrors: ErrorCounts
    package var writeErrors: ErrorCounts
    package var writers: [WriterRow]
    /// Whether another row of the batch has all that is in this one: then it is in no total.
    package var isNested = false

    /// - Parameter series: absent when they are the names of the units.
    package init(
        identity: UnitIdentity, series: SeriesNames? = nil, invocationID: String? = nil, cgroup: CgroupID?,
        path: ByteString?, counters: Counters,
        openErrors: ErrorCounts = [:], writeErrors: ErrorCounts = [:], writers: [WriterRow] = []
    ) {
        (self.identity, self.invocationID, self.cgroup, self.path) = (identity, invocationID, cgroup, path)
        (self.counters, self.openErrors, self.writeErrors) = (counters, openErrors, writeErrors)
        self.writers = writers
        self.series = series ?? SeriesNames(of: identity, folding: false)
    }
}

/// What one writer of a unit did in a window; the writer with comm `*` is all the others together.
package struct WriterRow: Sendable {
    package var executable: ByteString?
    package var comm: ByteString
    package var uid: UInt32?
    package var counters: Counters

    package init(executable: ByteString?, comm: ByteString, uid: UInt32?, counters: Counters) {
        (self.executable, self.comm, self.uid, self.counters) = (executable, comm, uid, counters)
    }
}
