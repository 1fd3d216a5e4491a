import Testing

@testable import Model

private func executable(_ inode: UInt64) -> ExecutableID { ExecutableID(device: 1, inode: inode, generation: 0) }

private func writer(_ cgroup: UInt64, _ comm: ByteString = "w", uid: UInt32 = 0, inode: UInt64? = nil) -> Writer {
    Writer(cgroup: CgroupID(cgroup), executable: inode.map(executable), comm: comm, uid: uid)
}

extension Drain {
    fileprivate mutating func add(_ writer: Writer, _ counters: [Counter: UInt64]) {
        writers.append(WriterActivity(writer: writer, tgid: 1, counters: Counters(counters)))
    }
}

/// Drains become rows: in order, within limits, and nothing is lost on the way.
@Suite struct RollupTests {
    private func close(
        _ rollup: Rollup, units: Int = 100, writers: Int = 100,
        name: (CgroupID) -> CgroupName? = { id in
            let path = ByteString("/c\(id.rawValue).slice")
            return CgroupName(path: path, identity: UnitIdentity(cgroupPath: path))
        }
    ) -> (rows: [UnitRow], loss: Loss) {
        let shown = rollup.closed.rows(
            by: .cgroup, folding: true, limits: Rollup.Limits(units: units, writersPerUnit: writers), name: name
        ) { id in
            id.inode == 404 ? nil : ByteString("/bin/\(id.inode)")
        }
        return (shown.rows, shown.loss)
    }

    private func rollup(_ drains: Drain...) -> Rollup {
        var rollup = Rollup()
        for drain in drains { rollup.add(drain) }
        return rollup
    }

    @Test func `nothing comes to no rows`() {
        let (rows, loss) = close(rollup(Drain(), Drain()))
        #expect(rows.isEmpty)
        #expect(loss == Loss())
    }

    @Test func `a cgroup of zeros has no row`() {
        var drain = Drain()
        drain.add(writer(1), [:])
        #expect(close(rollup(drain)).rows.isEmpty)
    }

    @Test func `the most active cgroup comes first, of equal ones that with the smaller number`() {
        var drain = Drain()
        for (cgroup, writes) in [(3, 5), (1, 5), (2, 50), (4, 1)] as [(UInt64, UInt64)] {
            drain.add(writer(cgroup), [.writes: writes, .writeBytes: 1_000_000 / writes])
        }
        #expect(close(rollup(drain)).rows.map(\.cgroup?.rawValue) == [2, 1, 3, 4])
    }

    @Test func `drains of one window are added up`() {
        var first = Drain()
        var second = Drain()
        first.add(writer(1), [.writes: 2])
        second.add(writer(1), [.writes: 3, .opens: 1])
        second.add(writer(1, "v"), [.writes: 10])
        let rows = close(rollup(first, second)).rows
        #expect(rows.map(\.counters) == [Counters([.writes: 15, .opens: 1])])
        #expect(rows.first?.writers.map(\.comm) == ["v", "w"])
        #expect(rows.first?.writers.map(\.counters[.writes]) == [10, 5])
    }

    @Test func `a row says who did it`() throws {
        var drain = Drain()
        drain.add(writer(1, "nginx", uid: 33, inode: 7), [.writes: 2])
        drain.add(writer(1, "gone", uid: 1, inode: 404), [.writes: 1])
        let row = try #require(close(rollup(drain)).rows.first)
        #expect(row.path == "/c1.slice")
        #expect(row.identity.slice == "c1.slice")
        #expect(row.writers.map(\.executable) == ["/bin/7", nil])
        #expect(row.writers.map(\.comm) == ["nginx", "gone"])
        #expect(row.writers.map(\.uid) == [33, 1])
    }

    @Test func `cgroups beyond the limit are summed in one row at the end`() throws {
        var drain = Drain()
        for cgroup in 1...5 as ClosedRange<UInt64> { drain.add(writer(cgroup), [.writes: 10 - cgroup]) }
        drain.errors = [
            ErrorActivity(cgroup: CgroupID(4), operation: .write, error: 28, count: 2),
            ErrorActivity(cgroup: CgroupID(5), operation: .write, error: 28, count: 3),
            ErrorActivity(cgroup: CgroupID(5), operation: .open, error: 2, count: 1),
        ]
        let rows = close(rollup(drain), units: 3).rows
        #expect(rows.map(\.cgroup?.rawValue) == [1, 2, 3, nil])
        let rest = try #require(rows.last)
        #expect(rest.identity == .overflow)
        #expect(rest.identity.unit == "*")
        #expect(rest.path == nil)
        #expect(rest.counters == Counters([.writes: 6 + 5]))
        #expect(rest.writeErrors == [28: 5])
        #expect(rest.openErrors == [2: 1])
    }

    @Test func `as many cgroups as the limit leave no rest`() {
        var drain = Drain()
        for cgroup in 1...3 as ClosedRange<UInt64> { drain.add(writer(cgroup), [.writes: 1]) }
        #expect(close(rollup(drain), units: 3).rows.count == 3)
        #expect(close(rollup(drain), units: 0).rows.map(\.counters[.writes]) == [3])
    }

