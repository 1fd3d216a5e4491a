package import Model
import Render
import Synchronization

/// Writes batches to standard output, whole lines at a time.
///
/// A reader that is slow, or stops reading, holds up the sink's thread and nobody else. The sink must be finished.
package final class StdoutSink: Sink {
    package let name: String
    package var kind: OutputKind { .stdout }
    private let shaper: Mutex<BatchShaper>
    private let courier: Courier

    /// `descriptor` stays the caller's, and must stay open until the sink is finished.
    package init(
        name: String, options: StdoutOptions, descriptor: Int32 = 1, events: @escaping @Sendable (SinkEvent) -> Void
    ) throws(SinkProblem) {
        self.name = name
        shaper = Mutex(BatchShaper(format: options.format, maxBytes: options.maxBatchBytes))
        courier = try Courier(
            line: WaitingLine(maxBytes: options.maxWaitingBytes, maxAge: nil),
            destination: try StreamDestination(descriptor: descriptor), events: events)
    }

    @discardableResult package func accept(_ batch: Batch) async -> Bool {
        shaper.withLock { $0.render(batch) { accept([$0]) } }
        return true
    }

    /// Takes over what is rendered already.
    package func accept(_ payloads: [Payload]) {
        let now = ContinuousClock.now
        courier.submit(payloads.map { Parcel(lines: $0, since: now) })
    }

    package func finish(by deadline: ContinuousClock.Instant) async -> SinkAccount {
        await courier.finish(by: deadline)
    }

    /// How it stands now.
    package var account: SinkAccount { courier.account }
}
