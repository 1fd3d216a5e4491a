import Model
import Testing

@testable import Machine

@Suite struct ContainerDesksTests {
    private var desks = ContainerDesks(limit: 10, limitOfUser: 4)

    private func question(_ id: String, of user: UInt32? = nil) -> ContainerQuestion {
        ContainerQuestion(.container(id: ByteString(id), runtime: nil), owner: user)
    }

    private mutating func want(_ numbers: ClosedRange<UInt64>, of user: UInt32? = nil) {
        for number in numbers { desks.want(CgroupID(number), question("\(number)", of: user), now: 0) }
    }

    /// The users who are asked about, in the order in which that happens.
    private mutating func asked(_ lane: ContainerDesks.Lane, besides held: Set<UInt32> = []) -> [UInt32?] {
        var users: [UInt32?] = []
        while let question = desks.next(lane, 0, besides: held) {
            users.append(question.owner)
            desks.answered(question, .known(ContainerDetails()), now: 0)
        }
        return users
    }

    @Test mutating func `no user has more questions than one may have, and takes the room of nobody`() {
        want(1...20, of: 1000)
        want(21...22, of: 1001)
        want(31...33)
        var failures = desks.takeFailures()
        #expect(failures.count == 16)
        #expect(failures.reasons == [.root: [], .users: ["more than 4 containers of user 1000"]])
        #expect(asked(.root) == [nil, nil, nil])
        #expect(asked(.users).count == 6)
        failures = desks.takeFailures()
        #expect(failures.count == 0)
    }

    @Test mutating func `all users together have a limit, which is not root's`() {
        for user in 1...10 as ClosedRange<UInt32> { want(UInt64(user) * 10...UInt64(user) * 10 + 3, of: 1000 + user) }
        let failures = desks.takeFailures()
        #expect(failures.count == 30)
        #expect(failures.reasons[.users] == ["more than 10 containers of users"])
        want(1001...1010)
        #expect(desks.takeFailures().count == 0)
        #expect(desks.count == 20)
    }

    @Test mutating func `users are asked about in turn, without those whose files hang`() {
        want(1...3, of: 1000)
        want(11...12, of: 1001)
        want(21...22, of: 1002)
        #expect(asked(.users, besides: [1002]) == [1000, 1001, 1000, 1001, 1000])
        #expect(!desks.hasDue(.users, 0, besides: [1002]))
        #expect(desks.hasDue(.users, 0, besides: []))
        #expect(asked(.users) == [1002, 1002])
    }

    @Test mutating func `what is learned comes for the cgroups that wanted it, until they are gone`() {
        want(1...1)
        want(2...3, of: 1000)
        #expect(asked(.users) == [1000, 1000])
        #expect(asked(.root) == [nil])
        #expect(Set(desks.takeNews().map(\.0)) == [CgroupID(1), CgroupID(2), CgroupID(3)])
        desks.forget([CgroupID(1), CgroupID(2), CgroupID(3)])
        #expect(desks.takeFailures().count == 0)
        #expect(desks.count == 0)
        want(2...2, of: 1000)
        #expect(asked(.users) == [1000])
    }

    @Test mutating func `a cgroup that was moved to another user's is asked about there alone`() {
        for owner in [1000, nil, 1001] as [UInt32?] { desks.want(CgroupID(1), question("a", of: owner), now: 0) }
        #expect(desks.count == 1)
        #expect(asked(.root) == [])
        #expect(asked(.users) == [1001])
    }

    @Test mutating func `root's own systemd is root's lane`() {
        want(1...1, of: 0)
        #expect(asked(.users) == [])
        #expect(asked(.root) == [0])
    }
}