    @Test func `writers beyond the limit are summed at the end of the row`() throws {
        var drain = Drain()
        for number in 1...5 as ClosedRange<UInt64> {
            drain.add(writer(1, ByteString("w\(number)")), [.writes: 10 - number])
        }
        let row = try #require(close(rollup(drain), writers: 2).rows.first)
        #expect(row.writers.map(\.comm) == ["w1", "w2", "*"])
        #expect(row.writers.last?.counters == Counters([.writes: 7 + 6 + 5]))
        #expect(row.writers.last?.uid == nil)
        #expect(row.writers.last?.executable == nil)
    }

    @Test func `what has no writer of its own is in the row and its rest, and is said to lack detail`() throws {
        var drain = Drain()
        drain.add(writer(1), [.writes: 2])
        drain.withoutWriter[CgroupID(1)] = Counters([.writes: 3, .writeBytes: 300, .opens: 1])
        let (rows, loss) = close(rollup(drain))
        #expect(rows.map(\.counters) == [Counters([.writes: 5, .writeBytes: 300, .opens: 1])])
        #expect(rows.first?.writers.map(\.comm) == ["w", "*"])
        #expect(loss.detailOverflow == 4)
    }

    @Test func `what has no cgroup of its own is the rest, and is said to lack detail`() {
        var drain = Drain()
        drain.withoutCgroup = Counters([.writes: 3, .writeBytes: 9])
        let (rows, loss) = close(rollup(drain))
        #expect(rows.map(\.identity.kind) == [.overflow])
        #expect(rows.map(\.counters) == [Counters([.writes: 3, .writeBytes: 9])])
        #expect(loss.detailOverflow == 3)
    }

    @Test func `errors are kept by operation and errno`() throws {
        var drain = Drain()
        drain.add(writer(1), [.openFailures: 3, .writeFailures: 1])
        drain.errors = [
            ErrorActivity(cgroup: CgroupID(1), operation: .open, error: 2, count: 1),
            ErrorActivity(cgroup: CgroupID(1), operation: .open, error: 13, count: 1),
            ErrorActivity(cgroup: CgroupID(1), operation: .open, error: 2, count: 1),
            ErrorActivity(cgroup: CgroupID(1), operation: .write, error: 28, count: 1),
        ]
        let row = try #require(close(rollup(drain)).rows.first)
        #expect(row.openErrors == [2: 2, 13: 1])
        #expect(row.writeErrors == [28: 1])
    }

    @Test func `an errno whose failure was in the window before is not lost`() {
        // The two are read one after the other while the kernel goes on counting.
        var drain = Drain()
        drain.errors = [ErrorActivity(cgroup: CgroupID(1), operation: .open, error: 2, count: 1)]
        #expect(close(rollup(drain)).rows.map(\.openErrors) == [[2: 1]])
        #expect(close(rollup(drain), units: 0).rows.map(\.openErrors) == [[2: 1]])
    }

    @Test func `a cgroup that nobody knows has a row and is counted`() {
        var drain = Drain()
        drain.add(writer(1), [.writes: 2])
        drain.add(writer(2), [.writes: 1])
        let (rows, loss) = close(rollup(drain)) { _ in nil }
        #expect(rows.map(\.identity) == [.unresolved, .unresolved])
        #expect(rows.map(\.cgroup?.rawValue) == [1, 2])
        #expect(loss.unresolvedCgroups == 2)
    }

    @Test func `closing changes nothing, so a window can be shown twice`() {
        var drain = Drain()
        drain.add(writer(1), [.writes: 2])
        let rollup = rollup(drain)
        #expect(close(rollup).rows.map(\.counters) == close(rollup).rows.map(\.counters))
        #expect(close(rollup) { _ in nil }.loss.unresolvedCgroups == 1)
        #expect(close(rollup) { _ in nil }.loss.unresolvedCgroups == 1)
    }
}

/// A linear congruential generator: the same drains at every run.
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}

/// Whatever the drains and the limits, what was counted is what the rows say.
@Suite struct ConservationTests {
    private static func counters(_ random: inout Seeded) -> Counters {
        var counters = Counters()
        for counter in Counter.allCases where Int.random(in: 0..<4, using: &random) == 0 {
            counters[counter] = UInt64.random(in: 0..<1000, using: &random)
        }
        return counters
    }

