internal import Model

/// Watch rules and the baseline; nothing where nobody is watched.
extension AgentMetric {
    static let watch: [Self] = [
        .init(.gauge, "otagent_watch_waiting", "Operations that are yet to be judged.") {
            $0.batch.selfReport.watch.map { Double($0.waitingSightings) }
        },
        .init(.gauge, "otagent_alerts_waiting", "Alerts that are in a later window, as there were too many.") {
            $0.batch.selfReport.watch.map { Double($0.waitingAlerts) }
        },
        .init(.counter, "otagent_alerts_dropped", "How often an alert found no room even to wait.") {
            $0.batch.selfReport.watch.map { Double($0.droppedAlerts) }
        },
        .init(
            .counter, "otagent_alerts_handed_over", "Alerts for the journal or the program, by what became of them.",
            ["outlet", "outcome"]
        ) { view in
            guard let watch = view.batch.selfReport.watch else { return [] }
            return points(watch.journal, "journal") + (watch.program.map { points($0, "exec") } ?? [])
        },
        .init(.gauge, "otagent_baseline_learning", "1 while no unit is reported yet.") {
            $0.batch.selfReport.watch?.baseline.map { $0.isLearning ? 1 : 0 }
        },
        .init(.gauge, "otagent_baseline_units", "Units that the baseline knows.") {
            $0.batch.selfReport.watch?.baseline.map { Double($0.units) }
        },
        .init(.gauge, "otagent_baseline_combinations", "Combinations that the baseline knows.") {
            $0.batch.selfReport.watch?.baseline.map { Double($0.combinations) }
        },
        .init(.counter, "otagent_baseline_findings", "Combinations that were new after learning.") {
            $0.batch.selfReport.watch?.baseline.map { Double($0.account.findings) }
        },
        .init(.counter, "otagent_baseline_unjudged", "Combinations that were not judged, for want of room.") {
            $0.batch.selfReport.watch?.baseline.map { Double($0.account.unjudged) }
        },
    ]

    private static func points(_ account: AlertOutletAccount, _ outlet: String) -> [Point] {
        [
            ("sent", account.sent), ("failed", account.failed), ("timed_out", account.timedOut),
            ("dropped", account.dropped),
        ].map { Point(Double($1), ("outlet", outlet), ("outcome", $0)) }
    }
}
