internal import Model

/// One metric of `/metrics`: how it is called, what it is, and which labels its series have.
package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable { case counter, gauge, info }

    /// Without the suffix of its kind.
    let stem: String
    package let kind: Kind
    package let help: String
    package let labels: [String]

    /// As it stands before a value: counters and infos have a suffix.
    package var name: String {
        switch kind {
        case .counter: stem + "_total"
        case .gauge: stem
        case .info: stem + "_info"
        }
    }

    /// The unit of OpenMetrics, which is the last part of the name where there is one.
    var unit: String? { ["seconds", "bytes"].first { stem.hasSuffix("_" + $0) } }

    init(_ kind: Kind, _ stem: String, _ help: String, _ labels: [String] = []) {
        (self.kind, self.stem, self.help, self.labels) = (kind, stem, help, labels)
    }
}

/// A metric of units, and the counter behind it.
struct UnitMetric: Sendable {
    let family: MetricFamily
    /// With the way through io_uring, where the metric is told apart by it.
    let counters: [(via: String?, counter: Counter)]
    /// Only units that have one of these have series: most never do such things. Empty: all units have.
    let uses: [Counter]

    private init(_ name: String, _ help: String, _ counter: Counter, uses: [Counter] = []) {
        family = Self.family(name, help)
        counters = [(nil, counter)]
        self.uses = uses
    }

    private init(ring name: String, _ help: String, _ inline: Counter, _ worker: Counter, _ sqpoll: Counter) {
        family = Self.family("io_uring_" + name, help, ["via"])
        counters = [("inline", inline), ("worker", worker), ("sqpoll", sqpoll)]
        uses = [.inlineWrites, .workerWrites, .sqpollWrites, .inlineWriteBytes, .workerWriteBytes, .sqpollWriteBytes]
    }

    private static func family(_ name: String, _ help: String, _ labels: [String] = []) -> MetricFamily {
        MetricFamily(
            .counter, "otagent_unit_" + name, help, ["unit", "user_unit", "slice", "container", "cgroup"] + labels)
    }

    static let all: [Self] = [
        .init("opens", "Files opened.", .opens),
        .init("creates", "Regular files that came into being.", .creates),
        .init("writes", "Completed writes to regular files.", .writes),
        .init("write_bytes", "Bytes that writes to regular files returned.", .writeBytes),
        .init("open_failures", "Opens that failed.", .openFailures),
        .init("write_failures", "Writes to regular files that failed.", .writeFailures),
        .init("deletes", "Files and directories deleted.", .deletes),
        .init("renames", "Files and directories renamed.", .renames),
        .init("syncs", "Calls of fsync and its like that succeeded.", .syncs, uses: [.syncs]),
        .init(
            ring: "writes", "The part of the writes done through io_uring.", .inlineWrites, .workerWrites,
            .sqpollWrites),
        .init(
            ring: "write_bytes", "The part of the bytes written through io_uring.", .inlineWriteBytes,
            .workerWriteBytes, .sqpollWriteBytes),
    ]

    /// Behind this one are no counters, but the errors that were counted.
    static let writeErrors = family("write_errors", "Writes to regular files that failed, by error.", ["errno"])
}

/// Every metric there is, in the order in which they are written; docs/endpoint.md has them all.
package enum MetricCatalogue {
    package static let all = UnitMetric.all.map(\.family) + [UnitMetric.writeErrors] + AgentMetric.all.map(\.family)
}
