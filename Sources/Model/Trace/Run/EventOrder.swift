/// Hands events on in the order of their times.
///
/// They come from the buffers of several CPUs, so that one may come a little after others that happened later. An event
/// without a time is taken to be as late as the latest before it.
struct EventOrder {
    /// How much later, in nanoseconds, one that came earlier may be.
    static var reach: Int64 { 1_000_000_000 }
    /// How many wait at most: with more than this the oldest go on, however near they are.
    static var most: Int { 65536 }

    private var waiting: [(time: Int64, event: TraceEvent)] = []
    private var isInOrder = true
    private var latest = Int64.min

    init() {}

    /// - Returns: those before which nothing can come any more, which may be none.
    mutating func add(_ event: TraceEvent) -> [TraceEvent] {
        let time = event.time?.nanoseconds ?? latest
        latest = max(latest, time)
        if let last = waiting.last, last.time > time { isInOrder = false }
        waiting.append((time, event))
        // Sorting them and moving the rest up costs as much as there is: not for each event.
        guard waiting.count.isMultiple(of: 4096) else { return [] }
        sort()
        let border = latest == .min ? latest : latest.subtractingReportingOverflow(Self.reach).partialValue
        var count = waiting.firstIndex { $0.time > border } ?? waiting.count
        if waiting.count >= Self.most { count = max(count, waiting.count / 2) }
        return take(count)
    }

    mutating func finish() -> [TraceEvent] {
        sort()
        return take(waiting.count)
    }

    /// Those of one time stay as they came.
    private mutating func sort() {
        if !isInOrder { waiting.sort { $0.time < $1.time } }
        isInOrder = true
    }

    private mutating func take(_ count: Int) -> [TraceEvent] {
        defer { waiting.removeFirst(count) }
        return waiting.prefix(count).map(\.event)
    }
}
