internal import Model

/// A metric of the agent itself, and its series in a view; none when nothing is known.
struct AgentMetric: Sendable {
    struct Point {
        var labels: [UInt8]
        var value: Double

        init(_ value: Double, _ labels: (name: String, value: String)...) {
            self.value = value
            var all = Labels()
            for label in labels { all.add(label.name, ByteString(label.value)) }
            self.labels = all.bytes
        }
    }

    let family: MetricFamily
    let points: @Sendable (LiveView) -> [Point]

    init(
        _ kind: MetricFamily.Kind, _ stem: String, _ help: String, _ labels: [String] = [],
        _ points: @escaping @Sendable (LiveView) -> [Point]
    ) {
        family = MetricFamily(kind, stem, help, labels)
        self.points = points
    }

    /// One series without labels.
    init(_ kind: MetricFamily.Kind, _ stem: String, _ help: String, value: @escaping @Sendable (LiveView) -> Double?) {
        self.init(kind, stem, help) { view in value(view).map { [Point($0)] } ?? [] }
    }

    /// One series for each output.
    init(
        _ kind: MetricFamily.Kind, _ stem: String, _ help: String,
        output value: @escaping @Sendable (OutputReport) -> Double?
    ) {
        self.init(kind, stem, help, ["output"]) { view in
            view.batch.selfReport.outputs.compactMap { output in
                value(output).map { Point($0, ("output", output.name)) }
            }
        }
    }

    static let all = counting + watch + outputs + endpoint + process
}

extension Timestamp {
    var seconds: Double { Double(nanoseconds) / 1e9 }
}

// MARK: - What counts

extension AgentMetric {
    private static let counting: [Self] = [
        .init(.info, "otagent_build", "Which agent this is.", ["version", "backend", "kernel"]) { view in
            let (agent, host) = (view.batch.agent, view.batch.host)
            return [Point(1, ("version", agent.version), ("backend", agent.backend), ("kernel", host.kernel))]
        },
        .init(.gauge, "otagent_start_time_seconds", "When counting began.") { $0.batch.agent.started.seconds },
        .init(.counter, "otagent_windows", "Windows that were closed.") { Double($0.totals.windows) },
        .init(.gauge, "otagent_window_end_timestamp_seconds", "When the last window ended.") {
            $0.batch.window.end.seconds
        },
        .init(.gauge, "otagent_window_seconds", "How long the last window was.") { $0.batch.window.seconds },
        .init(.counter, "otagent_gap_seconds", "Time that no window covers.") { $0.totals.gap },
        .init(.counter, "otagent_unit_rows", "Rows of cgroups in these windows.") { Double($0.totals.rows) },
        .init(.counter, "otagent_alerts", "Alerts that were raised, by rule.", ["alert", "rule"]) { alerts($0) },
        .init(.counter, "otagent_alerts_suppressed", "Alerts that were held back, being too many.") {
            Double($0.totals.loss.suppressedAlerts)
        },
        .init(.counter, "otagent_watch_lost_records", "Records for the watch rules that did not fit.") {
            Double($0.totals.loss.watchRecords)
        },
        .init(
            .counter, "otagent_events_lost", "What was lost, or of what only the detail was lost.", ["reason"],
            { losses($0.totals.loss) }),
        .init(
            .counter, "otagent_missed_runs", "Runs of programs that the kernel skipped.", ["operation"],
            { view in
                view.totals.loss.missedRuns.compactMap { missed in
                    missed.runs.map { Point(Double($0), ("operation", missed.operation)) }
                }
            }),
        .init(.gauge, "otagent_programs_attached", "Programs that count.") { Double($0.batch.coverage.attached) },
        .init(.gauge, "otagent_programs_missing", "Programs that this kernel could not take.") {
            Double($0.batch.coverage.missing.count)
        },
        .init(.gauge, "otagent_not_seen", "What is not seen here, and so in no figure.", ["activity"]) { view in
            view.batch.coverage.notSeen.map { Point(1, ("activity", $0)) }
        },
        .init(.counter, "otagent_drain_cpu_seconds", "CPU time for reading the counters.") {
            $0.totals.drainTime / .seconds(1)
        },
        .init(
            .counter, "otagent_bpf_runs", "Runs of a program, while the kernel measures them.", ["program"],
            { view in (view.totals.programCosts ?? []).map { Point(Double($0.runs), ("program", $0.program)) } }),
        .init(
            .counter, "otagent_bpf_run_seconds", "Time of a program's runs, while the kernel measures it.",
            ["program"],
            { view in
                (view.totals.programCosts ?? []).map {
                    Point(Double($0.runTimeNanoseconds) / 1e9, ("program", $0.program))
                }
            }),
        .init(.counter, "otagent_self_opens", "Files that the agent itself opened.") { Double($0.totals.own[.opens]) },
        .init(.counter, "otagent_self_writes", "Writes of the agent itself.") { Double($0.totals.own[.writes]) },
        .init(.counter, "otagent_self_write_bytes", "Bytes that the agent itself wrote.") {
            Double($0.totals.own[.writeBytes])
        },
        .init(.gauge, "otagent_kernel_memory_bytes", "Memory of the programs and their maps, at most.") {
            $0.batch.selfReport.kernelMemory.map(Double.init)
        },
        .init(.counter, "otagent_cgroup_lookups", "Cgroups of which nobody had reported the name.") {
            $0.batch.selfReport.resolver.map { Double($0.lookups) }
        },
        .init(.counter, "otagent_cgroup_resolve_failures", "Those of them that were gone.") {
            $0.batch.selfReport.resolver.map { Double($0.failures) }
        },
        .init(.gauge, "otagent_cgroup_cache_entries", "Cgroups whose name is known.") {
            $0.batch.selfReport.resolver.map { Double($0.known) }
        },
        .init(.gauge, "otagent_series", "Units with series here.") { Double($0.units.count) },
        .init(.gauge, "otagent_series_limit", "As many as there may be.") { Double($0.seriesLimit) },
        .init(.counter, "otagent_series_expired", "Units whose series ended, being idle for long.") {
            Double($0.totals.endedSeries)
        },
        .init(.counter, "otagent_series_overflow", "Rows that went to the unit *, for want of room.") {
            Double($0.totals.overflowingRows)
        },
    ]

