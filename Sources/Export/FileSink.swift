package import Model
import Render
import Synchronization

/// Appends batches to a file, whole lines at a time.
///
/// What cannot be written waits in memory for the next batch, within a bound. The sink has a thread and must be
/// finished.
package final class FileSink: Sink {
    package let name: String
    private let options: FileOptions
    private let reopening: ReopenRequest
    private let shaper: Mutex<BatchShaper>
    private let courier: Courier

    /// Opens the file at once, so that a wrong path is known at the start.
    package init(
        name: String, options: FileOptions, events: @escaping @Sendable (SinkEvent) -> Void
    ) throws(SinkProblem) {
        (self.name, self.options) = (name, options)
        shaper = Mutex(BatchShaper(format: options.format, maxBytes: options.maxBatchBytes))
        let reopening = ReopenRequest()
        self.reopening = reopening
        courier = try Courier(
            line: WaitingLine(maxBytes: options.maxWaitingBytes, maxAge: nil),
            destination: try FileDestination(path: options.path, reopening: reopening), events: events)
    }

    package func accept(_ batch: Batch) async {
        shaper.withLock { $0.render(batch) { accept([$0]) } }
    }

    /// Takes over what is rendered already.
    package func accept(_ payloads: [Payload]) {
        let now = ContinuousClock.now
        courier.submit(payloads.map { Parcel(lines: $0, since: now) })
    }

    /// Opens the path anew before the next write, and tries again what waits.
    package func reopen() {
        reopening.ask()
        courier.retry()
    }

    package func finish(by deadline: ContinuousClock.Instant) async -> SinkAccount {
        await courier.finish(by: deadline)
    }

    /// How it stands now.
    package var account: SinkAccount { courier.account }
}

/// A wish passed from any thread to the one that writes.
final class ReopenRequest: Sendable {
    private let asked = Mutex(false)

    func ask() { asked.withLock { $0 = true } }

    /// Whether there was a wish since the last time.
    func take() -> Bool {
        asked.withLock { asked in
            defer { asked = false }
            return asked
        }
    }
}

/// The file of a `FileSink`, on its thread.
final class FileDestination: Destination {
    private let path: String
    private let reopening: ReopenRequest
    private var file: AppendFile?

    init(path: String, reopening: ReopenRequest) throws(SinkProblem) {
        (self.path, self.reopening) = (path, reopening)
        file = try AppendFile(path: path)
    }

    func attempt(_ parcel: Parcel, deadline: () -> ContinuousClock.Instant?) -> Outcome {
        do throws(SinkProblem) {
            if reopening.take() || file?.isInPlace() != true {
                file = nil
                file = try AppendFile(path: path)
            }
            try file?.append(parcel.body)
            return .delivered
        } catch {
            return .kept(reason: "\(error)", .untilNext)
        }
    }
}
