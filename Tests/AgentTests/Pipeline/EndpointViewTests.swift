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
}
