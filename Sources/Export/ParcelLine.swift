import Model

/// What waits for a courier, oldest first, and the account of it.
///
/// `take` and all that follows it are called on the courier's thread, and free to block there; `end` may come at any
/// moment from elsewhere, and after it nothing is settled any more.
protocol ParcelLine: Sendable {
    var account: SinkAccount { get }
    var isEmpty: Bool { get }

    /// Gives up what has waited for too long.
    func expire(at now: ContinuousClock.Instant) -> [SinkEvent]

    /// The oldest, for an attempt; one of the next four must follow.
    func take() -> Taken

    /// Each answers what there is to say, or nil when the line has ended meanwhile.
    func delivered(_ parcel: Parcel, rejecting rows: Int, reason: String?) -> [SinkEvent]?
    func rejected(_ parcel: Parcel, reason: String) -> [SinkEvent]?
    func kept(reason: String) -> [SinkEvent]?
    /// Puts two halves where the parcel was; throws when there is no place for them, and then it is as if kept.
    func split(_ parcel: Parcel, into halves: [Parcel], reason: String) throws(SinkProblem) -> [SinkEvent]?

    /// Lets go of what cannot outlive the program; the second time it does nothing.
    func end(_ reason: String) -> [SinkEvent]
}

/// What came of asking a line for its oldest parcel.
struct Taken {
    var parcel: Parcel?
    /// Why there is none although some wait: ask again after a while.
    var trouble: String?
    var events: [SinkEvent] = []
}

extension SinkEvent {
    static func delivered(_ parcel: Parcel, rejecting rows: Int, reason: String?) -> SinkEvent {
        guard rows > 0 else { return .delivered(id: parcel.id, rows: parcel.rows) }
        return .rejected(id: parcel.id, rows: min(rows, parcel.rows), reason: reason ?? "")
    }

    static func dropped(_ loss: WaitingLine.Loss?, _ reason: String) -> [SinkEvent] {
        guard let loss else { return [] }
        return [.dropped(payloads: loss.payloads, rows: loss.rows, first: loss.first, reason: reason)]
    }
}
