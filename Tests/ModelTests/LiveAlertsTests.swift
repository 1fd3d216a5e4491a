import Model
import Testing

struct LiveAlertsTests {
    private func alert(_ number: Int64) -> Alert {
        let place = FilePlace(device: 1, inode: UInt64(number), within: "/etc/x", seen: "/etc/x")
        let sighting = Sighting(
            time: 0, cgroup: CgroupID(1), writer: SightedWriter(executable: nil, comm: "sh", uid: 0, pid: 1),
            operation: .write, place: .file(place))
        let placed = PlacedSighting(
            sighting: sighting, identity: .unresolved, series: SeriesNames(of: .unresolved, folding: true),
            hostPaths: [], path: "/etc/x", root: .host, pathSource: .file, executableHostPaths: [],
            executablePath: nil)
        return Alert(
            .unexpectedWriter, id: "\(number)", rule: "watch[0]", time: Timestamp(nanoseconds: number), of: placed)
    }

    @Test func `the newest come first, those held back in their place`() {
        var alerts = LiveAlerts()
        alerts.add([alert(3), alert(5)])
        alerts.add([])
        alerts.add([alert(4), alert(5), alert(6)])
        #expect(alerts.newest.map(\.time.nanoseconds) == [6, 5, 5, 4, 3])
        #expect(alerts.dropped == 0)
    }

    @Test func `a thousand are kept, and the others counted`() {
        var alerts = LiveAlerts()
        for window in 0..<30 { alerts.add((0..<50).map { alert(Int64(window * 50 + $0)) }) }
        #expect(alerts.newest.count == LiveAlerts.capacity && LiveAlerts.capacity == 1000)
        #expect(alerts.newest.first?.id == "1499" && alerts.newest.last?.id == "500")
        #expect(alerts.dropped == 500)
        alerts.add([alert(1)])
        #expect(alerts.newest.last?.id == "500" && alerts.dropped == 501)
    }

    @Test func `a view has the alerts of all windows, and its batch none`() {
        var live = LiveUnits(idle: 900)
        var view: LiveView?
        for number in 1...3 {
            let end = Timestamp(nanoseconds: Int64(number) * 1_000_000_000)
            view = live.add(
                Batch(
                    sequence: UInt64(number),
                    agent: AgentIdentity(version: "1", instance: "i", backend: "b", started: end),
                    host: HostIdentity(name: "h", id: nil, kernel: "k"),
                    window: Window(start: end, end: end, seconds: 1),
                    coverage: Coverage(notSeen: [], absent: [], attached: 1, missing: []), loss: Loss(),
                    ownActivity: Counters(), rows: [], alerts: [alert(Int64(number))]))
        }
        #expect(view?.alerts.newest.map(\.id) == ["3", "2", "1"])
        #expect(view?.batch.alerts == [])
        #expect(view?.totals.alerts == [Alert.Source(.unexpectedWriter, rule: "watch[0]"): 3])
    }
}
