/// Adds the windows of one output up to totals that only grow, for receivers that want cumulative sums.
///
/// A series begins with its first row, at the start of that row's window, and ends when it was idle for long or when
/// others need its place. One that comes back begins anew, later than it ended and from zero, so no value is ever lower
/// than an earlier one with the same start.
package struct CumulativeSeries: Sendable {
    package struct Limits: Sendable, Equatable {
        /// Series at a time. The longest idle ones end for new ones; what has still no room is one series together.
        package var series = 10_000
        /// Seconds without a row after which a series ends.
        package var idle = 900.0
        /// Seconds after which an idle series is told again: receivers forget those of which they hear nothing.
        package var repetition = 60.0

        package init() {}
    }

    /// What a series is of.
    package enum Naming: Sendable {
        /// Everything a row is called by, as far as its grouping determines it.
        case attributes
        /// What there are labels for at the local endpoint.
        case labels
    }

    private struct Series {
        var report: CumulativeReport.Series
        var active: Double
        var told: Double
        var isOverflow: Bool { report.key == .overflow }
    }

    private var limits: Limits
    private let naming: Naming
    /// In the order in which they began.
    private var series: [Series] = []
    private var positions: [CumulativeKey: Int] = [:]
    /// Those that ended with the window before.
    private var endedBefore: Set<CumulativeKey> = []
    private var totals: CumulativeTotals?
    /// Seconds since the first window began, by the clock that nobody sets.
    private var now = 0.0

    package init(limits: Limits = Limits(), naming: Naming = .attributes) {
        (self.limits, self.naming) = (limits, naming)
    }

    /// Changes after how many idle seconds series end, from the next window on.
    package mutating func setIdle(_ seconds: Double) { limits.idle = seconds }

    /// All that go on, those without anything new included; the oldest first.
    package var current: [CumulativeReport.Series] { series.map(\.report) }

    /// Adds the next window; batches must come in the order of their sequence, and of one grouping.
    package mutating func add(_ batch: Batch) -> CumulativeReport {
        now += max(batch.window.gapBefore, 0) + max(batch.window.seconds, 0)
        totals = totals ?? CumulativeTotals(start: batch.window.start)
        totals?.add(batch)
        let keys = batch.rows.indices.map { key(of: batch.rows[$0], by: batch.grouping) }
        for position in series.indices {
            series[position].report.rows = 0
            series[position].report.before = series[position].report.sums
            series[position].report.tellsZeros = true
        }
        for key in keys { if let position = positions[key] { series[position].active = now } }
        let ended = end(forNew: Set(keys).subtracting(positions.keys))
        defer { endedBefore = Set(ended.map(\.key)) }
        var withoutSeries = 0
        for (row, key) in keys.enumerated() where !add(batch.rows[row], as: key, in: batch.window) {
            withoutSeries += 1
        }
        return report(of: batch.window, ended: ended, withoutSeries: withoutSeries)
    }

    /// The key of the series that a row belongs to, as long as there is room for it.
    private func key(of row: UnitRow, by grouping: Grouping) -> CumulativeKey {
        switch naming {
        case .attributes: CumulativeKey(of: row, by: grouping)
        case .labels: CumulativeKey(labelsOf: row)
        }
    }

    /// The key of the series that has a row of the last window: that of what has no room, where it has none of its own.
    package func shownKey(of row: UnitRow) -> CumulativeKey {
        let key = key(of: row, by: .cgroup)
        return positions[key] == nil ? .overflow : key
    }

    /// Adds a row to its series; false when it has none, because another row has all that is in it.
    private mutating func add(_ row: UnitRow, as key: CumulativeKey, in window: Window) -> Bool {
        var (key, isNew) = (key, positions[key] == nil)
        if isNew, key != .overflow, series.count - (positions[.overflow] == nil ? 0 : 1) >= limits.series {
            if row.isNested { return false }
            (key, isNew) = (.overflow, positions[.overflow] == nil)
            totals?.overflowingRows += 1
        }
        if isNew {
            positions[key] = series.count
            var report = CumulativeReport.Series(key: key, start: window.start)
            report.tellsZeros = !endedBefore.contains(key)
            series.append(Series(report: report, active: now, told: now))
        }
        guard let position = positions[key] else { return false }
        series[position].active = now
        series[position].report.rows += 1
        series[position].report.sums.add(row)
        return true
    }

    /// Ends what has been idle for too long, and as many of the others as new ones need room, the longest idle first.
    private mutating func end(forNew keys: Set<CumulativeKey>) -> [CumulativeReport.Series] {
        var ending = Set(series.indices.filter { now - series[$0].active >= limits.idle })
        let left = series.indices.filter { !ending.contains($0) && !series[$0].isOverflow }
        let excess = left.count + keys.subtracting([.overflow]).count - limits.series
        if excess > 0 {
            let idle = left.filter { series[$0].active < now }
                .sorted { (series[$0].active, $0) < (series[$1].active, $1) }
            ending.formUnion(idle.prefix(excess))
        }
        if ending.isEmpty { return [] }
        totals?.endedSeries += UInt64(ending.count)
        let ended = series.indices.filter(ending.contains).map { position in
            var report = series[position].report
            report.hasEnded = true
            return report
        }
        series = series.indices.filter { !ending.contains($0) }.map { series[$0] }
        positions = Dictionary(uniqueKeysWithValues: series.indices.map { (series[$0].report.key, $0) })
        return ended
    }

    private mutating func report(
        of window: Window, ended: [CumulativeReport.Series], withoutSeries: Int
    ) -> CumulativeReport {
        var report = CumulativeReport(
            start: window.start, time: max(window.end, window.start), series: ended, rowsWithoutSeries: withoutSeries,
            totals: totals ?? CumulativeTotals(start: window.start), live: series.count, limit: limits.series)
        for position in series.indices {
            // By a clock that was set back since, it began earlier than it said: nothing begins after its own values.
            series[position].report.start = min(series[position].report.start, window.start)
            guard series[position].active == now || now - series[position].told >= limits.repetition else { continue }
            series[position].told = now
            report.series.append(series[position].report)
        }
        for position in report.series.indices {
            report.series[position].start = min(report.series[position].start, window.start)
        }
        return report
    }
}

extension CumulativeReport.Sums {
    fileprivate mutating func add(_ row: UnitRow) {
        counters += row.counters
        for (number, count) in row.openErrors { openErrors[number, default: 0] &+= count }
        for (number, count) in row.writeErrors { writeErrors[number, default: 0] &+= count }
    }
}
