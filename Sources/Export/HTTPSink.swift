package import Model
import Render
import Synchronization

/// Ships batches to a collector by HTTP.
///
/// What waits is kept in memory within the bounds of `[outputs.NAME.spool]`, packed as it will be sent. The sink has a
/// thread and must be finished.
package final class HTTPSink: Sink {
    package let name: String
    private let options: HTTPOptions
    private let shaper: Mutex<BatchShaper>
    private let courier: Courier

    /// `events` is called on the sink's thread and on that of whoever hands batches over; it must return soon.
    package init(
        name: String, options: HTTPOptions, version: String, events: @escaping @Sendable (SinkEvent) -> Void
    ) throws(SinkProblem) {
        (self.name, self.options) = (name, options)
        shaper = Mutex(BatchShaper(format: options.format, maxBytes: options.maxBatchBytes))
        courier = try Courier(
            line: WaitingLine(maxBytes: options.spool.maxBytes, maxAge: options.spool.maxAge),
            destination: try HTTPDestination(options, version: version), events: events)
    }

    package func accept(_ batch: Batch) async {
        shaper.withLock { $0.render(batch) { accept([$0]) } }
    }

    /// Takes over what is rendered already.
    package func accept(_ payloads: [Payload]) {
        let now = ContinuousClock.now
        courier.submit(payloads.map { Parcel($0, compression: options.compression, since: now) })
    }

    package func finish(by deadline: ContinuousClock.Instant) async -> SinkAccount {
        await courier.finish(by: deadline)
    }

    /// How it stands now.
    package var account: SinkAccount { courier.account }
}
