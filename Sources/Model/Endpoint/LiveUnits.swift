/// What the local endpoint shows of units: the last window, the sums since they began, and how it went of late.
///
/// Adds windows up as they close; what it answers is a value that nobody changes any more.
package struct LiveUnits: Sendable {
    /// How many of the last windows are remembered.
    package static let remembered = 30

    private var series: CumulativeSeries
    /// Bytes written in each of the last windows, the newest last; those of units that wrote nothing are not there.
    private var recent: [CumulativeKey: [UInt64]] = [:]
    private var windows: [Window] = []
    private var alerts = LiveAlerts()

    /// - Parameter idle: seconds after which a unit that did nothing is shown no more.
    package init(idle: Double) {
        var limits = CumulativeSeries.Limits()
        limits.idle = idle
        series = CumulativeSeries(limits: limits, naming: .labels)
    }

    package mutating func setIdle(_ seconds: Double) { series.setIdle(seconds) }

    /// Adds the next window; its rows must be of cgroups.
    package mutating func add(_ batch: Batch) -> LiveView {
        let report = series.add(batch)
        windows = (windows + [batch.window]).suffix(Self.remembered)
        let current = series.current
        for unit in current { note(unit) }
        if recent.count > current.count {
            let keys = Set(current.map(\.key))
            recent = recent.filter { keys.contains($0.key) }
        }
        var writers: [CumulativeKey: [WriterRow]] = [:]
        for position in batch.rows.indices where !batch.rows[position].writers.isEmpty {
            let key = series.shownKey(of: batch.rows[position])
            writers[key] =
                writers[key].map { $0.merged(with: batch.rows[position].writers) } ?? batch.rows[position].writers
        }
        let units = current.map {
            LiveView.Unit(sums: $0, recent: recent[$0.key] ?? [], writers: writers[$0.key] ?? [])
        }
        alerts.add(batch.alerts)
        var header = batch
        (header.rows, header.alerts) = ([], [])
        return LiveView(
            batch: header, rows: batch.rows.count, totals: report.totals, seriesLimit: report.limit, windows: windows,
            units: units, alerts: alerts)
    }

    private mutating func note(_ unit: CumulativeReport.Series) {
        let bytes = unit.sums.counters[.writeBytes] &- unit.before.counters[.writeBytes]
        if bytes == 0, recent[unit.key] == nil { return }
        let before = recent[unit.key] ?? Array(repeating: 0, count: windows.count - 1)
        recent[unit.key] = (before + [bytes]).suffix(Self.remembered)
    }
}

/// What the local endpoint shows between two windows.
package struct LiveView: Sendable {
    package struct Unit: Sendable {
        /// Since its series began, and the same before the last window.
        package var sums: CumulativeReport.Series
        /// Bytes written in each of the last windows, the newest last; empty when there were none at all.
        package var recent: [UInt64]
        /// Of the last window.
        package var writers: [WriterRow]

        /// What the last window added.
        package var window: Counters { sums.sums.counters.since(sums.before.counters) }
    }

    /// The last batch, without its rows and alerts.
    package var batch: Batch
    /// How many it had.
    package var rows: Int
    package var totals: CumulativeTotals
    package var seriesLimit: Int
    /// The last windows, the newest last.
    package var windows: [Window]
    package var units: [Unit]
    package var alerts: LiveAlerts
    /// What may raise alerts, in the order of the configuration.
    package var rules: [Alert.Source] = []
    /// Until the last window closed.
    package var endpoint = EndpointAccount()
}

extension [WriterRow] {
    /// Writers of several cgroups of one unit, each once; the busiest of the first comes first.
    fileprivate func merged(with others: [WriterRow]) -> [WriterRow] {
        var writers = self
        for other in others {
            if let position = writers.firstIndex(where: { $0.isSame(as: other) }) {
                writers[position].counters += other.counters
            } else {
                writers.append(other)
            }
        }
        return writers
    }
}

extension WriterRow {
    fileprivate func isSame(as other: Self) -> Bool {
        (executable, comm, uid) == (other.executable, other.comm, other.uid)
    }
}
