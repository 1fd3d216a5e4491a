import Model
import Testing

@testable import Machine

@Suite struct ContainerTableTests {
    private var table = ContainerTable(pauses: [.zero, .nanoseconds(10), .nanoseconds(100)], limit: 3)
    private let question = ContainerQuestion(.container(id: "a", runtime: "docker"))
    private let place = ContainerQuestion(.place(["a", "b"]))
    private let details = ContainerDetails(name: "web")

    private func cgroup(_ number: UInt64) -> CgroupID { CgroupID(number) }

    /// Asks whatever is due at `now` and gives each the same answer.
    private mutating func ask(_ now: Int64, _ answer: ContainerAnswer) -> Int {
        var asked = 0
        while let question = table.next(now) {
            asked += 1
            table.answered(question, answer, now: now)
        }
        return asked
    }

    @Test mutating func `one question is asked once for all cgroups of a container, and never again`() {
        table.want(cgroup(1), question, now: 0)
        table.want(cgroup(2), question, now: 0)
        let asked = ask(0, .known(details))
        #expect(asked == 1)
        let news = table.takeNews()
        #expect(Set(news.map(\.0)) == [cgroup(1), cgroup(2)])
        #expect(news.allSatisfy { $0.1 == details })
        table.want(cgroup(3), question, now: 5)
        #expect(table.next(1000) == nil)
        #expect(table.takeNews().map(\.0) == [cgroup(3)])
        #expect(table.takeNews().isEmpty)
    }

    @Test mutating func `what was asked takes no room, also while there is always something that waits`() {
        for number in 1...10_000 as ClosedRange<UInt64> {
            let now = Int64(number) * 5
            table.want(
                cgroup(number), ContainerQuestion(.container(id: ByteString("\(number)"), runtime: nil)), now: now)
            _ = ask(now, .unknown)
            if number > 2 { table.forget([cgroup(number - 2)]) }
        }
        #expect(table.kept < 1000)
    }

    @Test mutating func `a container nobody knows yet is asked for again after each pause, then no more`() {
        table.want(cgroup(1), question, now: 0)
        for (now, expected) in [(0, 1), (9, 0), (10, 1), (109, 0), (110, 1), (100_000, 0)] as [(Int64, Int)] {
            let asked = ask(now, .unknown)
            #expect(asked == expected, "at \(now)")
        }
        table.want(cgroup(2), question, now: 200_000)
        #expect(table.next(300_000) == nil)
        let failures = table.takeFailures().count
        #expect(failures == 0)
    }

    @Test mutating func `a container that was written down late has its name`() {
        table.want(cgroup(1), question, now: 0)
        _ = ask(0, .unknown)
        _ = ask(10, .failed("half written"))
        _ = ask(110, .known(details))
        #expect(table.takeNews().map(\.1) == [details])
        let failures = table.takeFailures().count
        #expect(failures == 0)
    }

    @Test mutating func `a failure is counted once, when it is given up`() {
        table.want(cgroup(1), question, now: 0)
        _ = ask(0, .failed("x"))
        _ = ask(10, .failed("y"))
        var failures = table.takeFailures()
        #expect(failures.count == 0)
        _ = ask(110, .failed("z"))
        failures = table.takeFailures()
        #expect(failures.count == 1)
        #expect(failures.reasons == ["z"])
        failures = table.takeFailures()
        #expect(failures.count == 0)
    }

    @Test mutating func `four failures are counted without waiting for the last attempt, and once`() {
        table = ContainerTable(pauses: Array(repeating: .nanoseconds(10), count: 6))
        table.want(cgroup(1), question, now: 0)
        var counted: [UInt64] = []
        for attempt in 1...6 as ClosedRange<Int64> {
            _ = ask(attempt * 10, .failed("x"))
            counted.append(table.takeFailures().count)
        }
        table.forget([cgroup(1)])
        counted.append(table.takeFailures().count)
        #expect(counted == [0, 0, 0, 1, 0, 0, 0])
    }

