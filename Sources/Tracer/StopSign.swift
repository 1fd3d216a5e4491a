internal import Synchronization

/// Tells a trace to end; seen from any thread, at once.
package final class StopSign: Sendable {
    package enum State: UInt8, Comparable, Sendable {
        case goOn
        /// No more events are wanted; those that are there are written.
        case end
        /// Nobody is waited for any more, not even who should read the rows.
        case hurry

        package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    private let value = Atomic<UInt8>(State.goOn.rawValue)

    package init() {}

    package var state: State { State(rawValue: value.load(ordering: .relaxed)) ?? .hurry }

    /// Never goes back.
    package func ask(_ state: State) { value.max(state.rawValue, ordering: .relaxed) }
}
