package import Model

/// A way out for alerts besides batches.
package protocol AlertOutlet: Sendable {
    /// Hands an alert over; never waits for anybody.
    func send(_ alert: Alert)
    var account: AlertOutletAccount { get }
}

/// What happens to alerts on their way, for the log.
package enum AlertEvent: Sendable, Equatable {
    /// There is no journal: this is what it would have been told.
    case unheard(String)
    /// The journal did not take an entry.
    case notTaken(reason: String)
    /// The program of `[alerts] exec` did not do what it was started for.
    case programFailed(reason: String)
    /// So many alerts, all in all, found no room.
    case dropped(UInt64)
    /// An alert about what the program itself, or who it started, has done: it is not started for that.
    case ownWriter
}
