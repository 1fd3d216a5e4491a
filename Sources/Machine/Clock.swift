internal import Glibc
package import Model

/// The two clocks of the host.
package enum Clock {
    package static var wall: Timestamp { Timestamp(nanoseconds: read(CLOCK_REALTIME)) }

    /// Nanoseconds since some moment before the boot ended; never set.
    package static var monotonic: Int64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
