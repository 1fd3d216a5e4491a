import Dispatch
import Kernel
import Machine
import Model
import Testing

@testable import Agent

/// How containers get their names in a batch, without a window waiting for them.
@Suite struct ContainerNamingTests {
    private let id = String(repeating: "0123456789abcdef", count: 4)
    private let path: ByteString

    init() { path = ByteString("/docker/\(id)") }

    private func script(_ windows: Int) -> FakeSource.Script {
        FakeSource.Script(
            drains: Array(repeating: writes(1, in: 9), count: windows), facts: [[.cgroupMade(CgroupID(9), path: path)]])
    }

    @Test func `a container has the name and image that its runtime tells`() async throws {
        let answered = DispatchSemaphore(value: 0)
        let containers = ContainerNames(maker: { _ in .superuser }) {
            { _ in
                answered.signal()
                return .known(ContainerDetails(name: "web", image: "nginx:1.25"))
            }
        }
        // The clock of the test stands still until the answer is there.
        let bench = Bench(script(2), containers: containers) { call in if call == 2 { answered.wait() } }
        try await bench.pipeline.run(.atLeast(.seconds(20)))
        let last = try #require(bench.sink.batches.last?.rows.first?.identity.container)
        #expect(last.id == ByteString(id))
        #expect(last.runtime == "docker")
        #expect(last.name == "web")
        #expect(last.image == "nginx:1.25")
    }

    @Test func `a cgroup found by the walk is asked about, too`() async throws {
        let answered = DispatchSemaphore(value: 0)
        let containers = ContainerNames(maker: { _ in .superuser }) {
            { _ in
                answered.signal()
                return .known(ContainerDetails(name: "old"))
            }
        }
        var names = CgroupNames(startsAtRealRoot: true, asksAboutContainers: true)
        names.found(CgroupID(9), path: path)
        let bench = Bench(
            FakeSource.Script(drains: [writes(1, in: 9), writes(1, in: 9)]), names: names, containers: containers
        ) { call in if call == 1 { answered.wait() } }
        try await bench.pipeline.run(.atLeast(.seconds(20)))
        #expect(bench.sink.batches.last?.rows.first?.identity.container?.name == "old")
    }

    @Test func `windows close on time while a look-up hangs, which is counted once`() async throws {
        let released = DispatchSemaphore(value: 0)
        let clock = TestClock()
        let containers = ContainerNames(
            limit: .seconds(15), clock: { clock.reading.monotonic }, maker: { _ in .superuser }
        ) {
            { _ in
                released.wait()
                return .unknown
            }
        }
        let bench = Bench(script(4), clock: clock, containers: containers)
        try await bench.pipeline.run(.atLeast(.seconds(40)))
        let batches = bench.sink.batches
        #expect(batches.map(\.window.seconds) == [10, 10, 10, 10])
        #expect(batches.map(\.writes) == [1, 1, 1, 1])
        #expect(batches.map { $0.rows.first?.identity.container?.name } == [nil, nil, nil, nil])
        #expect(batches.map { $0.rows.first?.identity.container?.runtime } == ["docker", "docker", "docker", "docker"])
        #expect(batches.map(\.loss.containerLookups).reduce(0, +) == 1)
        released.signal()
    }

    @Test func `without anybody to ask there are containers without names, and no failures`() async throws {
        let bench = Bench(script(1))
        try await bench.pipeline.run(.atLeast(.seconds(10)))
        let batch = try #require(bench.sink.batches.first)
        #expect(batch.rows.first?.identity.container?.id == ByteString(id))
        #expect(batch.loss.containerLookups == 0)
    }
}
