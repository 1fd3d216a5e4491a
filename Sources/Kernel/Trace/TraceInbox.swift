internal import Glibc
internal import KernelABI
internal import Model

/// What was read of the ring buffer and nobody has taken yet.
final class TraceInbox {
    private var events: [TraceEvent] = []
    private var facts: [Fact] = []
    private var requests = RequestJoin()
    private var clock = WallClock()
    private var comms = LastComm()

    /// Records that could not be read.
    private(set) var unreadable: UInt64 = 0
    private(set) var unresolvedPaths: UInt64 = 0
    var unknownResults: UInt64 { requests.unknownResults }

    func setClock() { clock.set() }

    func take(_ bytes: RawSpan) {
        guard let record = TraceRecord(bytes) else {
            if let fact = Decoder.fact(bytes) { facts.append(fact) } else { unreadable += 1 }
            return
        }
        // Most are whole, and there are many.
        if record.kind == .done { return add(record, ended: nil) }
        for (begun, ended) in requests.take(record) { add(begun, ended: ended) }
    }

    /// The requests that are still in flight will not be seen to end.
    func giveUp() {
        for begun in requests.giveUp() { add(begun, ended: nil) }
    }

    func takeEvents() -> [TraceEvent] {
        defer { events = [] }
        return events
    }

    func takeFacts() -> [Fact] {
        defer { facts = [] }
        return facts
    }

    private func add(_ record: TraceRecord, ended: TraceRecord?) {
        let paths = TracePaths(record, ended: ended)
        if paths.isUnresolved { unresolvedPaths += 1 }
        events.append(TraceEvent(record, ended: ended, paths: paths, comm: comms.name(of: record), clock: clock))
    }
}

/// The last process name: many events in a row have the same, and share its bytes.
struct LastComm {
    private var raw: (UInt64, UInt64) = (0, 0)
    private var name = ByteString([])

    mutating func name(of record: TraceRecord) -> ByteString {
        let now = withUnsafeBytes(of: record.fixed.comm) { $0.loadUnaligned(as: (UInt64, UInt64).self) }
        if now == raw { return name }
        raw = now
        name = withUnsafeBytes(of: record.fixed.comm) { ByteString(Array($0.prefix { $0 != 0 })) }
        return name
    }
}

/// From the clock of the kernel's records to that of the wall.
struct WallClock {
    private var offset: Int64 = 0

    /// Sets it anew where the wall clock was set, or has drifted; so times do not run backwards by what one reading of two
    /// clocks differs from the next.
    mutating func set() {
        let now = Self.now(CLOCK_REALTIME) - Self.now(CLOCK_MONOTONIC)
        if abs(now - offset) > 1_000_000 { offset = now }
    }

    func time(_ monotonic: UInt64) -> Timestamp {
        Timestamp(nanoseconds: Int64(truncatingIfNeeded: monotonic) &+ offset)
    }

    private static func now(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
