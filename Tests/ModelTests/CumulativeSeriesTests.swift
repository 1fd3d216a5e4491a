import Testing

@testable import Model

private let second: Int64 = 1_000_000_000

private func row(_ unit: ByteString, _ counters: [Counter: UInt64], cgroup: UInt64 = 1) -> UnitRow {
    let identity = UnitIdentity(kind: .service, unit: unit, slice: "system.slice")
    return UnitRow(
        identity: identity, series: SeriesNames(of: identity, folding: true), cgroup: CgroupID(cgroup),
        path: ByteString("/system.slice/\(unit)"), counters: Counters(counters))
}

/// Windows of ten seconds, one after the other.
private struct Windows {
    var series: CumulativeSeries
    var grouping = Grouping.cgroup
    var number: Int64 = 0

    init(series: Int = 100, idle: Double = 900, repetition: Double = 60, by grouping: Grouping = .cgroup) {
        var limits = CumulativeSeries.Limits()
        (limits.series, limits.idle, limits.repetition) = (series, idle, repetition)
        (self.series, self.grouping) = (CumulativeSeries(limits: limits), grouping)
    }

    static func time(_ number: Int64) -> Timestamp { Timestamp(nanoseconds: number * 10 * second) }

    mutating func close(_ rows: UnitRow..., loss: Loss = Loss(), shift: Int64 = 0) -> CumulativeReport {
        close(rows, loss: loss, shift: shift)
    }

    mutating func close(_ rows: [UnitRow], loss: Loss = Loss(), shift: Int64 = 0) -> CumulativeReport {
        number += 1
        let window = Window(start: Self.time(number - 1 + shift), end: Self.time(number + shift), seconds: 10)
        return series.add(
            Batch(
                sequence: UInt64(number),
                agent: AgentIdentity(version: "1", instance: "i", backend: "tracepoint", started: Self.time(0)),
                host: HostIdentity(name: "h", id: nil, kernel: "6"), window: window,
                coverage: Coverage(notSeen: [], absent: [], attached: 1, missing: []), loss: loss,
                ownActivity: Counters([.writes: 1]), grouping: grouping, rows: rows))
    }
}

extension CumulativeReport {
    fileprivate func writes(_ unit: ByteString) -> [UInt64] {
        series.filter { $0.key.unit == unit && !$0.hasEnded }.map { $0.sums.counters[.writes] }
    }
    fileprivate var units: [ByteString?] { series.filter { !$0.hasEnded }.map(\.key.unit) }
    fileprivate var ended: [ByteString?] { series.filter(\.hasEnded).map(\.key.unit) }
    fileprivate var overflow: Series? { series.first { $0.key == .overflow } }
}

/// Windows become totals that only grow.
@Suite struct CumulativeSeriesTests {
    @Test func `windows are added up, from the start of the first`() throws {
        var windows = Windows()
        _ = windows.close()
        _ = windows.close(row("a.service", [.writes: 3, .opens: 1]))
        var second = row("a.service", [.writes: 4])
        (second.openErrors, second.writeErrors) = ([2: 1], [28: 5])
        let report = windows.close(second)
        let series = try #require(report.series.first)
        #expect(report.series.count == 1)
        #expect(series.sums.counters == Counters([.writes: 7, .opens: 1]))
        #expect((series.sums.openErrors, series.sums.writeErrors) == ([2: 1], [28: 5]))
        #expect(series.start == Windows.time(1))
        #expect(report.time == Windows.time(3))
        #expect(series.rows == 1)
    }

    @Test func `runs of one unit are one series, as are transient ones of one kind`() {
        var windows = Windows()
        let report = windows.close(
            row("a.service", [.writes: 1], cgroup: 1), row("a.service", [.writes: 2], cgroup: 2),
            row("run-u7.service", [.writes: 4], cgroup: 3), row("run-u8.service", [.writes: 8], cgroup: 4))
        #expect(report.writes("a.service") == [3])
        #expect(report.writes("run-u*.service") == [12])
        #expect(report.series.map(\.rows) == [2, 2])
    }