    @Test mutating func `a failure is counted when the container is gone before it could be asked again`() {
        table.want(cgroup(1), question, now: 0)
        _ = ask(0, .failed("x"))
        table.forget([cgroup(1)])
        let failures = table.takeFailures().count
        #expect(failures == 1)
        #expect(table.count == 0)
        #expect(table.next(1000) == nil)
    }

    @Test mutating func `what was learned is kept as long as one of the cgroups is there`() {
        table.want(cgroup(1), question, now: 0)
        table.want(cgroup(2), question, now: 0)
        _ = ask(0, .known(details))
        table.forget([cgroup(1)])
        #expect(table.count == 1)
        table.forget([cgroup(2)])
        #expect(table.count == 0)
        table.want(cgroup(3), question, now: 50)
        #expect(table.next(50) == question)
    }

    @Test mutating func `a cgroup that was moved wants the answer to another question`() {
        let other = ContainerQuestion(.container(id: "b", runtime: "docker"))
        table.want(cgroup(1), question, now: 0)
        table.want(cgroup(1), other, now: 0)
        #expect(table.count == 1)
        #expect(table.next(0) == other)
        #expect(table.next(0) == nil)
    }

    @Test mutating func `a cgroup that asks again is told again`() {
        table.want(cgroup(1), question, now: 0)
        _ = ask(0, .known(details))
        _ = table.takeNews()
        table.want(cgroup(1), question, now: 5)
        #expect(table.takeNews().map(\.1) == [details])
        #expect(table.next(1000) == nil)
    }

    @Test mutating func `directories that are no container are asked about twice and not kept`() {
        table.want(cgroup(1), place, now: 0)
        _ = ask(0, .unknown)
        _ = ask(10, .unknown)
        #expect(table.count == 0)
        #expect(table.next(1000) == nil)
    }

    @Test mutating func `an answer that comes too late is taken, when the container is still there`() {
        table.want(cgroup(1), question, now: 0)
        #expect(table.next(0) == question)
        table.hung(question, "slow")
        table.answered(question, .known(details), now: 5)
        #expect(table.takeNews().map(\.1) == [details])
        table.forget([cgroup(1)])
        table.answered(question, .known(details), now: 6)
        #expect(table.takeNews().isEmpty)
        let failures = table.takeFailures().count
        #expect(failures == 1)
    }

    @Test mutating func `what hung and then knew nothing is asked again, once, and counted once`() {
        table.want(cgroup(1), question, now: 0)
        for now in [0, 10] as [Int64] {
            #expect(table.next(now) == question)
            table.hung(question, "slow")
            #expect(table.next(now + 1000) == nil, "as long as it hangs")
            table.answered(question, .unknown, now: now)
        }
        #expect(table.next(1_000_000) == nil)
        let failures = table.takeFailures().count
        #expect(failures == 1)
    }

    @Test mutating func `what is put off is counted once, and asked as often as anything else`() {
        table.want(cgroup(1), question, now: 0)
        let pause = ContainerTable.putOff.components.seconds * 1_000_000_000
        for round in 0...3 as ClosedRange<Int64> { table.putOff(round * pause, "nobody is there") }
        let failures = table.takeFailures()
        #expect(failures.count == 1)
        #expect(failures.reasons == ["nobody is there"])
        var asked: [Int] = []
        for now in [pause * 4 - 1, pause * 4, pause * 4 + 10, pause * 4 + 110, pause * 9] {
            asked.append(ask(now, .unknown))
        }
        #expect(asked == [0, 1, 1, 1, 0])
    }

    @Test mutating func `there are never more questions than the limit, and the others are failures`() {
        for number in 1...5 as ClosedRange<UInt64> {
            table.want(cgroup(number), ContainerQuestion(.container(id: ByteString("\(number)"), runtime: nil)), now: 0)
        }
        #expect(table.count == 3)
        let failures = table.takeFailures().count
        #expect(failures == 2)
    }
}
