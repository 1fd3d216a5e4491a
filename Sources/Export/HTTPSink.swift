import Dispatch
package import Model
import Render
import Synchronization
import SystemPackage

/// Ships batches to a collector by HTTP.
///
/// Every batch is written to a spool before it is sent, packed as it will be, within the bounds of
/// `[outputs.NAME.spool]`. The sink has a thread and must be finished.
package final class HTTPSink: Sink {
    /// What may wait in memory while the spool takes nothing.
    private static let memoryBytes = 4 << 20

    package let name: String
    package var kind: OutputKind { .http }
    private let options: HTTPOptions
    private let shaper: Mutex<BatchShaper>
    private let courier: ParcelCourier<Spool>
    /// Where batches are rendered and written: a disk may take its time, which is nothing to hold up tasks with.
    private let queue: DispatchQueue

    /// Takes up what an earlier start left in the spool.
    ///
    /// - Parameters:
    ///   - spool: the folder that is this output's alone; nil: what waits is in memory, and lost at the end.
    ///   - events: called on the sink's threads and on that of whoever makes it; it must return soon.
    package init(
        name: String, options: HTTPOptions, version: String, spool: String?,
        events: @escaping @Sendable (SinkEvent) -> Void
    ) throws(SinkProblem) {
        (self.name, self.options) = (name, options)
        shaper = Mutex(BatchShaper(format: options.format, maxBytes: options.maxBatchBytes))
        queue = DispatchQueue(label: "otagent.\(name)")
        let destination = try HTTPDestination(options, version: version)
        // One batch at least, however large they may be.
        let memory = spool == nil ? options.spool.maxBytes : max(Self.memoryBytes, options.maxBatchBytes)
        let caps = SpoolCaps(maxBytes: options.spool.maxBytes, maxAge: options.spool.maxAge, memoryBytes: memory)
        let line = Spool(
            folder: spool.map { FilePath($0) }, caps: caps, wall: .current, now: .now, events: events)
        courier = try ParcelCourier(carrying: line, destination: destination, events: events)
    }

    /// Returns when the batch is durable, or cannot be made so.
    package func accept(_ batch: Batch) async {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                shaper.withLock { shaper in
                    shaper.render(batch) { accept([$0], sequence: batch.sequence, window: batch.window) }
                }
                continuation.resume()
            }
        }
    }

    /// Takes over what is rendered already, on the caller's thread.
    package func accept(_ payloads: [Payload], sequence: UInt64, window: Window) {
        for payload in payloads {
            let parcel = courier.acceptable(Parcel(payload, compression: options.compression, since: .now))
            courier.added(courier.line.append(parcel, sequence: sequence, window: window))
        }
    }

    /// What was not taken by then is in the spool, and waits there for the next start.
    package func finish(by deadline: ContinuousClock.Instant) async -> SinkAccount {
        await courier.finish(by: deadline)
    }

    /// How it stands now.
    package var account: SinkAccount { courier.account }
}
