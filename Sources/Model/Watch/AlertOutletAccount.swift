/// What became of the alerts that were handed to one way out.
package struct AlertOutletAccount: Sendable, Equatable {
    package var sent: UInt64 = 0
    /// Those that nobody took, or whose program ended with an error or could not be started.
    package var failed: UInt64 = 0
    /// Those whose program was ended because it took too long.
    package var timedOut: UInt64 = 0
    /// Those that found the line of what waits full, or were still in it at the end.
    package var dropped: UInt64 = 0

    package init() {}

    package init(sent: UInt64 = 0, failed: UInt64 = 0, timedOut: UInt64 = 0, dropped: UInt64 = 0) {
        (self.sent, self.failed, self.timedOut, self.dropped) = (sent, failed, timedOut, dropped)
    }
}

extension AlertOutletAccount {
    package static func + (left: Self, right: Self) -> Self {
        Self(
            sent: left.sent + right.sent, failed: left.failed + right.failed, timedOut: left.timedOut + right.timedOut,
            dropped: left.dropped + right.dropped)
    }
}
