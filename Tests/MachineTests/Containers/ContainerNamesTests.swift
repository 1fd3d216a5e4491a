import Dispatch
import Model
import Synchronization
import Testing

@testable import Machine

/// With readers that the test holds back, and a clock that only it moves.
@Suite struct ContainerNamesTests {
    private final class Clock: Sendable {
        private let now = Mutex<Int64>(0)
        func advance(_ duration: Duration) { now.withLock { $0 += duration.components.seconds * 1_000_000_000 } }
        var reading: Int64 { now.withLock { $0 } }
    }

    /// A reader that hangs for ids which begin with `h`, until it is let go.
    private final class Gate: Sendable {
        let entered = DispatchSemaphore(value: 0)
        let released = DispatchSemaphore(value: 0)

        func answer(_ question: ContainerQuestion) -> ContainerAnswer {
            guard case .container(let id, _) = question.subject else { return .unknown }
            if id.bytes.first == UInt8(ascii: "h") {
                entered.signal()
                released.wait()
            }
            return .known(ContainerDetails(name: id))
        }
    }

    private let clock = Clock()
    private let gate = Gate()
    private let names: ContainerNames

    init() {
        let (clock, gate) = (clock, gate)
        names = ContainerNames(limit: .seconds(5), clock: { clock.reading }, maker: { _ in .superuser }) { gate.answer }
    }

    private func want(_ id: String, _ cgroup: UInt64, of user: UInt32? = nil) {
        let question = ContainerQuestion(.container(id: ByteString(id), runtime: nil), owner: user)
        names.want([(CgroupID(cgroup), question)])
    }

    /// What was learned, once there is as much as that; the deadline is for a test that fails.
    private func learned(_ count: Int) async throws -> Set<ByteString> {
        let deadline = ContinuousClock.now + .seconds(120)
        var learned: Set<ByteString> = []
        while learned.count < count, ContinuousClock.now < deadline {
            learned.formUnion(names.news().compactMap(\.1.name))
            try await Task.sleep(for: .milliseconds(1))
        }
        return learned
    }

    @Test func `what is wanted is learned`() async throws {
        for number in 0..<500 { want("c\(number)", UInt64(number)) }
        #expect(try await learned(500).count == 500)
        #expect(names.takeFailures() == 0)
    }

    @Test func `a look-up that hangs is given up and counted, and the others go on`() async throws {
        want("hang", 1)
        gate.entered.wait()
        want("web", 2)
        // Nobody waits: there is just nothing new.
        #expect(names.news().isEmpty)
        #expect(names.takeFailures() == 0)
        clock.advance(.seconds(6))
        #expect(try await learned(1) == ["web"])
        #expect(names.takeFailures() == 1)
        gate.released.signal()
        #expect(try await learned(1) == ["hang"])
        #expect(names.takeFailures() == 0)
    }

    @Test func `when too many hang the others are counted at once, and asked when one has come back`() async throws {
        for number in 1...3 {
            want("h\(number)", UInt64(number))
            gate.entered.wait()
            clock.advance(.seconds(6))
        }
        want("web", 9)
        #expect(names.news().isEmpty)
        #expect(names.takeFailures() == 4)
        clock.advance(.seconds(31))
        #expect(names.news().isEmpty)
        #expect(names.takeFailures() == 0, "each is counted once")
        for _ in 1...3 { gate.released.signal() }
        #expect(try await learned(3) == ["h1", "h2", "h3"])
        clock.advance(.seconds(31))
        #expect(try await learned(1) == ["web"])
        want("next", 10)
        #expect(try await learned(1) == ["next"])
        #expect(names.takeFailures() == 0)
    }

    @Test func `users' files that hang keep neither root's containers waiting nor those of other users`() async throws {
        want("h1", 1, of: 1000)
        gate.entered.wait()
        want("web", 2)
        #expect(try await learned(1) == ["web"], "while the user's look-up may still be answered")
        want("mine", 3, of: 1001)
        want("yours", 4, of: 1000)
        clock.advance(.seconds(6))
        #expect(try await learned(1) == ["mine"])
        // The user whose files hang is not asked again: that would cost another thread.
        #expect(names.takeFailures() == 2)
        for number in 1001...1002 as ClosedRange<UInt32> {
            want("h\(number)", UInt64(number), of: number)
            gate.entered.wait()
            clock.advance(.seconds(6))
            _ = names.news()
        }
        want("other", 5)
        #expect(try await learned(1) == ["other"], "however many users' files hang")
        for _ in 1...3 { gate.released.signal() }
        #expect(try await learned(3) == ["h1", "h1001", "h1002"])
        clock.advance(.seconds(31))
        #expect(try await learned(1) == ["yours"])
    }

    @Test func `a container that is gone is not answered for`() {
        want("hang", 1)
        gate.entered.wait()
        names.forget([CgroupID(1)])
        gate.released.signal()
        #expect(names.news().isEmpty)
    }

    @Test func `each reason is told once`() async throws {
        let told = Mutex<[String]>([])
        try await confirmation { confirmed in
            let names = ContainerNames(
                maker: { _ in .superuser },
                note: { reason in
                    told.withLock { $0.append(reason) }
                    confirmed()
                }
            ) { { _ in .failed("garbled") } }
            let deadline = ContinuousClock.now + .seconds(120)
            var failures: UInt64 = 0
            names.want((1...3).map { (CgroupID($0), ContainerQuestion(.place([ByteString("\($0)")]))) })
            while failures < 3, ContinuousClock.now < deadline {
                _ = names.news()
                failures += names.takeFailures()
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(failures == 3)
        }
        #expect(told.withLock { $0 } == ["garbled"])
    }
}
