/// How watching stood when a window closed, since the agent started.
package struct WatchReport: Sendable, Equatable {
    /// What was sighted and is not judged yet.
    package var waitingSightings: UInt64 = 0
    /// Alerts for which there was no room in their window, and that are in a later one.
    package var waitingAlerts: UInt64 = 0
    /// How often one found no room even to wait.
    package var droppedAlerts: UInt64 = 0
    /// What the journal, or the log where there is none, was told.
    package var journal = AlertOutletAccount()
    /// Absent as long as there was no program for alerts.
    package var program: AlertOutletAccount?
    /// Absent where nothing is learned.
    package var baseline: BaselineReport?

    package init() {}
}

/// What a baseline knows, and what became of all that it judged.
package struct BaselineReport: Sendable, Equatable {
    /// Whether nothing is reported yet, of any unit.
    package var isLearning: Bool
    /// How many it knows.
    package var units: UInt64
    /// Of a writer and a directory, in all units.
    package var combinations: UInt64
    /// Since the agent started.
    package var account: Baseline.Account

    /// As the baseline stands.
    package init(_ baseline: Baseline) {
        isLearning = baseline.isLearning
        (units, combinations) = (UInt64(baseline.units.count), UInt64(max(baseline.combinations, 0)))
        account = baseline.account
    }
}
