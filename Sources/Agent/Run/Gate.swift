/// Lets one task at a time through a stretch of code that waits in between; in the order in which they came.
///
/// An actor alone does not: whenever it waits, its other work goes on.
struct Gate {
    private var isClosed = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Whether the caller may go on at once; else it must wait by `queue`.
    mutating func enter() -> Bool {
        if isClosed { return false }
        isClosed = true
        return true
    }

    mutating func queue(_ waiter: CheckedContinuation<Void, Never>) { waiting.append(waiter) }

    /// Lets the next one through; the gate stays closed for the others.
    mutating func leave() {
        if waiting.isEmpty { isClosed = false } else { waiting.removeFirst().resume() }
    }
}