    /// The endpoint itself.
    static let endpoint: [Self] = [
        .init(.counter, "otagent_http_requests", "Requests that the local endpoint answered, by status.", ["code"]) {
            view in
            EndpointStatus.allCases.compactMap { status in
                view.endpoint.answers[status].map { Point(Double($0), ("code", "\(status.rawValue)")) }
            }
        },
        .init(.counter, "otagent_http_connections_refused", "Connections for which there was no room.") {
            Double($0.endpoint.refusedConnections)
        },
        .init(.counter, "otagent_http_connections_slow", "Connections given up because the client was too slow.") {
            Double($0.endpoint.slowConnections)
        },
    ]

    /// Those of rules that there are begin at zero; a rule that a reload took away keeps its count.
    private static func alerts(_ view: LiveView) -> [Point] {
        let others = Set(view.totals.alerts.keys).subtracting(view.rules)
            .sorted { ($0.name.rawValue, $0.rule) < ($1.name.rawValue, $1.rule) }
        return (view.rules + others).map { source in
            Point(
                Double(view.totals.alerts[source] ?? 0), ("alert", source.name.rawValue), ("rule", source.rule))
        }
    }

    private static func losses(_ loss: Loss) -> [Point] {
        let losses: [(String, UInt64)] = [
            ("ring_records", loss.ringRecords), ("detail_overflow", loss.detailOverflow),
            ("unresolved_cgroups", loss.unresolvedCgroups), ("container_lookups", loss.containerLookups),
            ("io_uring_unknown_results", loss.ioUringUnknownResults), ("aio_unknown_results", loss.aioUnknownResults),
            ("unknown_file", loss.unknownFile),
        ]
        return losses.map { Point(Double($0.1), ("reason", $0.0)) }
    }
}