    static func drain(_ random: inout Seeded) -> Drain {
        var drain = Drain()
        for _ in 0..<Int.random(in: 0..<60, using: &random) {
            let inode = UInt64.random(in: 0..<5, using: &random)
            let writer = writer(
                .random(in: 1...20, using: &random), ByteString("w\(inode)"), uid: .random(in: 0...2, using: &random),
                inode: inode == 0 ? nil : inode)
            drain.writers.append(WriterActivity(writer: writer, tgid: 1, counters: counters(&random)))
        }
        for _ in 0..<Int.random(in: 0..<5, using: &random) {
            drain.withoutWriter[CgroupID(.random(in: 1...25, using: &random))] = counters(&random)
        }
        if Bool.random(using: &random) { drain.withoutCgroup = counters(&random) }
        drain.own = counters(&random)
        for _ in 0..<Int.random(in: 0..<10, using: &random) {
            drain.errors.append(
                ErrorActivity(
                    cgroup: CgroupID(.random(in: 1...30, using: &random)),
                    operation: FailingOperation.allCases.randomElement(using: &random) ?? .open,
                    error: .random(in: 1...40, using: &random), count: .random(in: 1...9, using: &random)))
        }
        return drain
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `rows and rest are the sum of the drains, and writers the sum of their row`(seed: UInt64) {
        var random = Seeded(state: seed)
        var rollup = Rollup()
        var expected = Counters()
        var own = Counters()
        var errors: UInt64 = 0
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let drain = Self.drain(&random)
            rollup.add(drain)
            for activity in drain.writers { expected += activity.counters }
            for counters in drain.withoutWriter.values { expected += counters }
            expected += drain.withoutCgroup
            own += drain.own
            errors += drain.errors.reduce(0) { $0 + $1.count }
        }
        let limits = Rollup.Limits(
            units: .random(in: 0...25, using: &random), writersPerUnit: .random(in: 0...6, using: &random))
        let rows = rollup.closed.rows(
            by: .cgroup, folding: true, limits: limits, name: { _ in nil }, executable: { ByteString("/\($0.inode)") }
        ).rows

        #expect(rows.reduce(into: Counters()) { $0 += $1.counters } == expected)
        #expect(rollup.own == own)
        #expect(rows.flatMap { [$0.openErrors, $0.writeErrors] }.flatMap(\.values).reduce(0, +) == errors)
        #expect(rows.count { $0.cgroup != nil } <= limits.units)
        for row in rows where row.cgroup != nil {
            #expect(row.writers.reduce(into: Counters()) { $0 += $1.counters } == row.counters)
            #expect(row.writers.count <= limits.writersPerUnit + 1)
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `the order of rows does not depend on the order of what was drained`(seed: UInt64) {
        var random = Seeded(state: seed)
        var drain = Drain()
        for cgroup in 1...10 as ClosedRange<UInt64> {
            for inode in 1...10 as ClosedRange<UInt64> { drain.add(writer(cgroup, inode: inode), [.writes: 1]) }
        }
        drain.writers.shuffle(using: &random)
        var rollup = Rollup()
        rollup.add(drain)
        let rows = rollup.closed.rows(
            by: .cgroup, folding: true, limits: Rollup.Limits(units: 100, writersPerUnit: 100), name: { _ in nil },
            executable: { ByteString("\($0.inode)") }
        ).rows
        #expect(rows.map(\.cgroup?.rawValue) == Array(1...10))
        let inodes = (1...10).map { ByteString("\($0)") as ByteString? }
        for row in rows { #expect(row.writers.map(\.executable) == inodes) }
    }
}

@Suite struct LossTests {
    private func loss(_ missed: [(String, UInt64?)]) -> Loss {
        var loss = Loss()
        loss.missedRuns = missed.map { MissedRuns(operation: $0.0, runs: $0.1) }
        return loss
    }

    @Test func `losses are added one by one`() {
        var sum = Loss()
        var other = Loss()
        (other.ringRecords, other.detailOverflow, other.unresolvedCgroups) = (1, 2, 3)
        other.containerLookups = 5
        (other.ioUringUnknownResults, other.unknownFile) = (4, 5)
        (other.watchRecords, other.suppressedAlerts) = (6, 7)
        sum.add(other)
        #expect(sum == other)
        sum.add(other)
        #expect(sum.ringRecords == 2)
        #expect(sum.detailOverflow == 4)
        #expect(sum.unresolvedCgroups == 6)
        #expect(sum.containerLookups == 10)
        #expect(sum.ioUringUnknownResults == 8)
        #expect(sum.unknownFile == 10)
        #expect(sum.watchRecords == 12)
        #expect(sum.suppressedAlerts == 14)
    }

    @Test func `missed runs are added by operation, and what is unknown once is unknown`() {
        var sum = loss([("write", 1), ("open", nil), ("cgroup", 3)])
        sum.add(loss([("open", 5), ("write", 2), ("cgroup", nil), ("io_uring", 7)]))
        #expect(sum == loss([("write", 3), ("open", nil), ("cgroup", nil), ("io_uring", 7)]))
    }
}

@Suite struct OperationsTests {
    @Test func `bytes, creates and the parts of others are no operations of their own`() {
        let parts: [Counter] = [
            .opensForWrite, .creates, .writeBytes, .pseudoWriteBytes, .inlineOpens, .inlineWrites, .workerWrites,
            .sqpollWriteBytes,
        ]
        for part in parts { #expect(Counters([part: 9]).operations == 0, "\(part)") }
        for counter in [Counter.opens, .writes, .openFailures, .deletes, .deviceWrites, .pseudoWrites] {
            #expect(Counters([counter: 9]).operations == 9, "\(counter)")
        }
    }
}
