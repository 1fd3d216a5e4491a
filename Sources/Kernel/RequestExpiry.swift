internal import BPF
internal import KernelABI

/// Gives up the requests that have been in flight for too long: their results are unknown then.
///
/// Should such a request be over after all, the programs do not know it any more and do not count it.
final class RequestExpiry {
    /// How many requests were given up.
    struct Expired: Equatable {
        var ofRings: UInt64 = 0
        var ofContexts: UInt64 = 0
    }

    private var requests: AgingMap<RequestKey, ot_request>
    private var iocbs: AgingMap<IocbKey, ot_iocb>
    private let period: Duration
    private var next: ContinuousClock.Instant

    init(_ object: borrowing LoadedObject, after age: Duration) throws(BPFError) {
        // What is remembered only lest its end be mistaken for another's may poll for hours.
        requests = try AgingMap(object.map("requests"), after: age, firstKey: RequestKey(), blank: ot_request()) {
            $0.is_counted == 0 ? nil : $0.begun
        }
        iocbs = try AgingMap(object.map("iocbs"), after: age, firstKey: IocbKey(), blank: ot_iocb()) { $0.begun }
        period = min(age / 4, .seconds(30))
        next = .now
    }

    /// Looks now and then; otherwise nothing is given up. The last time everything is.
    func run(at now: ContinuousClock.Instant, isLast: Bool = false) throws(BPFError) -> Expired {
        if isLast { return Expired(ofRings: try requests.expireAll(), ofContexts: try iocbs.expireAll()) }
        guard now >= next else { return Expired() }
        next = now + period
        return Expired(ofRings: try requests.expire(at: now), ofContexts: try iocbs.expire(at: now))
    }
}

/// The layouts of `ot_request_key` and `ot_iocb_key`.
struct RequestKey: Hashable, BitwiseCopyable {
    var first: UInt64 = 0
    var second: UInt64 = 0
}

struct IocbKey: Hashable, BitwiseCopyable {
    var mm: UInt64 = 0
    var context: UInt64 = 0
    var iocb: UInt64 = 0
}

/// A hash of the programs that is looked through for entries that stay in it.
struct AgingMap<Key: Hashable & BitwiseCopyable, Value: BitwiseCopyable>: ~Copyable {
    /// An entry that was there before; `begun` is not read the first time, since most are gone before the second.
    private struct Seen {
        var begun: UInt64?
        var first: ContinuousClock.Instant
    }

    private let map: HashMap<Key, Value>
    private let age: Duration
    private let limit: Int
    private let firstKey: Key
    private let blank: Value
    private let begun: (Value) -> UInt64?
    private var seen: [Key: Seen] = [:]

    /// - Parameter begun: tells an entry from a later one with the same key; nil when it is never given up.
    init(
        _ handle: consuming MapHandle, after age: Duration, firstKey: Key, blank: Value,
        begun: @escaping (Value) -> UInt64?
    ) throws(BPFError) {
        limit = handle.maxEntries
        (self.age, self.firstKey, self.blank, self.begun) = (age, firstKey, blank, begun)
        map = try HashMap(handle, key: Key.self, value: Value.self)
    }

    /// Removes the entries however young they are; says how many these were.
    mutating func expireAll() throws(BPFError) -> UInt64 {
        var expired: UInt64 = 0
        for key in Set(try map.keys(atMost: limit, initial: firstKey)) {
            guard let value = try map.lookup(key, initial: blank), begun(value) != nil, try map.delete(key) else {
                continue
            }
            expired += 1
        }
        return expired
    }

    /// Removes the entries that have been seen for as long as `age`, from the second time on; says how many these were.
    mutating func expire(at now: ContinuousClock.Instant) throws(BPFError) -> UInt64 {
        var expired: UInt64 = 0
        var present: [Key: Seen] = [:]
        for key in Set(try map.keys(atMost: limit, initial: firstKey)) {
            guard var known = seen[key] else {
                present[key] = Seen(begun: nil, first: now)
                continue
            }
            guard let value = try map.lookup(key, initial: blank), let begun = begun(value) else { continue }
            if known.begun != begun { known = Seen(begun: begun, first: now) }
            if now - known.first < age {
                present[key] = known
            } else if try map.delete(key) {
                expired += 1
            }
        }
        seen = present
        return expired
    }
}
