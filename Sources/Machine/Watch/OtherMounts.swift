internal import Model

/// What is mounted in the mount namespaces of writers, read from the /proc of those that live.
///
/// Anybody may have a namespace with as many mounts as the kernel allows, and write from it by name. So what it takes to read
/// tables is bounded, and where one is not read nobody knows where a name led to.
struct OtherMounts {
    enum Answer {
        case table(MountTable)
        /// Nobody in the namespace was seen alive.
        case nobody
        /// It is too long, or too much was read of late.
        case unread
    }

    private struct Known {
        /// Nil when it is too long.
        var table: MountTable?
        var read: UInt64
        var used: UInt64

        var answer: Answer { table.map(Answer.table) ?? .unread }
    }

    /// Namespaces of which the tables are kept; of more, those go that were used longest ago.
    static let limit = 64
    /// Bytes of a table that is read: some 10,000 mounts.
    static let longest = 2 << 20
    private var known: [UInt32: Known] = [:]
    private var budget = ReadingBudget()

    /// The table of a namespace as it was at a time or later; that of before when nobody lives there any more.
    ///
    /// - Parameters:
    ///   - process: one that was in the namespace; by now there may be another of its number.
    ///   - time: of what is asked about, by CLOCK_MONOTONIC in nanoseconds, as `now`.
    mutating func table(of namespace: UInt32, process: Int32, seen time: UInt64, at now: UInt64) -> Answer {
        known[namespace]?.used = now
        if let known = known[namespace], known.read >= time { return known.answer }
        let begun = ContinuousClock.now
        guard budget.allows(at: begun) else { return .unread }
        read(namespace, process, at: now)
        budget.spend(from: begun)
        return known[namespace]?.answer ?? .nobody
    }

    private mutating func read(_ namespace: UInt32, _ process: Int32, at now: UInt64) {
        let directory = "/proc/\(process)"
        guard process > 0, mountNamespace(of: directory) == namespace,
            let text = try? readFile(directory + "/mountinfo", limit: Self.longest + 1), !text.isEmpty,
            // It may have ended meanwhile, and another begun.
            mountNamespace(of: directory) == namespace
        else { return }
        if known[namespace] == nil, known.count >= Self.limit,
            let oldest = known.min(by: { $0.value.used < $1.value.used })
        {
            known[oldest.key] = nil
        }
        let table = text.count > Self.longest ? nil : MountTable(parsing: text)
        known[namespace] = Known(table: table, read: now, used: now)
    }
}
