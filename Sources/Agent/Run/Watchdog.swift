internal import CSystemd
internal import Synchronization

/// Tells the service manager that the agent lives, when it was asked to (`WatchdogSec=`).
final class Watchdog: Sendable {
    private let interval: Duration
    private let fed: Mutex<ContinuousClock.Instant?>

    /// Nil when nobody waits for a sign of life.
    init?() {
        var microseconds: UInt64 = 0
        guard sd_watchdog_enabled(0, &microseconds) > 0, microseconds > 0 else { return nil }
        interval = .microseconds(Int64(clamping: microseconds)) / 4
        fed = Mutex(nil)
    }

    /// To be called often; most calls do nothing.
    func turned(at now: ContinuousClock.Instant = .now) {
        let isDue = fed.withLock { fed in
            if let fed, fed.duration(to: now) < interval { return false }
            fed = now
            return true
        }
        if isDue { ServiceNotice.alive() }
    }
}
