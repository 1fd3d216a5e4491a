import Model

/// What an attempt came to.
enum Outcome: Sendable, Equatable {
    case delivered
    /// Taken, but for so many rows that the receiver does not want; `reason` is the receiver's.
    case deliveredInPart(rejectedRows: Int, reason: String)
    /// Never to be taken: give it up.
    case rejected(reason: String)
    /// Too large for the receiver: its halves may not be.
    case tooLarge(reason: String)
    /// Packed in a way the receiver does not know: another may do.
    case badEncoding(reason: String)
    /// Keep it, and try again after the pause.
    case kept(reason: String, Pause)
    /// Nobody will ever take anything here again.
    case closed(reason: String)
}

/// How long a destination is left alone after a failed attempt.
enum Pause: Sendable, Equatable {
    /// `firm` when the destination asked for it: then a shutdown does not cut it short.
    case time(Duration, firm: Bool)
    /// Until the next payload arrives: for what no waiting mends by itself.
    case untilNext
}

/// Where a courier brings parcels; used on the courier's thread alone, and free to block there.
protocol Destination: AnyObject {
    /// Tries once. `deadline` answers, at any moment, until when the attempt may take: a shutdown sets it meanwhile.
    func attempt(_ parcel: Parcel, deadline: () -> ContinuousClock.Instant?) -> Outcome

    /// Why the last attempt failed, if it did and there is more to say than that.
    var lastFailure: Failure? { get }

    /// When `chore` is to be called if no parcel comes before; nil when there is nothing to do between parcels.
    ///
    /// Asked whenever the courier is about to wait.
    func nextChore(at now: ContinuousClock.Instant) -> ContinuousClock.Instant?
    func chore()
}

/// Why an attempt failed, and whether the next ones will, too, until somebody changes something.
struct Failure: Sendable, Equatable {
    var cause: AttemptFailure
    var isHeld = false
}

extension Destination {
    var lastFailure: Failure? { nil }
    func nextChore(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? { nil }
    func chore() {}
}
