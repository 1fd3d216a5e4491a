import Model
import Testing

struct LiveUnitsTests {
    private func batch(_ number: Int64, _ rows: [UnitRow]) -> Batch {
        let start = 1_795_348_800_000_000_000 + number * 10_000_000_000
        return Batch(
            sequence: UInt64(number + 1),
            agent: AgentIdentity(version: "1", instance: "i", backend: "b", started: Timestamp(nanoseconds: 0)),
            host: HostIdentity(name: "h", id: nil, kernel: "k"),
            window: Window(
                start: Timestamp(nanoseconds: start), end: Timestamp(nanoseconds: start + 10_000_000_000), seconds: 10),
            coverage: Coverage(notSeen: [], absent: [], attached: 1, missing: []), loss: Loss(),
            ownActivity: Counters(), rows: rows)
    }

    private func row(_ path: ByteString, _ counters: [Counter: UInt64], writers: [WriterRow] = []) -> UnitRow {
        let identity = UnitIdentity(cgroupPath: path)
        return UnitRow(
            identity: identity, series: SeriesNames(of: identity, folding: true), cgroup: CgroupID(1), path: path,
            counters: Counters(counters), writers: writers)
    }

    private func writer(_ comm: ByteString, _ bytes: UInt64) -> WriterRow {
        WriterRow(executable: "/x", comm: comm, uid: 0, counters: Counters([.writeBytes: bytes]))
    }

    @Test func `a unit has what the last window added and what all of them come to`() {
        var live = LiveUnits(idle: 900)
        _ = live.add(batch(0, [row("/system.slice/a.service", [.writeBytes: 5])]))
        _ = live.add(batch(1, []))
        let view = live.add(batch(2, [row("/system.slice/a.service", [.writeBytes: 7, .opens: 1])]))
        #expect(view.units.count == 1)
        #expect(view.units[0].window == Counters([.writeBytes: 7, .opens: 1]))
        #expect(view.units[0].sums.sums.counters == Counters([.writeBytes: 12, .opens: 1]))
        #expect(view.units[0].recent == [5, 0, 7])
        #expect(view.windows.count == 3)
        #expect(view.batch.rows.isEmpty && view.rows == 1)
    }

    @Test func `an idle unit stays with nothing new, and goes when it was idle for long`() {
        var live = LiveUnits(idle: 20)
        _ = live.add(batch(0, [row("/system.slice/a.service", [.writes: 5]), row("/b", [.opens: 1])]))
        let second = live.add(batch(1, [row("/b", [.opens: 1])]))
        #expect(second.units.map(\.window.isZero) == [true, false])
        #expect(second.units[0].sums.sums.counters[.writes] == 5)
        let third = live.add(batch(2, [row("/b", [.opens: 1])]))
        #expect(third.units.map(\.sums.key.cgroup) == ["/b"])
        #expect(third.totals.endedSeries == 1)
    }

    @Test func `bytes are remembered for thirty windows, from when the first was written`() {
        var live = LiveUnits(idle: 900)
        var view = live.add(batch(0, [row("/b", [.opens: 1])]))
        #expect(view.units[0].recent.isEmpty)
        for number in 1...40 { view = live.add(batch(Int64(number), [row("/b", [.writeBytes: UInt64(number)])])) }
        #expect(view.units[0].recent == (11...40).map { UInt64($0) })
        #expect(view.windows.count == LiveUnits.remembered)
    }

    @Test func `rows with the same labels are one unit, and so are their writers`() {
        var live = LiveUnits(idle: 900)
        let view = live.add(
            batch(
                0,
                [
                    row(
                        "/system.slice/run-r0123456789abcdef0123456789abcdef.scope", [.writeBytes: 1],
                        writers: [writer("a", 1)]),
                    row(
                        "/system.slice/run-rfedcba9876543210fedcba9876543210.scope", [.writeBytes: 2],
                        writers: [writer("b", 1), writer("a", 1)]),
                ]))
        #expect(view.units.count == 1)
        #expect(view.units[0].sums.key.unit == "run-r*.scope")
        #expect(view.units[0].window[.writeBytes] == 3)
        #expect(view.units[0].writers.map(\.comm) == ["a", "b"])
        #expect(view.units[0].writers.map { $0.counters[.writeBytes] } == [2, 1])
    }

    @Test func `a sum of two containers of one name does not shrink when one of them is gone`() {
        var live = LiveUnits(idle: 20)
        func container(_ id: Character, _ writes: UInt64) -> UnitRow {
            var identity = UnitIdentity(
                cgroupPath: ByteString("/system.slice/docker-\(String(repeating: id, count: 64)).scope"))
            identity.container?.name = "web"
            return UnitRow(
                identity: identity, series: SeriesNames(of: identity, folding: true), cgroup: nil, path: nil,
                counters: Counters([.writes: writes]))
        }
        _ = live.add(batch(0, [container("a", 100), container("b", 1)]))
        var view = live.add(batch(1, [container("b", 1)]))
        for number in 2...9 { view = live.add(batch(Int64(number), [container("b", 1)])) }
        #expect(view.units.map { $0.sums.sums.counters[.writes] } == [110])
        #expect(view.units[0].sums.key.container?.id == "web")
    }

    @Test func `names that look the same as text are one unit`() {
        var live = LiveUnits(idle: 900)
        let rows = [0xFE, 0xFF].map { row(ByteString([0x2F, UInt8($0)]), [.writes: 1]) }
        let view = live.add(batch(0, rows))
        #expect(view.units.map(\.sums.key.cgroup) == ["/\u{FFFD}"])
        #expect(view.units[0].window[.writes] == 2)
    }

    @Test(
        arguments: [
            ("/system.slice/a.service", false), ("/system.slice", true), ("/", true), ("/some/where", true),
            ("/kubepods/burstable/pod0b1c2d3e-1111-2222-3333-444455556666", true),
            ("/system.slice/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope", false),
        ] as [(ByteString, Bool)])
    func `a path tells apart what neither a unit nor a container names`(_ path: ByteString, _ hasPath: Bool) {
        #expect(CumulativeKey(labelsOf: row(path, [:])).cgroup == (hasPath ? path : nil))
    }
}
