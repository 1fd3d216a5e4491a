internal import Synchronization

/// The outputs that still take batches: without any, nothing that is counted reaches anybody.
final class OpenOutputs: Sendable {
    /// Yields once, when the last output has been closed.
    let none: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let count: Mutex<Int>

    init(count: Int) {
        (none, continuation) = AsyncStream.makeStream()
        self.count = Mutex(count)
    }

    /// To be called once for each output that will never take anything again.
    func closeOne() {
        let left = count.withLock { count in
            count -= 1
            return count
        }
        if left == 0 { continuation.yield() }
    }
}