    @Test func `a cgroup has its path only where nothing else names it`() {
        var windows = Windows()
        let bare = UnitRow(
            identity: UnitIdentity(kind: .cgroup, slice: "-.slice"), cgroup: CgroupID(1), path: "/x",
            counters: Counters([.writes: 1]))
        let slice = UnitRow(
            identity: UnitIdentity(kind: .slice, slice: "a.slice"), cgroup: CgroupID(2), path: "/a.slice",
            counters: Counters([.writes: 1]))
        let report = windows.close(bare, slice, row("a.service", [.writes: 1]))
        #expect(report.series.map(\.key.cgroup) == ["/x", nil, nil])
    }

    @Test func `what the keys of a grouping do not determine makes no series`() {
        var windows = Windows(by: Grouping([.unit]))
        var moved = row("a.service", [.writes: 2])
        moved.identity.slice = nil
        _ = windows.close(row("a.service", [.writes: 1]))
        let report = windows.close(moved)
        #expect(report.writes("a.service") == [3])
        #expect(report.series.map(\.key.slice) == [nil])
    }

    @Test func `an idle series is told again now and then, ends, and begins anew from zero`() throws {
        var windows = Windows(idle: 100, repetition: 30)
        let first = windows.close(row("a.service", [.writes: 5]))
        var told: [Int64] = []
        for _ in 2...10 where windows.close().units == ["a.service"] { told.append(windows.number) }
        #expect(told == [4, 7, 10])
        let last = windows.close()
        #expect(last.ended == ["a.service"])
        #expect(last.series.map(\.rows) == [0])
        #expect(last.live == 0)
        #expect(last.totals.endedSeries == 1)
        #expect(windows.close().series.isEmpty)
        let again = try #require(windows.close(row("a.service", [.writes: 1])).series.first)
        #expect(again.sums.counters[.writes] == 1)
        #expect(again.start == Windows.time(12))
        #expect(again.tellsZeros)
        #expect(try again.start > #require(first.series.first).start)
    }

    @Test func `a zero is not told of the moment for which an end was told`() throws {
        var windows = Windows(idle: 10)
        _ = windows.close(row("a.service", [.writes: 5]))
        #expect(windows.close().ended == ["a.service"])
        let again = try #require(windows.close(row("a.service", [.writes: 1])).series.first)
        #expect(!again.tellsZeros)
        #expect(again.before.counters.isZero)
        let next = try #require(windows.close(row("a.service", [.opens: 1])).series.first)
        #expect(next.tellsZeros)
        #expect(next.before.counters == Counters([.writes: 1]))
    }

    @Test func `for new series the longest idle ones end`() {
        var windows = Windows(series: 3)
        _ = windows.close(row("a.service", [.writes: 1]))
        _ = windows.close(row("b.service", [.writes: 1]))
        _ = windows.close(row("c.service", [.writes: 1]))
        let report = windows.close(row("a.service", [.writes: 1]), row("d.service", [.writes: 1]))
        #expect(report.ended == ["b.service"])
        #expect(report.writes("a.service") == [2])
        #expect(report.live == 3)
        #expect(report.overflow == nil)
    }

    @Test func `what has no room is one series, with the row that had none before`() {
        var windows = Windows(series: 2)
        let rest = UnitRow(identity: .overflow, cgroup: nil, path: nil, counters: Counters([.writes: 100]))
        let rows = ["a", "b", "c", "d"].map { row(ByteString("\($0).service"), [.writes: 1]) }
        let report = windows.close(rows + [rest])
        #expect(report.units == ["a.service", "b.service", nil])
        #expect(report.overflow?.sums.counters[.writes] == 102)
        #expect(report.overflow?.rows == 3)
        #expect(report.totals.overflowingRows == 2)
        // There is room in the next window, and what it counts is in no two series.
        let next = windows.close(row("c.service", [.writes: 7]))
        #expect(next.ended == ["a.service"])
        #expect(next.writes("c.service") == [7])
        #expect(next.overflow == nil)
    }

