package import Model

/// Where batches go. The pipeline hands each batch over once; what becomes of it is the sink's to account for.
package protocol Sink: Sendable {
    /// The name of the output in the configuration.
    var name: String { get }

    /// Takes a batch over; returns at once, never waits for a network or a full disk.
    func accept(_ batch: Batch) async

    /// Delivers what waits until `deadline`, then keeps the rest for another start, or lets go of it where nothing is
    /// kept, and says how it ended.
    func finish(by deadline: ContinuousClock.Instant) async -> SinkAccount
}

/// What became of the batches a sink was given, in rows and in payloads.
///
/// At every moment `created + found = delivered + rejected + dropped + corrupt + waiting` in rows; in payloads halving adds
/// to the left side.
package struct SinkAccount: Sendable, Equatable {
    package var createdPayloads: UInt64 = 0
    package var createdRows: UInt64 = 0
    /// What an earlier start had left in the spool.
    package var foundPayloads: UInt64 = 0
    package var foundRows: UInt64 = 0
    /// How many more payloads there are because some were too large and had to be halved.
    package var splitPayloads: UInt64 = 0
    package var deliveredPayloads: UInt64 = 0
    package var deliveredRows: UInt64 = 0
    package var droppedPayloads: UInt64 = 0
    package var droppedRows: UInt64 = 0
    package var rejectedPayloads: UInt64 = 0
    package var rejectedRows: UInt64 = 0
    /// Files of the spool that were damaged or no batches; the rows of the latter are not known, and in no sum.
    package var corruptPayloads: UInt64 = 0
    package var corruptRows: UInt64 = 0
    package var waitingPayloads: UInt64 = 0
    package var waitingRows: UInt64 = 0
    /// Files that were set aside as archives.
    package var rotations: UInt64 = 0
    /// Lines without an end that were cut off files.
    package var tornLines: UInt64 = 0
    /// The part of the waiting that is on disk, and would outlive the program.
    package var spooledPayloads: UInt64 = 0
    package var spooledRows: UInt64 = 0
    /// On disk, in whole blocks.
    package var spooledBytes: UInt64 = 0
    /// Why the last attempt failed, in words; absent when it did not.
    package var lastError: String?
    package init() {}
}
