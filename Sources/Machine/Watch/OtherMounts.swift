internal import Model

/// What is mounted in the mount namespaces of writers, read from the /proc of those that live.
struct OtherMounts {
    private struct Known {
        var table: MountTable
        var read: UInt64
        var used: UInt64
    }

    /// Namespaces of which the tables are kept; of more, those go that were used longest ago.
    static let limit = 64
    /// Nanoseconds after which a table is read anew.
    static let age: UInt64 = 1_000_000_000

    private var known: [UInt32: Known] = [:]

    /// The table of a namespace; nil when nobody in it was seen alive.
    ///
    /// - Parameters:
    ///   - process: one that was in the namespace; by now there may be another of its number.
    ///   - now: CLOCK_MONOTONIC, in nanoseconds.
    mutating func table(of namespace: UInt32, process: Int32, at now: UInt64) -> MountTable? {
        known[namespace]?.used = now
        if let known = known[namespace], now &- known.read < Self.age { return known.table }
        if let table = Self.read(namespace, process) {
            if known[namespace] == nil, known.count >= Self.limit,
                let oldest = known.min(by: { $0.value.used < $1.value.used })
            {
                known[oldest.key] = nil
            }
            known[namespace] = Known(table: table, read: now, used: now)
        }
        return known[namespace]?.table
    }

    private static func read(_ namespace: UInt32, _ process: Int32) -> MountTable? {
        let directory = "/proc/\(process)"
        guard process > 0, mountNamespace(of: directory) == namespace,
            let text = try? readFile(directory + "/mountinfo", limit: HostMounts.longest), !text.isEmpty,
            // It may have ended meanwhile, and another begun.
            mountNamespace(of: directory) == namespace
        else { return nil }
        return MountTable(parsing: text)
    }
}
