import Foundation

/// A row of a batch with all that says whose it is.
struct NamedRow: Decodable {
    struct Identity: Decodable, Equatable {
        var kind = "service"
        var unit: String?
        var slice: String?
        var userUnit: String?
        var userSlice: String?
        var subgroup: String?
        var template: String?
        var instance: String?
        var ownerUid: UInt32?
        var invocationId: String?
    }

    private struct Cgroup: Decodable { let id: UInt64 }
    private struct Rows: Decodable { let units: [NamedRow] }
    private enum CodingKeys: String, CodingKey { case cgroup }

    let identity: Identity
    /// 0 for what stands for many.
    let cgroup: UInt64
    let counters: Counters

    init(from decoder: any Decoder) throws {
        identity = try Identity(from: decoder)
        cgroup = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(Cgroup.self, forKey: .cgroup)?.id ?? 0
        counters = try Counters(from: decoder)
    }

    /// Those of all batches, one document a line.
    static func all(inFile path: String) throws -> [NamedRow] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            .flatMap { try decoded(Rows.self, from: String($0)).units }
    }
}

extension [NamedRow] {
    func counters(where isMeant: (NamedRow) -> Bool) -> Counters {
        filter(isMeant).reduce(into: Counters()) { $0.add($1.counters) }
    }
}
