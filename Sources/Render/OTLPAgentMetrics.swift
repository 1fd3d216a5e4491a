internal import Model

/// What the agent says of itself in every request: what was lost, what cannot be seen, what it did.
struct OTLPAgentMetrics {
    private enum Value {
        case whole(UInt64)
        case real(Double)
    }

    private struct Point {
        var attribute: (key: String, value: String)?
        var value: Value
        /// When its sum began; absent for what began with the agent's first window.
        var start: Timestamp?

        init(_ attribute: (key: String, value: String)?, _ value: Value, start: Timestamp? = nil) {
            (self.attribute, self.value, self.start) = (attribute, value, start)
        }
    }

    private let batch: Batch
    private let report: CumulativeReport

    init(of report: CumulativeReport, in batch: Batch) { (self.report, self.batch) = (report, batch) }

    /// Whole metrics, one after the other, with their commas.
    func render() -> [UInt8] {
        var json = JSONWriter()
        writeLoss(to: &json)
        writeCoverage(to: &json)
        writeOwn(to: &json)
        writeAccount(to: &json)
        writeWatch(to: &json)
        writeOutputs(to: &json)
        return json.bytes
    }

    private func writeLoss(to json: inout JSONWriter) {
        let loss = report.totals.loss
        let lost = "What was lost, or of what only the detail was lost"
        func sum(_ name: String, _ unit: String, _ value: UInt64) {
            self.sum("loss." + name, unit, lost, [Point(nil, .whole(value))], to: &json)
        }
        sum("ring_records", "{record}", loss.ringRecords)
        sum("detail_overflow", "{operation}", loss.detailOverflow)
        sum("unresolved_cgroups", "{cgroup}", loss.unresolvedCgroups)
        sum("container_lookups", "{lookup}", loss.containerLookups)
        sum("io_uring_unknown_results", "{request}", loss.ioUringUnknownResults)
        sum("aio_unknown_results", "{request}", loss.aioUnknownResults)
        sum("unknown_file", "{operation}", loss.unknownFile)
        sum("watch_records", "{record}", loss.watchRecords)
        sum("alerts_suppressed", "{alert}", loss.suppressedAlerts)
        // A number that is unknown for one window is unknown for good: a sum without it would be too low.
        let missed: [Point] = loss.missedRuns.compactMap { missed in
            missed.runs.map { Point(("otagent.operation", missed.operation), .whole($0)) }
        }
        self.sum("loss.missed_runs", "{run}", "Runs of programs that the kernel skipped", missed, to: &json)
    }

    private func writeCoverage(to json: inout JSONWriter) {
        let coverage = batch.coverage
        gauge(
            "coverage.attached", "{program}", "Programs that count", [Point(nil, .whole(UInt64(coverage.attached)))],
            to: &json)
        gauge(
            "coverage.missing", "{program}", "Programs that this kernel could not take",
            coverage.missing.map { Point(("otagent.program", $0), .whole(1)) }, to: &json)
        gauge(
            "coverage.absent", "{counter}", "Counters that nothing feeds: they have no points, and are not zero",
            Counter.allCases.filter(coverage.absent.contains).map { Point(("otagent.counter", "\($0)"), .whole(1)) },
            to: &json)
        gauge(
            "coverage.not_seen", "{kind}", "What is not seen here, and so in no figure",
            coverage.notSeen.map { Point(("otagent.activity", $0), .whole(1)) }, to: &json)
    }

    private func writeOwn(to json: inout JSONWriter) {
        let (own, totals) = (report.totals.own, report.totals)
        sum("self.opens", "{open}", "Files that the agent opened", [Point(nil, .whole(own[.opens]))], to: &json)
        sum("self.writes", "{write}", "Writes of the agent", [Point(nil, .whole(own[.writes]))], to: &json)
        sum("self.write.size", "By", "Bytes that the agent wrote", [Point(nil, .whole(own[.writeBytes]))], to: &json)
        let drain = totals.drainTime / .seconds(1)
        sum("self.drain.time", "s", "CPU time for reading the counters", [Point(nil, .real(drain))], to: &json)
        guard let costs = totals.programCosts else { return }
        let runs: [Point] = costs.map { Point(("otagent.program", $0.program), .whole($0.runs)) }
        sum("program.runs", "{run}", "Runs of a program, while the kernel measures them", runs, to: &json)
        let times: [Point] = costs.map {
            Point(("otagent.program", $0.program), .real(Double($0.runTimeNanoseconds) / 1e9))
        }
        sum("program.time", "s", "Time of a program's runs, while the kernel measures it", times, to: &json)
    }

    private func writeAccount(to json: inout JSONWriter) {
        let totals = report.totals
        sum("windows", "{window}", "Windows that were closed", [Point(nil, .whole(totals.windows))], to: &json)
        sum("rows", "{row}", "Rows of units in these windows", [Point(nil, .whole(totals.rows))], to: &json)
        let alerts = Alert.Name.allCases.map { name in
            let count = totals.alerts.reduce(0) { $0 + ($1.key.name == name ? $1.value : 0) }
            return Point(("otagent.alert", name.rawValue), .whole(count))
        }
        sum("alerts", "{alert}", "Alerts that were raised", alerts, to: &json)
        sum("gap", "s", "Time that no window covers", [Point(nil, .real(totals.gap))], to: &json)
        gauge("series.live", "{series}", "Series that go on", [Point(nil, .whole(UInt64(report.live)))], to: &json)
        gauge("series.limit", "{series}", "Series there may be", [Point(nil, .whole(UInt64(report.limit)))], to: &json)
        sum("series.ended", "{series}", "Series that ended", [Point(nil, .whole(totals.endedSeries))], to: &json)
        let overflowing = totals.overflowingRows
        sum(
            "series.overflow", "{row}", "Rows without a series of their own", [Point(nil, .whole(overflowing))],
            to: &json)
    }

