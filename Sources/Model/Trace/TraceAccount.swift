/// What became of all that happened while a trace was made, for the lines at its end.
package struct TraceAccount: Sendable, Equatable {
    /// Written.
    package var rows: UInt64 = 0
    /// Passed over in the tracer, because nobody asked for them.
    package var passedOver: UInt64 = 0
    /// Rows that could not be written: the disk is full, or the reader is too slow.
    package var unwritten: UInt64 = 0
    /// Rows after whose reader has gone, where that does not end the trace.
    package var unread: UInt64 = 0
    package var loss = TraceLoss()

    package init() {}

    /// Passed over, wherever.
    package var filtered: UInt64 { loss.filtered + passedOver }

    /// Rows that should be there and are not, as far as they were counted.
    package var lost: UInt64 { loss.dropped + unwritten + unread + (loss.missedRuns ?? 0) }

    /// Whether the run did more than the rows show.
    package var lacksRows: Bool { unwritten > 0 || unread > 0 || loss.lacksEvents }

    /// Whether everything that was asked for is in the rows, as far as can be told.
    package var isWhole: Bool { unwritten == 0 && unread == 0 && loss.isNone }

    /// As of two traces that were put together.
    package static func += (left: inout Self, right: Self) {
        left.rows += right.rows
        left.passedOver += right.passedOver
        left.unwritten += right.unwritten
        left.unread += right.unread
        left.loss += right.loss
    }
}
