/// What the cumulative series of an output have come to at the end of a window.
package struct CumulativeReport: Sendable {
    package struct Sums: Sendable {
        package var counters = Counters()
        package var openErrors: ErrorCounts = [:]
        package var writeErrors: ErrorCounts = [:]
    }

    /// One series, with all that was counted for it since it began.
    package struct Series: Sendable {
        package var key: CumulativeKey
        /// When it began: the start of the window that had its first row.
        package var start: Timestamp
        package var sums = Sums()
        /// The same at the start of the window.
        package var before = Sums()
        /// Whether what was zero at the start of the window can be told: an end told of that very moment stays.
        package var tellsZeros = true
        /// Rows of the window that are in it.
        package var rows = 0
        /// Whether this is the last that is heard of it: should it come back, it begins anew.
        package var hasEnded = false
    }

    /// The start of the window.
    package var start: Timestamp
    /// The end of the window; never before any start.
    package var time: Timestamp
    /// Those that have something new, that have not been told for a while, or that end; the oldest first.
    package var series: [Series] = []
    /// Rows of the window that are in no series: nested ones, for which there is no room.
    package var rowsWithoutSeries = 0
    package var totals: CumulativeTotals
    /// Series that go on.
    package var live = 0
    /// As many as there may be, without the one of what has no room.
    package var limit: Int
}

/// What the agent says of itself, summed since its start.
package struct CumulativeTotals: Sendable {
    /// The start of the first window.
    package private(set) var start: Timestamp
    package private(set) var windows: UInt64 = 0
    package private(set) var rows: UInt64 = 0
    /// Time that no window covers, in seconds.
    package private(set) var gap = 0.0
    package private(set) var loss = Loss()
    package private(set) var alerts: [Alert.Source: UInt64] = [:]
    /// What the agent itself did.
    package private(set) var own = Counters()
    package private(set) var drainTime = Duration.zero
    /// By program; absent as long as the kernel never measured it.
    package private(set) var programCosts: [ProgramCost]?
    /// Series that ended.
    package internal(set) var endedSeries: UInt64 = 0
    /// Rows that went to the series of what has no room.
    package internal(set) var overflowingRows: UInt64 = 0

    init(start: Timestamp) { self.start = start }

    mutating func add(_ batch: Batch) {
        start = min(start, batch.window.start)
        windows += 1
        rows += UInt64(batch.rows.count)
        gap += max(batch.window.gapBefore, 0)
        loss.add(batch.loss)
        for alert in batch.alerts { alerts[alert.source, default: 0] += 1 }
        own += batch.ownActivity
        drainTime += batch.drainTime
        if let costs = batch.programCosts { programCosts = ProgramCost.sum(programCosts ?? [], costs) }
    }
}

extension ProgramCost {
    fileprivate static func sum(_ sums: [Self], _ costs: [Self]) -> [Self] {
        var sums = sums
        for cost in costs {
            if let position = sums.firstIndex(where: { $0.program == cost.program }) {
                sums[position].runs &+= cost.runs
                sums[position].runTimeNanoseconds &+= cost.runTimeNanoseconds
            } else {
                sums.append(cost)
            }
        }
        return sums
    }
}
