internal import Synchronization

/// What the signals have asked for since the program began, kept until somebody follows it.
final class Wishes: Sendable {
    private struct Stops {
        var asked = 0
        var waiting: [(number: Int, continuation: AsyncStream<Void>.Continuation)] = []
    }

    /// When the first was asked of those that are not followed yet; one stands for all of them, for the file is read after
    /// the last.
    let reloads: AsyncStream<ContinuousClock.Instant>
    private let reload: AsyncStream<ContinuousClock.Instant>.Continuation
    private let stops = Mutex(Stops())

    /// Listens as long as the program lives.
    init(_ signals: AsyncStream<Signals.Wish>) {
        (reloads, reload) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
        Task {
            for await wish in signals {
                switch wish {
                case .stop: noteStop()
                case .reload(let instant): reload.yield(instant)
                }
            }
        }
    }

    private func noteStop() {
        stops.withLock { stops in
            stops.asked += 1
            for (number, continuation) in stops.waiting where number == stops.asked { continuation.finish() }
            stops.waiting.removeAll { $0.number <= stops.asked }
        }
    }

    /// Returns when a stop was asked for so often, or when the task is cancelled.
    func stop(_ number: Int = 1) async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        stops.withLock { stops in
            if stops.asked >= number { continuation.finish() } else { stops.waiting.append((number, continuation)) }
        }
        for await _ in stream {}
    }
}
