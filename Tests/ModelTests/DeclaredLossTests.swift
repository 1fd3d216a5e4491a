import Testing

@testable import Model

/// Random drains that always are the same for one seed.
private struct RandomDrains {
    var random: SplitMix

    init(seed: UInt64) { random = SplitMix(state: seed) }

    mutating func below(_ limit: UInt64) -> UInt64 { random.next() % limit }

    /// Some counters of many are not zero; now and then one is near the end of its range.
    mutating func counters() -> Counters {
        var counters = Counters()
        for counter in Counter.allCases where below(4) == 0 {
            counters[counter] = below(50) == 0 ? UInt64.max / 4096 : below(1000)
        }
        return counters
    }

    /// Writers may come twice, in a drain and in several; cgroups may have writers, none, or errors alone.
    mutating func drain(cgroups: UInt64) -> Drain {
        var drain = Drain()
        for _ in 0..<below(60) {
            let executable = below(3) == 0 ? nil : ExecutableID(device: 1, inode: below(4), generation: 0)
            let writer = Writer(
                cgroup: CgroupID(below(cgroups)), executable: executable, comm: ByteString("c\(below(3))"),
                uid: UInt32(below(2)))
            drain.writers.append(WriterActivity(writer: writer, tgid: 1, counters: counters()))
        }
        for _ in 0..<below(5) { drain.withoutWriter[CgroupID(below(cgroups))] = counters() }
        if below(3) == 0 { drain.withoutCgroup = counters() }
        for _ in 0..<below(10) {
            drain.errors.append(
                ErrorActivity(
                    cgroup: CgroupID(below(cgroups)), operation: below(2) == 0 ? .open : .write, error: Int32(below(4)),
                    count: below(9) + 1))
        }
        drain.own = counters()
        drain.loss.missedRuns = [MissedRuns(operation: "write", runs: below(9) == 0 ? nil : below(5))]
        drain.loss.ringRecords = below(3)
        return drain
    }
}

/// The losses of docs/conservation.md, whatever comes in; its sums are in `ConservationTests`.
@Suite struct DeclaredLossTests {
    private struct Case {
        var drains: [Drain] = []
        var limits: Rollup.Limits
        var rows: [UnitRow]
        var loss: Loss

        init(seed: UInt64) {
            var random = RandomDrains(seed: seed)
            var rollup = Rollup()
            let cgroups = 1 + random.below(40)
            for _ in 0..<random.below(4) {
                let drain = random.drain(cgroups: cgroups)
                drains.append(drain)
                rollup.add(drain)
            }
            limits = Rollup.Limits(units: Int(1 + random.below(30)), writersPerUnit: Int(1 + random.below(5)))
            let shown = rollup.closed.rows(
                by: .cgroup, folding: true, limits: limits,
                name: { id in
                    if id.rawValue % 5 == 0 { return nil }
                    return CgroupName(path: "/a.slice", identity: UnitIdentity(cgroupPath: "/a.slice"))
                }, executable: { _ in nil })
            (rows, loss) = (shown.rows, shown.loss)
        }
    }

    private static let seeds = Array(1...200 as ClosedRange<UInt64>)

    @Test(arguments: seeds) func `what lost its detail, and what was lost, is declared`(seed: UInt64) {
        let result = Case(seed: seed)
        let withoutDetail = result.drains.flatMap { Array($0.withoutWriter.values) + [$0.withoutCgroup] }
        #expect(result.loss.detailOverflow == withoutDetail.reduce(0) { $0 &+ $1.operations })
        #expect(result.loss.ringRecords == result.drains.reduce(0) { $0 + $1.loss.ringRecords })
        let missed = result.drains.flatMap(\.loss.missedRuns).map(\.runs)
        let known = missed.contains(nil) ? nil : missed.compactMap { $0 }.reduce(0, +)
        #expect(result.loss.missedRuns.first?.runs == (missed.isEmpty ? nil : known))
        let nameless = result.rows.filter { $0.identity.kind == .unresolved }
        #expect(result.loss.unresolvedCgroups == UInt64(nameless.count))
    }

    @Test(arguments: seeds) func `a cgroup has one row, and no more rows than are wanted`(seed: UInt64) {
        let result = Case(seed: seed)
        let cgroups = result.rows.compactMap(\.cgroup)
        #expect(Set(cgroups).count == cgroups.count)
        #expect(cgroups.count <= result.limits.units)
        #expect(result.rows.count - cgroups.count <= 1, "the unit *")
        for row in result.rows {
            #expect(row.writers.count { $0.comm != "*" } <= result.limits.writersPerUnit)
            #expect(!row.counters.isZero || !row.openErrors.isEmpty || !row.writeErrors.isEmpty)
        }
    }
}
