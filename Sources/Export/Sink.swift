package import Model

/// Where batches go. The pipeline hands each batch over once; what becomes of it is the sink's to account for.
package protocol Sink: Sendable {
    /// The name of the output in the configuration.
    var name: String { get }

    /// Takes a batch over; returns at once, never waits for a network or a full disk.
    func accept(_ batch: Batch) async

    /// Delivers what waits until `deadline`, then lets go of the rest and says how it ended.
    func finish(by deadline: ContinuousClock.Instant) async -> SinkAccount
}

/// What became of the batches a sink was given, in rows and in payloads.
package struct SinkAccount: Sendable, Equatable {
    package var deliveredPayloads: UInt64 = 0
    package var deliveredRows: UInt64 = 0
    package var droppedPayloads: UInt64 = 0
    package var droppedRows: UInt64 = 0
    package var rejectedPayloads: UInt64 = 0
    package var rejectedRows: UInt64 = 0
    package var waitingPayloads: UInt64 = 0
    package var waitingRows: UInt64 = 0
    /// Files that were set aside as archives.
    package var rotations: UInt64 = 0
    /// Lines without an end that were cut off files.
    package var tornLines: UInt64 = 0
    /// Why the last attempt failed, in words; absent when it did not.
    package var lastError: String?
    package init() {}
}
