internal import Model

/// The counters as members of an object; those that nothing feeds are null, never zero.
struct CounterMembers {
    typealias Member = (name: JSONName, counter: Counter)

    /// One bit for each counter that is absent: asked for every number of every row.
    private let absent: UInt64

    init(absent counters: Set<Counter>) {
        absent = counters.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
    }

    /// Everything a row or the totals count, in the order of the contract.
    func write(_ counters: Counters, openErrors: ErrorCounts, writeErrors: ErrorCounts, to json: inout JSONWriter) {
        write(Self.opens, of: counters, to: &json)
        write("open_errors", openErrors, failuresOf: .openFailures, to: &json)
        write(Self.writes, of: counters, to: &json)
        write("write_errors", writeErrors, failuresOf: .writeFailures, to: &json)
        write(Self.others, of: counters, to: &json)
        json.object("io_uring") { json in
            for (via, members) in Self.rings { json.object(via) { write(members, of: counters, to: &$0) } }
        }
        json.object("pseudo") { write(Self.pseudo, of: counters, to: &$0) }
    }

    func write(_ members: [Member], of counters: Counters, to json: inout JSONWriter) {
        for (name, counter) in members {
            json.name(name)
            if isAbsent(counter) { json.null() } else { json.number(counters[counter]) }
        }
    }

    private func isAbsent(_ counter: Counter) -> Bool { absent & 1 << UInt64(counter.rawValue) != 0 }

    /// An object from errno names to how often each was the answer, by number.
    private func write(
        _ name: String, _ errors: ErrorCounts, failuresOf counter: Counter, to json: inout JSONWriter
    ) {
        json.name(name)
        if errors.isEmpty && isAbsent(counter) { return json.null() }
        json.object { json in
            for (number, count) in errors.sorted(by: { $0.key < $1.key }) {
                json.member(ErrnoName.name(of: number), count)
            }
        }
    }
}

extension CounterMembers {
    private static let opens: [Member] = [
        ("opens", .opens), ("opens_for_write", .opensForWrite), ("path_opens", .pathOpens),
        ("open_failures", .openFailures),
    ]
    private static let writes: [Member] = [
        ("creates", .creates), ("writes", .writes), ("write_bytes", .writeBytes), ("write_failures", .writeFailures),
    ]
    private static let others: [Member] = [
        ("deletes", .deletes), ("renames", .renames), ("mkdirs", .mkdirs), ("mknods", .mknods),
        ("symlinks", .symlinks), ("links", .links), ("truncates", .truncates), ("allocates", .allocates),
        ("syncs", .syncs), ("shared_maps", .sharedMaps), ("device_writes", .deviceWrites),
    ]
    private static let rings: [(via: String, members: [Member])] = [
        ("inline", ring(.inlineOpens, .inlineCreates, .inlineWrites, .inlineWriteBytes)),
        ("worker", ring(.workerOpens, .workerCreates, .workerWrites, .workerWriteBytes)),
        ("sqpoll", ring(.sqpollOpens, .sqpollCreates, .sqpollWrites, .sqpollWriteBytes)),
    ]
    private static let pseudo: [Member] = [
        ("opens", .pseudoOpens), ("writes", .pseudoWrites), ("write_bytes", .pseudoWriteBytes),
    ]

    static let writer: [Member] = [
        ("opens_for_write", .opensForWrite), ("creates", .creates), ("writes", .writes), ("write_bytes", .writeBytes),
    ]
    static let own: [Member] = [
        ("opens", .opens), ("writes", .writes), ("write_bytes", .writeBytes),
    ]

    private static func ring(
        _ opens: Counter, _ creates: Counter, _ writes: Counter, _ writeBytes: Counter
    ) -> [Member] {
        [("opens", opens), ("creates", creates), ("writes", writes), ("write_bytes", writeBytes)]
    }
}