    @Test func `a nested row without room is in no series, as another has all of it`() {
        var windows = Windows(series: 1, by: Grouping([.slice]))
        func slice(_ name: ByteString, isNested: Bool) -> UnitRow {
            var row = UnitRow(
                identity: UnitIdentity(kind: .slice, slice: name), cgroup: nil, path: nil,
                counters: Counters([.writes: 5]))
            row.isNested = isNested
            return row
        }
        let report = windows.close(slice("-.slice", isNested: false), slice("a.slice", isNested: true))
        #expect(report.series.map(\.key.slice) == ["-.slice"])
        #expect(report.rowsWithoutSeries == 1)
        #expect(report.totals.overflowingRows == 0)
    }

    @Test func `a clock that is set back leaves values as they are, and no start after its values`() {
        var windows = Windows()
        let before = windows.close(row("a.service", [.writes: 5]))
        let after = windows.close(row("a.service", [.writes: 5]), shift: -10)
        #expect(after.time < before.time)
        #expect(after.writes("a.service") == [10])
        #expect(after.series.allSatisfy { $0.start < after.time })
        #expect(after.totals.start < after.time)
        #expect(windows.close(row("a.service", [.writes: 1])).writes("a.service") == [11])
    }

    @Test func `what the agent says of itself is added up, too, and unknown stays unknown`() {
        var windows = Windows()
        var loss = Loss()
        loss.ringRecords = 2
        loss.missedRuns = [MissedRuns(operation: "open", runs: 1), MissedRuns(operation: "write", runs: 4)]
        _ = windows.close(row("a.service", [.writes: 1]), loss: loss)
        loss.missedRuns[0].runs = nil
        _ = windows.close(loss: loss)
        loss.missedRuns[0].runs = 3
        let totals = windows.close(loss: loss).totals
        #expect(totals.windows == 3)
        #expect(totals.rows == 1)
        #expect(totals.loss.ringRecords == 6)
        #expect(totals.loss.missedRuns.map(\.runs) == [nil, 12])
        #expect(totals.own == Counters([.writes: 3]))
        #expect(totals.start == Windows.time(0))
    }

    /// The rule by which receivers tell a restart: within one start values never sink, and nothing is counted twice.
    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func `whatever comes, the last values are the sum of all windows`(seed: UInt64) {
        var random = Seeded(state: seed)
        var windows = Windows(series: 5, idle: 70, repetition: 30)
        var last: [String: UInt64] = [:]
        var (given, rows, told) = (UInt64(0), 0, 0)
        for _ in 1...400 {
            var window: [UnitRow] = []
            for unit in 0..<9 where random.next() % 5 == 0 {
                let writes = random.next() % 1000
                window.append(row(ByteString("u\(unit).service"), [.writes: writes]))
                given += writes
            }
            rows += window.count
            let report = windows.close(window)
            #expect(report.series.filter { !$0.hasEnded }.count <= 6)
            #expect(report.live <= 6)
            told += report.series.reduce(report.rowsWithoutSeries) { $0 + $1.rows }
            for series in report.series {
                let stream = "\(series.key.unit?.lossyText ?? "*") since \(series.start.nanoseconds)"
                #expect(series.sums.counters[.writes] >= last[stream, default: 0])
                if series.hasEnded { #expect(series.sums.counters[.writes] == last[stream]) }
                #expect(series.start < report.time)
                last[stream] = series.sums.counters[.writes]
            }
        }
        #expect(last.values.reduce(0, +) == given)
        #expect(told == rows)
        #expect(last.count > 20, "series ended and began anew")
    }
}
