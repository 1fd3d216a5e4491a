/// When a file is full, by size or by time.
package struct RotationPolicy: Sendable, Equatable {
    /// Why a file is set aside.
    package enum Cause: String, Sendable {
        case size, time
    }

    /// In bytes; nil when the size does not matter.
    private let maxBytes: Int?
    /// In nanoseconds; nil when the time does not matter.
    private let period: Int64?

    /// A size or a time of zero is none.
    package init(maxBytes: Int, every: Duration) {
        self.maxBytes = maxBytes > 0 ? maxBytes : nil
        let (seconds, overflow) = every.components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let nanoseconds = seconds.addingReportingOverflow(every.components.attoseconds / 1_000_000_000)
        period = overflow || nanoseconds.overflow || nanoseconds.partialValue <= 0 ? nil : nanoseconds.partialValue
    }

    /// Whether a file of `size` bytes, begun at `begun`, is to be set aside before `adding` bytes more.
    ///
    /// An empty file never is: that would give an empty archive and the same empty file again.
    package func cause(size: Int, adding: Int, begun: Timestamp?, now: Timestamp) -> Cause? {
        guard size > 0 else { return nil }
        if let maxBytes, adding > 0, adding > maxBytes - size { return .size }
        if let begun, let end = end(begun: begun), now >= end { return .time }
        return nil
    }

    /// The boundary that ends a file begun at `begun`: a whole multiple of the period since 1970, UTC.
    package func end(begun: Timestamp) -> Timestamp? {
        guard let period else { return nil }
        let start = begun.nanoseconds.flooredQuotient(by: period) * period
        let (end, overflow) = start.addingReportingOverflow(period)
        return overflow ? nil : Timestamp(nanoseconds: end)
    }

    /// When a file counts as begun whose clock says `now`: a clock that was set back must not make it endless.
    package static func begun(_ begun: Timestamp, now: Timestamp) -> Timestamp { min(begun, now) }
}
