internal import Model

/// Which reasons were told already: each is told again after an hour, and not more than a hundred in one.
struct ToldReasons {
    private var times: [String: Int64] = [:]

    private static let hour: Int64 = 3_600_000_000_000
    private static let most = 100
    /// Characters of one: a file may have anything in it.
    private static let longest = 500

    /// Those that are to be told now, fit to be read in a log.
    mutating func new(_ reasons: [String], _ now: Int64) -> [String] {
        if reasons.isEmpty { return [] }
        times = times.filter { now - $0.value < Self.hour }
        return reasons.compactMap { reason in
            let shown = String(reason.prefix(Self.longest)).legible
            guard times[shown] == nil, times.count < Self.most else { return nil }
            times[shown] = now
            return shown
        }
    }
}
