/// Whether the agent does what it is there for: the loop turns, and windows close.
package enum EndpointHealth: Sendable, Equatable {
    case fine
    case sick(String)

    /// Signs of life, each with the reading of a clock that nobody sets, in nanoseconds; absent before the first.
    package struct Signs: Sendable, Equatable {
        package var began: Int64?
        package var turned: Int64?
        package var closed: Int64?
        package init() {}
    }

    /// A loop that turns does so several times a second.
    private static let longestTurn: Int64 = 5_000_000_000
    /// Reading the counters of 10,000 cgroups and handing batches over, on a busy machine.
    private static let grace: Int64 = 5_000_000_000

    /// - Parameter interval: nanoseconds between two windows' ends.
    package init(_ signs: Signs, interval: Int64, at now: Int64) {
        guard let began = signs.began else {
            self = .sick("starting: the programs are not loaded yet")
            return
        }
        let still = now - (signs.turned ?? began)
        let open = now - (signs.closed ?? began)
        if still > Self.longestTurn {
            self = .sick("the loop that reads the counters has not turned for \(still / 1_000_000_000) seconds")
        } else if open > interval + interval / 2 + Self.grace {
            self = .sick("no window has closed for \(open / 1_000_000_000) seconds")
        } else {
            self = .fine
        }
    }
}
