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
    /// How long the next window waits for a disk, in seconds.
    private static let patience = 1.0
    /// Of batches that stand before a disk which does not answer; what is more is dropped and counted.
    private static let mostStandingRows = 20_000
    /// What may wait in memory while the spool takes nothing.
    private static let memoryBytes = 4 << 20

    package let name: String
    package var kind: OutputKind { .http }
    private let options: HTTPOptions
    private let shaper: Mutex<BatchShaper>
    private let courier: ParcelCourier<Spool>
    /// Where batches are rendered and written: a disk may take its time, which is nothing to hold up tasks with.
    let queue: DispatchQueue
    private let standingRows = Mutex(0)

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

    /// Throws what would keep a sink from being made; looks at no network and no spool.
    package static func probe(_ options: HTTPOptions) throws(SinkProblem) {
        _ = try HTTPDestination(options, version: "")
    }

    /// Returns when the batch is durable or cannot be made so, or with false when the disk takes its time.
    @discardableResult package func accept(_ batch: Batch) async -> Bool {
        guard enter(rows: batch.rows.count) else {
            let id = "\(batch.agent.instance)-\(batch.sequence)"
            courier.added(courier.line.refuse(rows: batch.rows.count, id: id, reason: "the spool's disk hangs"))
            return true
        }
        return await withCheckedContinuation { continuation in
            let goOn = Once(continuation)
            queue.async { [self] in
                shaper.withLock { shaper in
                    shaper.render(batch) { accept([$0], sequence: batch.sequence, window: batch.window) }
                }
                standingRows.withLock { $0 -= batch.rows.count }
                goOn.resume(true)
            }
            DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { goOn.resume(false) }
        }
    }

    /// Whether there is room for a batch among those that stand before a disk which does not answer.
    private func enter(rows: Int) -> Bool {
        standingRows.withLock { standing in
            guard standing == 0 || standing + rows <= Self.mostStandingRows else { return false }
            standing += rows
            return true
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

/// A continuation that whoever comes first resumes.
private final class Once: Sendable {
    private let continuation: Mutex<CheckedContinuation<Bool, Never>?>

    init(_ continuation: CheckedContinuation<Bool, Never>) { self.continuation = Mutex(continuation) }

    func resume(_ answer: Bool) { continuation.withLock { exchange(&$0, with: nil) }?.resume(returning: answer) }
}
