package import Kernel
package import Model

/// Where events come from: the kernel, or a list in tests.
package protocol TraceSource: Sendable {
    /// The events since the last call, in the order in which they were over, after waiting up to `milliseconds` for some.
    func events(waitingUpTo milliseconds: Int32) async throws -> [TraceEvent]

    /// Ends the trace; the events that are left, those whose result never became known among them.
    func end() async throws -> [TraceEvent]

    /// Which cgroups have come and gone since the last call: of one that is gone nobody else can tell the path.
    func cgroupFacts() async -> [Fact]

    /// What is not among the events so far.
    func loss() async throws -> TraceLoss
}

extension KernelTrace: TraceSource {}

extension TraceSource {
    package func cgroupFacts() async -> [Fact] { [] }
}