    /// Nothing where nobody is watched.
    private func writeWatch(to json: inout JSONWriter) {
        guard let watch = batch.selfReport.watch else { return }
        func points(_ account: AlertOutletAccount) -> [Point] {
            [
                ("sent", account.sent), ("failed", account.failed), ("timed_out", account.timedOut),
                ("dropped", account.dropped),
            ].map { Point(("otagent.outcome", $0), .whole($1)) }
        }
        let handedOver = "What became of alerts that were handed on"
        sum("alerts.journal", "{alert}", handedOver, points(watch.journal), to: &json)
        sum("alerts.exec", "{alert}", handedOver, watch.program.map(points) ?? [], to: &json)
        let dropped = Point(nil, .whole(watch.droppedAlerts))
        sum("alerts.dropped", "{alert}", "How often an alert found no room even to wait", [dropped], to: &json)
        let sightings = Point(nil, .whole(watch.waitingSightings))
        gauge("watch.waiting", "{operation}", "Operations that are yet to be judged", [sightings], to: &json)
        gauge(
            "alerts.waiting", "{alert}", "Alerts that are in a later window", [Point(nil, .whole(watch.waitingAlerts))],
            to: &json)
        guard let baseline = watch.baseline else { return }
        let known = Point(nil, .whole(baseline.combinations))
        gauge("baseline.combinations", "{combination}", "Combinations that the baseline knows", [known], to: &json)
        let unjudged = Point(nil, .whole(baseline.account.unjudged))
        sum("baseline.unjudged", "{combination}", "Combinations that found no room", [unjudged], to: &json)
    }

    /// What outputs were given and what became of it, in rows: the sums of `self.outputs` in a batch.
    private func writeOutputs(to json: inout JSONWriter) {
        func points(_ rows: KeyPath<SinkAccount, UInt64>) -> [Point] {
            batch.selfReport.outputs.map { output in
                // A clock that was set back must not make a sum begin after it ended.
                let start = min(output.since, report.time)
                return Point(("otagent.output", output.name), .whole(output.account[keyPath: rows]), start: start)
            }
        }
        let counted: [(name: String, description: String, rows: KeyPath<SinkAccount, UInt64>)] = [
            ("created", "Rows that an output was given", \.createdRows),
            ("found", "Rows that an earlier start left in the spool", \.foundRows),
            ("sent", "Rows that the receiver took", \.deliveredRows),
            ("rejected", "Rows that the receiver will never take", \.rejectedRows),
            ("dropped", "Rows that were given up before anybody took them", \.droppedRows),
            ("corrupt", "Rows of damaged files of the spool", \.corruptRows),
        ]
        for (name, description, rows) in counted {
            sum("output.rows.\(name)", "{row}", description, points(rows), to: &json)
        }
        gauge("output.rows.waiting", "{row}", "Rows that are to be sent", points(\.waitingRows), to: &json)
    }

    // MARK: - Shapes

    private func sum(
        _ name: String, _ unit: String, _ description: String, _ points: [Point], to json: inout JSONWriter
    ) {
        if points.isEmpty { return }
        json.metric("otagent." + name, unit, description, kind: "sum") { json in
            json.writeCumulative()
            write(points, from: report.totals.start, to: &json)
        }
    }

    private func gauge(
        _ name: String, _ unit: String, _ description: String, _ points: [Point], to json: inout JSONWriter
    ) {
        if points.isEmpty { return }
        json.metric("otagent." + name, unit, description, kind: "gauge") { write(points, from: nil, to: &$0) }
    }

    private func write(_ points: [Point], from start: Timestamp?, to json: inout JSONWriter) {
        json.array("dataPoints") { json in
            for point in points {
                json.object { json in
                    json.array("attributes") { json in
                        if let (key, value) = point.attribute { json.attribute(key, value) }
                        json.groupingAttribute(batch.grouping)
                    }
                    json.writeTimes(from: start.map { point.start ?? $0 }, to: report.time)
                    switch point.value {
                    case .whole(let value): json.writeValue(value)
                    case .real(let value): json.member("asDouble", value)
                    }
                }
            }
        }
    }
}

extension JSONWriter {
    /// A metric, whose points `data` writes.
    mutating func metric(
        _ name: String, _ unit: String, _ description: String, kind: String, data: (inout Self) -> Void
    ) {
        object { json in
            json.member("name", name)
            json.member("description", description)
            json.member("unit", unit)
            json.object(kind, data)
        }
    }

    /// That a sum is cumulative (`AGGREGATION_TEMPORALITY_CUMULATIVE`; OTLP wants the number) and only grows.
    mutating func writeCumulative() {
        member("aggregationTemporality", 2)
        name("isMonotonic")
        boolean(true)
    }
}
