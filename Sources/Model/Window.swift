/// A moment of the wall clock, in nanoseconds since 1970 UTC.
package struct Timestamp: Hashable, Sendable, Comparable {
    package let nanoseconds: Int64
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
}

/// The interval a batch covers.
package struct Window: Sendable, Equatable {
    package var start: Timestamp
    package var end: Timestamp
    /// How long it lasted by the monotonic clock, in seconds.
    package var seconds: Double
    /// Seconds before `start` that no batch of this instance covers.
    package var gapBefore: Double
    /// How far the wall clock was set during the window, in seconds; positive is forward.
    package var clockStep: Double

    package init(start: Timestamp, end: Timestamp, seconds: Double, gapBefore: Double = 0, clockStep: Double = 0) {
        (self.start, self.end, self.seconds) = (start, end, seconds)
        (self.gapBefore, self.clockStep) = (gapBefore, clockStep)
    }
}
