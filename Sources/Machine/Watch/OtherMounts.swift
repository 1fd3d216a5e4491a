internal import Model

/// What is mounted in the mount namespaces of writers, read from the /proc of those that live.
///
/// Anybody may have a namespace with as many mounts as the kernel allows, and write from it by name. So what it takes to read
/// tables is bounded, all together and of each namespace; who has to wait for one is told so.
struct OtherMounts {
    enum Answer {
        case table(MountTable)
        /// Nobody in the namespace was seen alive.
        case nobody
        /// It is longer than is read.
        case tooLong
        /// It is read later, as much was read of late; with the table of before, if there is one.
        case later(MountTable?)
    }

    private struct Known {
        /// Nil when it is too long.
        var table: MountTable?
        /// Of the text.
        var bytes: Int
        var read: UInt64
        var used: UInt64
        /// Until when it is not read again: the longer it took, the longer.
        var rests: ContinuousClock.Instant

        var answer: Answer { table.map(Answer.table) ?? .tooLong }
    }

    /// Bytes of the texts of all tables that are kept; of more, those go that were used longest ago.
    static let most = 16 << 20
    /// Bytes of a table that is read: some 10,000 mounts.
    static let longest = 2 << 20
    /// How many times as long as it took to read it a namespace rests.
    private static let rest = 20

    private var known: [UInt32: Known] = [:]
    private var bytes = 0
    private var budget = ReadingBudget()

    /// The table of a namespace as it was at a time or later; that of before when nobody lives there any more.
    ///
    /// - Parameters:
    ///   - process: one that was in the namespace; by now there may be another of its number.
    ///   - time: of what is asked about, by CLOCK_MONOTONIC in nanoseconds, as `now`; nil when a table of any time will do.
    mutating func table(of namespace: UInt32, process: Int32, seen time: UInt64?, at now: UInt64) -> Answer {
        known[namespace]?.used = now
        if let known = known[namespace], known.read >= time ?? 0 { return known.answer }
        let before = known[namespace]
        let directory = "/proc/\(process)"
        guard process > 0, mountNamespace(of: directory) == namespace else { return before?.answer ?? .nobody }
        let begun = ContinuousClock.now
        guard budget.allows(at: begun), before.map({ $0.rests <= begun }) ?? true else { return .later(before?.table) }
        guard let text = try? readFile(directory + "/mountinfo", limit: Self.longest + 1), !text.isEmpty,
            // It may have ended meanwhile, and another begun.
            mountNamespace(of: directory) == namespace
        else { return before?.answer ?? .nobody }
        let table = text.count > Self.longest ? nil : MountTable(parsing: text)
        budget.spend(from: begun)
        let taken = begun.duration(to: .now)
        let new = Known(
            table: table, bytes: text.count, read: now, used: now, rests: .now + taken * Self.rest)
        keep(new, of: namespace)
        return new.answer
    }

    private mutating func keep(_ new: Known, of namespace: UInt32) {
        drop(namespace)
        while bytes + new.bytes > Self.most, let oldest = known.min(by: { $0.value.used < $1.value.used }) {
            drop(oldest.key)
        }
        known[namespace] = new
        bytes += new.bytes
    }

    private mutating func drop(_ namespace: UInt32) {
        bytes -= known.removeValue(forKey: namespace)?.bytes ?? 0
    }
}
