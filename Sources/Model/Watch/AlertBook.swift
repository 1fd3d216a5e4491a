/// The alerts of the window that is open: each once until it is forgotten, and no more than anybody could read.
///
/// Those beyond the limit of a window wait for the next ones, the urgent before the others, as long as there is room. So a
/// flood may delay an alert, but does not hide it before as many are waiting as there is room for.
package struct AlertBook: Sendable {
    package struct Limits: Sendable, Equatable {
        package var perWindow: Int
        package var waiting = 4096
        /// Ids; of more than these, those that were raised or seen again longest ago are forgotten.
        package var remembered = 65_536
        /// After how many nanoseconds an alert is raised again, should what it is about go on.
        package var memory: UInt64 = 24 * 60 * 60 * 1_000_000_000

        package init(perWindow: Int = 100) { self.perWindow = perWindow }
    }

    /// What became of an alert.
    package enum Outcome: Sendable, Equatable {
        /// It is in this window.
        case raised
        /// It is in a later one.
        case waiting
        /// It was raised, or waits.
        case known
        /// There is no room even to wait: it is raised when it is told again, and `takeRoom` says when that makes sense.
        case dropped
    }

    private struct Memory {
        var raised: UInt64
        var seen: UInt64
    }

    package var limits: Limits
    /// Those of this window so far.
    package private(set) var open: [Alert] = []
    /// Alerts of this window that were taken before it closed.
    private var taken = 0
    private var waiting: [Alert] = []
    private var suppressed: UInt64 = 0
    /// Alerts of this window that were held back before.
    private var carried = 0
    private var memories: [String: Memory] = [:]
    /// How often there was no room for an alert even to wait, or no longer. What is told again and has room by then is raised.
    package private(set) var dropped: UInt64 = 0
    private var droppedBefore: UInt64 = 0
    /// Of those that the baseline found, which finds nothing twice, the ids.
    private var droppedFindings: Set<String> = []

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// - Parameter now: CLOCK_MONOTONIC, in nanoseconds.
    package mutating func raise(_ alert: Alert, at now: UInt64) -> Outcome {
        if let memory = memories[alert.id], now &- memory.raised < limits.memory || now < memory.raised {
            memories[alert.id]?.seen = max(memory.seen, now)
            return .known
        }
        if open.count + taken < limits.perWindow {
            open.append(alert)
            remember(alert.id, at: now)
            return .raised
        }
        suppressed += 1
        guard limits.perWindow > 0, makeRoom(for: alert) else {
            drop(alert)
            return .dropped
        }
        let place = alert.isUrgent ? waiting.firstIndex { !$0.isUrgent } : nil
        waiting.insert(alert, at: place ?? waiting.endIndex)
        remember(alert.id, at: now)
        return .waiting
    }

    /// Whether there is room for one more to wait; the last that is not urgent gives way to one that is.
    private mutating func makeRoom(for alert: Alert) -> Bool {
        if waiting.count < limits.waiting { return true }
        guard alert.isUrgent, let last = waiting.last, !last.isUrgent else { return false }
        waiting.removeLast()
        forget(last.id)
        drop(last)
        return true
    }

    private mutating func drop(_ alert: Alert) {
        dropped += 1
        if alert.name == .newWriter, droppedFindings.count < limits.remembered { droppedFindings.insert(alert.id) }
    }

    /// What the baseline has to find once more, or nobody is ever told of it.
    package mutating func takeDroppedFindings() -> Set<String> { exchange(&droppedFindings, with: []) }

    /// Whether alerts were dropped and there is room for them now; once, as all is to be told again then.
    package mutating func takeRoom() -> Bool {
        guard dropped != droppedBefore, limits.perWindow > 0, waiting.count <= limits.waiting / 2 else { return false }
        droppedBefore = dropped
        return true
    }

    /// Whether there are alerts that should not wait for the end of the window.
    package var hasUrgent: Bool { open.contains(where: \.isUrgent) }

    /// The urgent alerts of this window, which then are in it no more, though they count for its limit.
    package mutating func takeUrgent() -> [Alert] {
        let urgent = open.filter(\.isUrgent)
        open.removeAll(where: \.isUrgent)
        taken += urgent.count
        return urgent
    }

    /// The alerts of the window, and how many were held back in it; those that wait are the first of the next. There is no
    /// next after the last one, which has them all.
    package mutating func close(isLast: Bool = false) -> (alerts: [Alert], suppressed: UInt64) {
        if isLast { open += exchange(&waiting, with: []) }
        let closed = (open, suppressed)
        let next = min(max(limits.perWindow, 0), waiting.count)
        open = Array(waiting.prefix(next))
        carried = next
        waiting.removeFirst(next)
        (taken, suppressed) = (0, 0)
        return closed
    }

    /// How many wait beyond this window.
    package var waitingCount: Int { waiting.count }

    /// How many were held back before this window began and are not told: those that are in it, and those that still wait.
    package var heldCount: Int { carried + waiting.count }

    /// Lets an alert be raised again.
    package mutating func forget(_ id: String) { memories[id] = nil }

    private mutating func remember(_ id: String, at now: UInt64) {
        if memories[id] == nil, memories.count >= max(limits.remembered, 1) { forgetOldest() }
        memories[id] = Memory(raised: now, seen: now)
    }

    /// An eighth at once: to look for the oldest one takes as long as to look for many.
    private mutating func forgetOldest() {
        let count = max(memories.count / 8, memories.count - limits.remembered + 1, 1)
        let oldest = memories.sorted { ($0.value.seen, $0.key) < ($1.value.seen, $1.key) }.prefix(count)
        for (id, _) in oldest { memories[id] = nil }
    }
}
