import Testing

@testable import Model

/// Whatever the drains, the tree of cgroups, the grouping and the limits, what was counted is what the rows say.
@Suite struct GroupingConservationTests {
    /// Every combination of keys.
    static let groupings: [Grouping] = (0..<1 << Grouping.Key.allCases.count).map { bits in
        Grouping(Grouping.Key.allCases.enumerated().filter { bits & 1 << $0.offset != 0 }.map(\.element))
    }

    private static func path(_ random: inout Seeded) -> ByteString {
        let id = String(repeating: "0123456789abcde\(Int.random(in: 0...2, using: &random))", count: 4)
        var path = ""
        for name in ["a", "a-b", "a-b-c"].prefix(.random(in: 0...3, using: &random)) { path += "/\(name).slice" }
        if path.isEmpty, Bool.random(using: &random) {
            let uid = Int.random(in: 0...2, using: &random)
            path = "/user.slice/user-\(uid).slice"
            if Bool.random(using: &random) { path += "/user@\(uid).service/app.slice" }
        }
        switch Int.random(in: 0..<8, using: &random) {
        case 0: path += "/x.service"
        case 1: path += "/run-u\(Int.random(in: 0...9, using: &random)).service/sub"
        case 2: path += "/session-\(Int.random(in: 0...9, using: &random)).scope"
        case 3: path += "/docker-\(id).scope"
        case 4: path += "/docker/\(id)/y.service"
        case 5:
            let uid = "0a1b2c3d_0000_1111_2222_33334444555\(Int.random(in: 0...2, using: &random))"
            path += "/kubepods.slice/kubepods-pod\(uid).slice/crio-\(id).scope"
        case 6: path += "/bare/sub"
        default: break
        }
        return ByteString(path.isEmpty ? "/" : path)
    }

    private struct Case {
        var closed: ClosedWindow
        var paths: [ByteString?]
        var counted = Counters()
        var openErrors: ErrorCounts = [:]
        var writeErrors: ErrorCounts = [:]
        var limits: Rollup.Limits
        var folding: Bool

        init(seed: UInt64) {
            var random = Seeded(state: seed)
            var rollup = Rollup()
            paths = (0...40).map { _ in Int.random(in: 0..<6, using: &random) == 0 ? nil : path(&random) }
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let drain = ConservationTests.drain(&random)
                rollup.add(drain)
                for activity in drain.writers { counted += activity.counters }
                for counters in drain.withoutWriter.values { counted += counters }
                counted += drain.withoutCgroup
                for error in drain.errors {
                    if error.operation == .open { openErrors[error.error, default: 0] += error.count }
                    if error.operation == .write { writeErrors[error.error, default: 0] += error.count }
                }
            }
            closed = rollup.closed
            limits = Rollup.Limits(
                units: .random(in: 0...25, using: &random), writersPerUnit: .random(in: 0...6, using: &random))
            folding = Bool.random(using: &random)
        }

        func rows(by grouping: Grouping, units: Int? = nil) -> [UnitRow] {
            let limits = Rollup.Limits(units: units ?? limits.units, writersPerUnit: limits.writersPerUnit)
            return closed.rows(
                by: grouping, folding: folding, limits: limits,
                name: { id in
                    paths[Int(id.rawValue)].map { CgroupName(path: $0, identity: UnitIdentity(cgroupPath: $0)) }
                }, executable: { ByteString("/\($0.inode)") }
            ).rows
        }
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `rows that are in no other, and the remainder, are the sum of the drains, and writers the sum of their row`(
        seed: UInt64
    ) {
        let window = Case(seed: seed)
        for grouping in Self.groupings {
            let rows = window.rows(by: grouping)
            let outermost = rows.filter { !$0.isNested }
            #expect(outermost.reduce(into: Counters()) { $0 += $1.counters } == window.counted)
            let errors = { (of: KeyPath<UnitRow, ErrorCounts>) in
                outermost.reduce(into: [:]) { $0.merge($1[keyPath: of], uniquingKeysWith: +) }
            }
            #expect(errors(\.openErrors) == window.openErrors)
            #expect(errors(\.writeErrors) == window.writeErrors)
            #expect(rows.count { $0.identity.kind != .overflow } <= window.limits.units)
            #expect(rows.dropLast().allSatisfy { $0.identity.kind != .overflow })
            #expect(grouping.has(.slice) || rows.allSatisfy { !$0.isNested })
            for row in rows where row.identity.kind != .overflow {
                #expect(row.writers.reduce(into: Counters()) { $0 += $1.counters } == row.counters)
                #expect(row.writers.count <= window.limits.writersPerUnit + 1)
            }
        }
    }

    /// Against sums that know nothing of how rows are made.
    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `a slice's row is the sum over the cgroups whose path leads through it`(seed: UInt64) {
        let window = Case(seed: seed)
        let cgroups = window.rows(by: .cgroup, units: 100)
        for row in window.rows(by: Grouping([.slice]), units: 100) where row.identity.kind == .slice {
            let name = row.identity.slice?.lossyText ?? ""
            let inside = cgroups.filter { cgroup in
                guard let path = cgroup.path?.lossyText else { return false }
                // Below a user's systemd there are only the slices of the user.
                return name == "-.slice" || path.prefix { $0 != "@" }.contains("/\(name)")
            }
            #expect(row.counters == inside.reduce(into: Counters()) { $0 += $1.counters }, "\(name)")
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `rows are the same at every look, in the same order`(seed: UInt64) {
        let window = Case(seed: seed)
        for grouping in Self.groupings {
            let looks = (0..<2).map { _ in
                window.rows(by: grouping).map { "\($0.identity) \($0.counters) \($0.writers)" }
            }
            #expect(looks[0] == looks[1])
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `a row has only what its keys determine`(seed: UInt64) {
        let window = Case(seed: seed)
        for grouping in Self.groupings.dropFirst() {
            for row in window.rows(by: grouping) {
                #expect(row.cgroup == nil && row.path == nil && row.identity.subgroup == nil)
                #expect(grouping.has(.unit) || row.identity.unit == nil || row.identity.kind == .overflow)
                #expect(grouping.has(.container) || row.identity.container == nil)
                #expect(grouping.has(.container) || grouping.has(.pod) || row.identity.pod == nil)
                #expect((row.series.unit == nil) == (row.identity.unit == nil))
            }
        }
    }
}
