import Foundation

/// The parts of the batch document that the tests look at.
struct Batch: Decodable {
    struct Window: Decodable {
        let start: String
        let end: String
        let seconds: Double
        let gapBefore: Double
    }

    struct Loss: Decodable {
        let ringRecords: UInt64
        let detailOverflow: UInt64
        let unresolvedCgroups: UInt64
        let ioUringUnknownResults: UInt64
        let aioUnknownResults: UInt64
        let unknownFile: UInt64
        /// By operation; null where the kernel does not count them.
        let missedRuns: [String: UInt64?]
    }

    struct Unit: Decodable {
        struct Cgroup: Decodable {
            let id: UInt64
            let path: String?
        }

        struct Container: Decodable {
            let id: String
            let runtime: String?
        }

        struct Pod: Decodable { let uid: String }

        let unit: String?
        let unitSeries: String?
        let kind: String
        let slice: String?
        let ownerUid: UInt32?
        let container: Container?
        let pod: Pod?
        struct Writer: Decodable {
            let exe: String?
            let exeRaw: String?
            let comm: String
            let opensForWrite: UInt64
            let creates: UInt64
            let writes: UInt64
            let writeBytes: UInt64
        }

        let cgroup: Cgroup?
        let counters: Counters
        let writers: [Writer]

        private enum CodingKeys: String, CodingKey {
            case unit, unitSeries, kind, slice, ownerUid, container, pod, cgroup, writers
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            unit = try container.decodeIfPresent(String.self, forKey: .unit)
            unitSeries = try container.decodeIfPresent(String.self, forKey: .unitSeries)
            kind = try container.decode(String.self, forKey: .kind)
            slice = try container.decodeIfPresent(String.self, forKey: .slice)
            ownerUid = try container.decodeIfPresent(UInt32.self, forKey: .ownerUid)
            self.container = try container.decodeIfPresent(Container.self, forKey: .container)
            pod = try container.decodeIfPresent(Pod.self, forKey: .pod)
            cgroup = try container.decodeIfPresent(Cgroup.self, forKey: .cgroup)
            counters = try Counters(from: decoder)
            writers = try container.decode([Writer].self, forKey: .writers)
        }

        /// What its writers did, together.
        var byWriters: [UInt64] {
            [\Writer.opensForWrite, \.creates, \.writes, \.writeBytes].map { figure in
                writers.reduce(0) { $0 + $1[keyPath: figure] }
            }
        }

        var byUnit: [UInt64] { [counters.opensForWrite, counters.creates, counters.writes, counters.writeBytes] }
    }

    let schema: String
    let batchId: String
    let sequence: Int
    let part: [Int]
    let groupBy: [String]
    let window: Window
    let loss: Loss
    let totals: Counters
    let units: [Unit]

    /// The rows that have everything once: those of slices are in that of the slice around them.
    var outermost: [Unit] {
        groupBy.contains("slice") ? units.filter { $0.slice == nil || $0.slice == "-.slice" } : units
    }

    /// One document a line.
    static func all(inFile path: String) throws -> [Batch] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return try text.split(separator: "\n").map { try decoded(Batch.self, from: String($0)) }
    }
}

extension [Batch] {
    func rows(of cgroup: UInt64) -> [Batch.Unit] {
        flatMap(\.units).filter { $0.cgroup?.id == cgroup }
    }

    /// The sum over all windows; a cgroup that never had a row did nothing.
    func counters(of cgroup: UInt64) -> Counters {
        rows(of: cgroup).reduce(into: Counters()) { $0.add($1.counters) }
    }

    /// What does not add up: writers to their unit, units to the totals, failures by errno to the failures.
    var imbalances: [String] {
        flatMap { batch in
            var sums = Counters()
            for unit in batch.outermost { sums.add(unit.counters) }
            let totals = sums.differences(from: batch.totals).map { "\(batch.batchId), totals: \($0)" }
            let writers = batch.units.filter { $0.kind != "overflow" && $0.byWriters != $0.byUnit }
                .map {
                    "\(batch.batchId), \($0.slice ?? "-"), \($0.unit ?? "-"): "
                        + "writers \($0.byWriters), unit \($0.byUnit)"
                }
            return totals + writers
        }
    }

    /// Writes by cgroup, for tests with very many of them.
    var writesByCgroup: [UInt64: UInt64] {
        var sums: [UInt64: UInt64] = [:]
        for unit in flatMap(\.units) {
            if let id = unit.cgroup?.id { sums[id, default: 0] += unit.counters.writes }
        }
        return sums
    }

    /// The operations of which the kernel skipped runs: where there are any, nothing can be exact.
    var missedRuns: [String] {
        flatMap { batch in
            batch.loss.missedRuns.compactMap { name, count in (count ?? 0) == 0 ? nil : "\(name): \(count ?? 0)" }
        }
    }
}

func decoded<T: Decodable>(_ type: T.Type, from text: String) throws -> T {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(text.utf8))
}
