internal import Synchronization

/// The outputs that still take batches: without any, nothing that is counted reaches anybody.
final class OpenOutputs: Sendable {
    /// One life of one output.
    struct Token: Hashable, Sendable { fileprivate let number: Int }

    private struct State {
        var open: Set<Token> = []
        var made = 0
    }

    /// Yields when the last output has been closed by its reader.
    let none: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    init() { (none, continuation) = AsyncStream.makeStream() }

    func open() -> Token {
        state.withLock { state in
            state.made += 1
            let token = Token(number: state.made)
            state.open.insert(token)
            return token
        }
    }

    /// Yields if none is open: after outputs were replaced.
    func check() { if state.withLock({ $0.open.isEmpty }) { continuation.yield() } }

    /// For an output that was ended by the agent itself.
    func forget(_ token: Token) { state.withLock { _ = $0.open.remove(token) } }

    /// For an output that will never take anything again.
    func close(_ token: Token) {
        let wasLast = state.withLock { $0.open.remove(token) != nil && $0.open.isEmpty }
        if wasLast { continuation.yield() }
    }
}
