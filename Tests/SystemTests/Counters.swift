import Foundation

/// The counters of one cgroup: those the agent shipped, or those the workload knows to be true.
struct Counters: Decodable {
    struct Pseudo: Decodable, Equatable {
        var opens: UInt64 = 0
        var writes: UInt64 = 0
        var writeBytes: UInt64 = 0
    }

    struct Ring: Decodable, Equatable {
        var opens: UInt64 = 0
        var creates: UInt64 = 0
        var writes: UInt64 = 0
        var writeBytes: UInt64 = 0

        static func + (a: Ring, b: Ring) -> Ring {
            Ring(
                opens: a.opens + b.opens, creates: a.creates + b.creates, writes: a.writes + b.writes,
                writeBytes: a.writeBytes + b.writeBytes)
        }
    }

    struct Rings: Decodable {
        var inline: Ring?
        var worker: Ring?
        var sqpoll: Ring?
        /// Only the workload has it: how the kernel splits plain requests between inline and worker is its own affair.
        var plainTotal: Ring?
    }

    var opens: UInt64 = 0
    var opensForWrite: UInt64 = 0
    var pathOpens: UInt64 = 0
    var openFailures: UInt64 = 0
    var openErrors: [String: UInt64] = [:]
    var creates: UInt64 = 0
    var writes: UInt64 = 0
    var writeBytes: UInt64 = 0
    var writeFailures: UInt64 = 0
    var writeErrors: [String: UInt64] = [:]
    var deletes: UInt64 = 0
    var renames: UInt64 = 0
    var mkdirs: UInt64 = 0
    var mknods: UInt64 = 0
    var symlinks: UInt64 = 0
    var links: UInt64 = 0
    var truncates: UInt64 = 0
    var allocates: UInt64 = 0
    var syncs: UInt64 = 0
    var sharedMaps: UInt64 = 0
    var deviceWrites: UInt64 = 0
    var pseudo = Pseudo()
    var ioUring = Rings(inline: Ring(), worker: Ring(), sqpoll: Ring())

    /// The plain numbers with the names of the batch document.
    static let numbers: [(name: String, path: any WritableKeyPath<Counters, UInt64> & Sendable)] = [
        ("opens", \.opens), ("opens_for_write", \.opensForWrite), ("path_opens", \.pathOpens),
        ("open_failures", \.openFailures), ("creates", \.creates), ("writes", \.writes),
        ("write_bytes", \.writeBytes), ("write_failures", \.writeFailures), ("pseudo.opens", \.pseudo.opens),
        ("deletes", \.deletes), ("renames", \.renames), ("mkdirs", \.mkdirs), ("mknods", \.mknods),
        ("symlinks", \.symlinks), ("links", \.links), ("truncates", \.truncates), ("allocates", \.allocates),
        ("syncs", \.syncs), ("shared_maps", \.sharedMaps), ("device_writes", \.deviceWrites),
        ("pseudo.writes", \.pseudo.writes), ("pseudo.write_bytes", \.pseudo.writeBytes),
    ]

    mutating func add(_ other: Counters) {
        for number in Self.numbers { self[keyPath: number.path] += other[keyPath: number.path] }
        openErrors.merge(other.openErrors, uniquingKeysWith: +)
        writeErrors.merge(other.writeErrors, uniquingKeysWith: +)
        ioUring.inline = (ioUring.inline ?? Ring()) + (other.ioUring.inline ?? Ring())
        ioUring.worker = (ioUring.worker ?? Ring()) + (other.ioUring.worker ?? Ring())
        ioUring.sqpoll = (ioUring.sqpoll ?? Ring()) + (other.ioUring.sqpoll ?? Ring())
    }

    /// One line for each figure that is not exactly the truth.
    func differences(from truth: Truth) -> [String] { differences(from: truth.counters) }

    func differences(from expected: Counters) -> [String] {
        var lines: [String] = []
        func compare<T: Equatable>(_ name: String, _ counted: T, _ fact: T) {
            if counted != fact { lines.append("\(name): counted \(counted), true is \(fact)") }
        }

        for number in Self.numbers {
            compare(number.name, self[keyPath: number.path], expected[keyPath: number.path])
        }
        compare("open_errors", openErrors, expected.openErrors)
        compare("write_errors", writeErrors, expected.writeErrors)
        let none = Ring()
        if let total = expected.ioUring.plainTotal {
            compare("io_uring inline + worker", (ioUring.inline ?? none) + (ioUring.worker ?? none), total)
            compare("io_uring sqpoll", ioUring.sqpoll ?? none, none)
        } else {
            compare("io_uring inline", ioUring.inline ?? none, expected.ioUring.inline ?? none)
            compare("io_uring worker", ioUring.worker ?? none, expected.ioUring.worker ?? none)
            compare("io_uring sqpoll", ioUring.sqpoll ?? none, expected.ioUring.sqpoll ?? none)
        }
        return lines
    }
}

/// What the workload printed.
struct Truth: Decodable {
    let name: String
    let cgroupId: UInt64
    /// A second cgroup: the figures are those of both together.
    let alsoCgroupId: UInt64?
    let counters: Counters
    let declared: Declared
    let skipped: [String]

    private enum CodingKeys: String, CodingKey { case name, cgroupId, alsoCgroupId, declared, skipped }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        cgroupId = try container.decode(UInt64.self, forKey: .cgroupId)
        alsoCgroupId = try container.decodeIfPresent(UInt64.self, forKey: .alsoCgroupId)
        declared = try container.decode(Declared.self, forKey: .declared)
        skipped = try container.decode([String].self, forKey: .skipped)
        counters = try Counters(from: decoder)
    }
}
