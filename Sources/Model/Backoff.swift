/// How long to wait before the next attempt: full jitter below a bound that doubles.
///
/// Any moment up to the bound is as likely as any other, so that agents which lost their collector together do not
/// come back together.
package struct Backoff: Sendable, Equatable {
    package let initial: Duration
    package let maximum: Duration
    /// Attempts that failed in a row.
    package private(set) var failures = 0

    package init(initial: Duration, maximum: Duration) {
        (self.initial, self.maximum) = (max(initial, .zero), max(maximum, .zero))
    }

    /// The wait after one more failure; not shorter than what the receiver asked for, within reason.
    package mutating func delay(
        retryAfter: Duration? = nil, using random: inout some RandomNumberGenerator
    ) -> Duration {
        let bound = bound
        failures += 1
        return Self.longer(bound * Double.random(in: 0...1, using: &random), retryAfter)
    }

    /// The wait after an answer that only a person can change, such as a wrong password: always the longest.
    package mutating func hold(retryAfter: Duration? = nil) -> Duration {
        failures += 1
        return Self.longer(maximum, retryAfter)
    }

    /// Starts over: an attempt succeeded, or the destination is another now.
    package mutating func reset() { failures = 0 }

    /// No receiver can silence an agent for longer than this.
    package static let longestRetryAfter: Duration = .seconds(15 * 60)

    private var bound: Duration {
        var bound = min(initial, maximum)
        for _ in 0..<failures where bound > .zero && bound < maximum { bound = min(bound * 2, maximum) }
        return bound
    }

    private static func longer(_ delay: Duration, _ retryAfter: Duration?) -> Duration {
        guard let retryAfter else { return delay }
        return max(delay, min(retryAfter, longestRetryAfter))
    }
}
