import Export
import Foundation
import Model
import Testing

@testable import Agent

/// What the pipeline gives the local endpoint.
@Suite(.timeLimit(.minutes(1))) struct EndpointViewTests {
    private func units(_ state: EndpointState) throws -> [[String: Any]] {
        let answer = state.answer(.units, to: RequestHead(method: .get, path: "/api/v1/units"))
        let document = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        return document?["units"] as? [[String: Any]] ?? []
    }

    @Test func `it is shown rows of cgroups, whatever the outputs ask for`() async throws {
        var script = FakeSource.Script()
        script.drains = [Drain(), writes(7, in: 5)]
        let clock = TestClock(wall: 1_000_003)
        let bench = Bench(script, clock: clock, host: FakeHost(clock: clock, paths: [CgroupID(5): "/x/y"]))
        let state = EndpointState(expireAfter: .seconds(60), interval: .seconds(10), monotonic: { 0 })
        let sink = RecordingSink()
        await bench.pipeline.reshape {
            let output = Pipeline.Output(sink, by: Grouping([.unit]), since: clock.reading.wall)
            let shape = Pipeline.Shape(
                outputs: [output], limits: Rollup.Limits(units: 100, writersPerUnit: 10), interval: .seconds(10),
                endpoint: state)
            return (shape, ())
        }
        #expect(state.answer(.metrics, to: RequestHead(method: .get, path: "/metrics")).status == .unavailable)
        try await bench.pipeline.run(.oneWindow)
        #expect(sink.batches.map(\.grouping) == [Grouping([.unit])])
        let units = try units(state)
        #expect(units.count == 1)
        #expect(units.first?["cgroup"] as? String == "/x/y")
        #expect((units.first?["window"] as? [String: Any])?["writes"] as? Int == 7)
        #expect(state.answer(.metrics, to: RequestHead(method: .get, path: "/metrics")).status == .fine)
    }

    @Test func `alerts are shown from the first window on, and rules begin at zero`() throws {
        let rule = Alert.Source(.unexpectedWriter, rule: "watch[0]")
        let state = EndpointState(
            expireAfter: .seconds(60), interval: .seconds(10), rules: [rule], monotonic: { 0 })
        func alerts() throws -> [[String: Any]] {
            let answer = state.answer(.alerts, to: RequestHead(method: .get, path: "/api/v1/alerts"))
            let document = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
            return try #require(document?["alerts"] as? [[String: Any]])
        }
        func metrics() -> String {
            let answer = state.answer(.metrics, to: RequestHead(method: .get, path: "/metrics"))
            return String(decoding: answer.body, as: UTF8.self)
        }
        func batch(_ number: UInt64, _ alerts: [Alert]) -> Batch {
            let end = Timestamp(nanoseconds: Int64(number) * 1_000_000_000)
            return Batch(
                sequence: number, agent: AgentIdentity(version: "1", instance: "i", backend: "b", started: end),
                host: HostIdentity(name: "h", id: nil, kernel: "k"), window: Window(start: end, end: end, seconds: 1),
                coverage: Coverage(notSeen: [], absent: [], attached: 1, missing: []), loss: Loss(),
                ownActivity: Counters(), rows: [], alerts: alerts)
        }
        #expect(try alerts().isEmpty)
        state.show(batch(1, []))
        #expect(metrics().contains("\notagent_alerts_total{alert=\"unexpected_writer\",rule=\"watch[0]\"} 0\n"))
        let place = FilePlace(device: 1, inode: 2, within: "/etc/x", seen: "/etc/x")
        let sighting = Sighting(
            time: 0, cgroup: CgroupID(5), writer: SightedWriter(executable: nil, comm: "<b>", uid: 0, pid: 7),
            operation: .create, place: .file(place))
        let placed = PlacedSighting(
            sighting: sighting, identity: UnitIdentity(cgroupPath: "/system.slice/a.service"),
            series: SeriesNames(of: .unresolved, folding: true), hostPaths: ["/etc/x"], path: "/etc/x", root: .host,
            pathSource: .file, executableHostPaths: [], executablePath: nil)
        let alert = Alert(
            .unexpectedWriter, id: "00000000000000aa", rule: "watch[0]", time: Timestamp(nanoseconds: 1), of: placed)
        state.show(batch(2, [alert]))
        state.show(batch(3, []))
        #expect(try alerts().map { $0["path"] as? String } == ["/etc/x"])
        #expect(try alerts().map { $0["comm"] as? String } == ["<b>"])
        #expect(metrics().contains("\notagent_alerts_total{alert=\"unexpected_writer\",rule=\"watch[0]\"} 1\n"))
    }
}
