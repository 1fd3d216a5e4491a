internal import Glibc
internal import Machine
package import Model
internal import Render
internal import Synchronization

/// One line on a terminal that says how far a long trace is, and is written over by the next.
package final class ProgressLine: Sendable {
    private let started = Clock.monotonic
    private let next: Atomic<Int64>

    private static let second: Int64 = 1_000_000_000
    /// A short trace shows none.
    private static let delay = 3 * second

    package init() { next = Atomic(started + Self.delay) }

    package var isDue: Bool { Clock.monotonic >= next.load(ordering: .relaxed) }

    package func show(_ account: TraceAccount) {
        let now = Clock.monotonic
        next.store(now + Self.second, ordering: .relaxed)
        put("\r\u{1B}[K" + TraceTrailer(account).progress(after: (now - started) / Self.second))
    }

    /// Makes room for other lines.
    package func clear() { if next.load(ordering: .relaxed) > started + Self.delay { put("\r\u{1B}[K") } }

    private func put(_ text: String) { _ = text.withCString { write(2, $0, strlen($0)) } }
}
