import Model
import Synchronization

/// A line that is in memory alone: what it holds at the end is lost.
final class MemoryLine: ParcelLine {
    private static let tooMuch = "too much is waiting"

    private struct State {
        var line: WaitingLine
        var ended = false
        /// What is left at the end goes to another line.
        var surrenders = false
        var surrendered: [Parcel] = []
    }

    private let state: Mutex<State>

    init(_ line: WaitingLine) { state = Mutex(State(line: line)) }

    var account: SinkAccount { state.withLock { $0.line.account } }
    var isEmpty: Bool { state.withLock { $0.line.isEmpty } }

    /// Adds a parcel at the end; what no longer fits is dropped, oldest first.
    func append(_ parcel: Parcel) -> [SinkEvent] {
        state.withLock { state in
            let loss = state.line.append(parcel)
            let late = state.ended ? state.line.abandon() : nil
            return .dropped(loss, Self.tooMuch) + .dropped(late, "the output has ended")
        }
    }

    func expire(at now: ContinuousClock.Instant) -> [SinkEvent] {
        .dropped(state.withLock { $0.line.expire(at: now) }, "it waited for too long")
    }

    func take() -> Taken { Taken(parcel: state.withLock { $0.ended ? nil : $0.line.take() }) }

    func delivered(_ parcel: Parcel, rejecting rows: Int, reason: String?) -> [SinkEvent]? {
        settle { line in
            if let reason { line.delivered(rejecting: rows, reason: reason) } else { line.delivered() }
            return [.delivered(parcel, rejecting: rows, reason: reason)]
        }
    }

    func rejected(_ parcel: Parcel, reason: String) -> [SinkEvent]? {
        settle { line in
            line.rejected(reason: reason)
            return [.rejected(id: parcel.id, rows: parcel.rows, reason: reason)]
        }
    }

    func kept(reason: String) -> [SinkEvent]? {
        settle { .dropped($0.kept(reason: reason), Self.tooMuch) }
    }

    func split(_ parcel: Parcel, into halves: [Parcel], reason: String) -> [SinkEvent]? {
        settle { .dropped($0.split(into: halves), Self.tooMuch) }
    }

    /// From now on what is left at the end is not dropped, but waits for `surrendered`.
    func surrender() { state.withLock { $0.surrenders = true } }

    /// What was left at the end.
    var surrendered: [Parcel] { state.withLock { exchange(&$0.surrendered, with: []) } }

    func end(_ reason: String) -> [SinkEvent] {
        state.withLock { state in
            if state.surrenders, !state.ended { state.surrendered = state.line.surrender() }
            state.ended = true
            return .dropped(state.line.abandon(), reason)
        }
    }

    private func settle(_ body: (inout WaitingLine) -> [SinkEvent]) -> [SinkEvent]? {
        // Ended meanwhile: the parcel has been counted as dropped already.
        state.withLock { $0.ended ? nil : body(&$0.line) }
    }
}

extension [SinkEvent] {
    fileprivate static func dropped(_ loss: WaitingLine.Loss?, _ reason: String) -> [SinkEvent] {
        SinkEvent.dropped(loss, reason)
    }
}
