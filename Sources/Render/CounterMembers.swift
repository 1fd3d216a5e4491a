internal import Model

/// The counters as members of an object; those that nothing feeds are null, never zero.
struct CounterMembers {
    typealias Member = (name: JSONNames.Place, counter: Counter)

    /// One bit for each counter that is absent: asked for every number of every row.
    private let absent: UInt64

    init(absent counters: Set<Counter>) {
        absent = counters.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
    }

    /// Everything a row or the totals count, in the order of the contract.
    func write(_ counters: Counters, openErrors: ErrorCounts, writeErrors: ErrorCounts, to json: inout JSONWriter) {
        write(Self.table.opens, of: counters, to: &json)
        write("open_errors", openErrors, failuresOf: .openFailures, to: &json)
        write(Self.table.writes, of: counters, to: &json)
        write("write_errors", writeErrors, failuresOf: .writeFailures, to: &json)
        write(Self.table.others, of: counters, to: &json)
        json.object("io_uring") { json in
            for (via, members) in Self.table.rings { json.object(via) { write(members, of: counters, to: &$0) } }
        }
        json.object("pseudo") { write(Self.table.pseudo, of: counters, to: &$0) }
    }

    func write(_ members: [Member], of counters: Counters, to json: inout JSONWriter) {
        for (name, counter) in members {
            json.name(name, of: Self.table.names)
            if isAbsent(counter) { json.null() } else { json.number(counters[counter]) }
        }
    }

    private func isAbsent(_ counter: Counter) -> Bool { absent & 1 << UInt64(counter.rawValue) != 0 }

    /// An object from errno names to how often each was the answer, by number.
    private func write(
        _ name: String, _ errors: ErrorCounts, failuresOf counter: Counter, to json: inout JSONWriter
    ) {
        json.name(name)
        guard !errors.isEmpty else { return isAbsent(counter) ? json.null() : json.object { _ in } }
        json.object { json in
            for (number, count) in errors.sorted(by: { $0.key < $1.key }) {
                json.member(ErrnoName.name(of: number), count)
            }
        }
    }
}

extension CounterMembers {
    static let writer = table.writer
    static let own = table.own

    private static let table = Table()

    /// The members of each object, in the order of the contract.
    private struct Table: Sendable {
        let names: JSONNames
        let opens, writes, others, pseudo, writer, own: [Member]
        let rings: [(via: String, members: [Member])]

        init() {
            var names = JSONNames()
            func members(_ members: [(String, Counter)]) -> [Member] {
                members.map { (name: names.add($0.0), counter: $0.1) }
            }
            func ring(_ via: String, _ counters: [Counter]) -> (via: String, members: [Member]) {
                (via, members(Array(zip(["opens", "creates", "writes", "write_bytes"], counters))))
            }
            opens = members([
                ("opens", .opens), ("opens_for_write", .opensForWrite), ("path_opens", .pathOpens),
                ("open_failures", .openFailures),
            ])
            writes = members([
                ("creates", .creates), ("writes", .writes), ("write_bytes", .writeBytes),
                ("write_failures", .writeFailures),
            ])
            others = members([
                ("deletes", .deletes), ("renames", .renames), ("mkdirs", .mkdirs), ("mknods", .mknods),
                ("symlinks", .symlinks), ("links", .links), ("truncates", .truncates), ("allocates", .allocates),
                ("syncs", .syncs), ("shared_maps", .sharedMaps), ("device_writes", .deviceWrites),
            ])
            rings = [
                ring("inline", [.inlineOpens, .inlineCreates, .inlineWrites, .inlineWriteBytes]),
                ring("worker", [.workerOpens, .workerCreates, .workerWrites, .workerWriteBytes]),
                ring("sqpoll", [.sqpollOpens, .sqpollCreates, .sqpollWrites, .sqpollWriteBytes]),
            ]
            pseudo = members([
                ("opens", .pseudoOpens), ("writes", .pseudoWrites), ("write_bytes", .pseudoWriteBytes),
            ])
            writer = members([
                ("opens_for_write", .opensForWrite), ("creates", .creates), ("writes", .writes),
                ("write_bytes", .writeBytes),
            ])
            own = members([("opens", .opens), ("writes", .writes), ("write_bytes", .writeBytes)])
            self.names = names
        }
    }
}
