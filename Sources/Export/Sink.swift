package import Model

/// Where batches go. The pipeline hands each batch over once; what becomes of it is the sink's to account for.
package protocol Sink: Sendable {
    /// The name of the output in the configuration.
    var name: String { get }
    var kind: OutputKind { get }
    /// How it stands now; soon answered, whatever the sink is at.
    var account: SinkAccount { get }

    /// Takes a batch over; returns soon, never waits for a network or a full disk.
    ///
    /// Answers false when it returns before the batch is as safe as it will be: then the sink goes on with that, in the
    /// order in which batches came.
    @discardableResult func accept(_ batch: Batch) async -> Bool

    /// Delivers what waits until `deadline`, then keeps the rest for another start, or lets go of it where nothing is
    /// kept, and says how it ended.
    func finish(by deadline: ContinuousClock.Instant) async -> SinkAccount
}
