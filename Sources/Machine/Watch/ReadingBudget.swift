/// How much of the time reading may take: a quarter, and more for a moment.
struct ReadingBudget {
    private static var times: Int { 4 }
    private static var burst: Duration { .milliseconds(500) }

    /// When what was taken so far has been made up for.
    private var paid: ContinuousClock.Instant?

    /// Whether something may be read now.
    func allows(at now: ContinuousClock.Instant = .now) -> Bool { paid.map { $0 <= now + Self.burst } ?? true }

    mutating func spend(from begun: ContinuousClock.Instant, to now: ContinuousClock.Instant = .now) {
        paid = max(paid ?? now, now) + begun.duration(to: now) * Self.times
    }
}
