/// Both clocks, read together.
package struct ClockReading: Sendable, Equatable {
    package var wall: Timestamp
    /// Nanoseconds of a clock that nobody sets.
    package var monotonic: Int64

    package init(wall: Timestamp, monotonic: Int64) { (self.wall, self.monotonic) = (wall, monotonic) }
}

/// When windows close, and what each of them covered.
///
/// Boundaries are multiples of the interval since 1970. The wall clock is looked at only when a window opens, to see
/// how far the next boundary is; from then on the monotonic clock decides. So nobody who sets the clock can make a
/// window endless or empty, and after a step the next window finds its way back to the boundaries.
package struct WindowClock: Sendable {
    /// In nanoseconds.
    private var interval: Int64
    /// That of the windows after the open one.
    private var nextInterval: Int64
    /// When the open window was opened.
    package private(set) var opened: ClockReading
    /// What the open window will say as its start.
    private var start: Timestamp
    private var gapBefore: Int64 = 0
    /// When the open window is to close, by the monotonic clock.
    private var deadline: Int64

    /// The first window opens now, wherever that is between two boundaries.
    ///
    /// - Parameter previousEnd: until when others counted before; a moment to come says that the clock was set back, and
    ///   nothing of a gap.
    package init(interval: Duration, start: ClockReading, previousEnd: Timestamp? = nil) {
        self.interval = max(interval.nanoseconds, Self.shortestInterval)
        nextInterval = self.interval
        (opened, self.start, deadline) = (start, start.wall, 0)
        if let previousEnd { gapBefore = max(start.wall.nanoseconds - previousEnd.nanoseconds, 0) }
        deadline = Self.deadline(of: self.start, opened: opened, interval: self.interval)
    }

    /// How long the open window still has; zero when it is to close now.
    package func remaining(from reading: ClockReading) -> Duration {
        // A monotonic clock that goes back is broken: no reason to wait longer than a window.
        .nanoseconds(min(max(deadline - reading.monotonic, 0), interval + shortestWindow))
    }

    /// Closes the open window and opens the next one at the same moment.
    ///
    /// A window that closes within a breath of a boundary ends at the boundary: windows of different hosts then carry
    /// the same times. How long it really was is in `seconds`.
    package mutating func close(at reading: ClockReading) -> Window {
        let elapsed = max(reading.monotonic - opened.monotonic, 0)
        let step = reading.wall.nanoseconds - opened.wall.nanoseconds - elapsed
        let window = Window(
            start: start, end: Self.aligned(reading.wall, interval: interval), seconds: Self.seconds(elapsed),
            gapBefore: Self.seconds(gapBefore), clockStep: abs(step) > Self.tolerance ? Self.seconds(step) : 0)
        open(at: reading, start: window.end, gap: 0)
        return window
    }

    /// Changes the length of the windows after the open one, which keeps its end.
    package mutating func setInterval(_ interval: Duration) {
        nextInterval = max(interval.nanoseconds, Self.shortestInterval)
    }

    /// Starts the open window anew: since it was opened nothing was counted, and it will say so as its gap.
    package mutating func reopen(at reading: ClockReading) {
        let gap = gapBefore + max(reading.monotonic - opened.monotonic, 0)
        open(at: reading, start: reading.wall, gap: gap)
    }

    private mutating func open(at reading: ClockReading, start: Timestamp, gap: Int64) {
        (opened, self.start, gapBefore, interval) = (reading, start, gap, nextInterval)
        deadline = Self.deadline(of: start, opened: reading, interval: interval)
    }
}

extension WindowClock {
    /// Clocks that differ by less were not set: they are disciplined, or were not read at the very same moment.
    private static let tolerance: Int64 = 50_000_000
    private static let shortestInterval: Int64 = 1_000_000

    /// A boundary nearer than this is left out, so that no window is next to nothing.
    private var shortestWindow: Int64 { Self.shortestWindow(interval) }

    private static func shortestWindow(_ interval: Int64) -> Int64 { interval / 20 }

    /// The first boundary at or after a moment.
    package static func boundary(notBefore wall: Timestamp, interval: Duration) -> Timestamp {
        boundary(notBefore: wall, interval: max(interval.nanoseconds, shortestInterval))
    }

    private static func boundary(notBefore wall: Timestamp, interval: Int64) -> Timestamp {
        let over = wall.nanoseconds % interval
        return Timestamp(nanoseconds: wall.nanoseconds - over + (over > 0 ? interval : 0))
    }

    private static func deadline(of start: Timestamp, opened: ClockReading, interval: Int64) -> Int64 {
        let earliest = Timestamp(nanoseconds: start.nanoseconds + max(shortestWindow(interval), 1))
        let boundary = boundary(notBefore: earliest, interval: interval)
        return opened.monotonic + boundary.nanoseconds - opened.wall.nanoseconds
    }

    /// The boundary that a moment missed by less than the tolerance, or the moment itself.
    private static func aligned(_ wall: Timestamp, interval: Int64) -> Timestamp {
        let slack = min(tolerance, shortestWindow(interval))
        let boundary = boundary(notBefore: Timestamp(nanoseconds: wall.nanoseconds - slack), interval: interval)
        return abs(boundary.nanoseconds - wall.nanoseconds) <= slack ? boundary : wall
    }

    private static func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / 1e9 }
}

extension Duration {
    /// Whole nanoseconds; the longest that fit, when there are more.
    fileprivate var nanoseconds: Int64 {
        let (seconds, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return components.seconds < 0 ? .min : .max / 4 }
        return min(seconds, .max / 4) + components.attoseconds / 1_000_000_000
    }
}
