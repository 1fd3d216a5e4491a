internal import KernelABI

/// Makes one of the two records of a request of io_uring: what was asked, and what came of it.
struct RequestJoin {
    /// The most requests that wait for their end; beyond, the oldest is given up.
    static let most = 65536

    private var begun: [TraceRecord.Request: TraceRecord] = [:]
    /// In the order of their beginnings, those that have ended among them.
    private var order: [TraceRecord.Request] = []
    private(set) var unknownResults: UInt64 = 0

    /// How many wait for their end.
    var waiting: Int { begun.count }

    /// What the record makes whole: none, or itself, or the request that it ends; one that is given up may come before.
    mutating func take(_ record: TraceRecord) -> [(record: TraceRecord, ended: TraceRecord?)] {
        switch record.kind {
        case .done:
            return [(record, nil)]
        case .begun:
            begun[record.request] = record
            order.append(record.request)
            return makeRoom()
        case .ended:
            guard let beginning = begun.removeValue(forKey: record.request) else {
                // It was given up before.
                return []
            }
            guard !record.has(OT_TRACE_IS_FILTERED) else { return [] }
            if !record.has(OT_TRACE_HAS_RESULT) { unknownResults += 1 }
            return [(beginning, record)]
        }
    }

    /// All that still wait, in the order of their beginnings.
    mutating func giveUp() -> [TraceRecord] {
        defer { (begun, order) = ([:], []) }
        let left = order.compactMap { begun[$0] }
        unknownResults += UInt64(left.count)
        return left
    }

    private mutating func makeRoom() -> [(record: TraceRecord, ended: TraceRecord?)] {
        // Most have ended by then: the list is walked through once in a while.
        if order.count > 2 * Self.most { order.removeAll { begun[$0] == nil } }
        guard begun.count > Self.most, let index = order.firstIndex(where: { begun[$0] != nil }) else { return [] }
        let oldest = begun.removeValue(forKey: order[index])
        order.removeSubrange(...index)
        unknownResults += 1
        return oldest.map { [($0, nil)] } ?? []
    }
}
