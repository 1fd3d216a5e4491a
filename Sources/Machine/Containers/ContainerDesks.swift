internal import Model

/// The questions about root's containers, and those about each user's apart: nobody takes another's room, or turn.
///
/// A pure value, with time as an argument.
struct ContainerDesks {
    /// Who is asked at the same time: what users keep may hang, and must not keep root's waiting.
    enum Lane: CaseIterable {
        case root, users

        init(_ question: ContainerQuestion) { self = question.user == nil ? .root : .users }
    }

    private var root: ContainerTable
    private var users: [UInt32: ContainerTable] = [:]
    /// Users in the order in which their turns come.
    private var order: [UInt32] = []
    private var turn = 0
    /// Whose table has a cgroup, if it is a user's.
    private var userOfCgroup: [CgroupID: UInt32] = [:]
    /// For what goes beyond the limit of all users together.
    private var refused = ContainerTable(limit: 0)
    private let limit: Int
    private let limitOfUser: Int

    /// - Parameters:
    ///   - limit: how many questions of root's are kept, and of all users together.
    ///   - limitOfUser: how many of one user's.
    init(limit: Int = 20_000, limitOfUser: Int = 1000) {
        (self.limit, self.limitOfUser) = (limit, limitOfUser)
        root = ContainerTable(limit: limit)
    }

    var count: Int { root.count + countOfUsers }
    private var countOfUsers: Int { users.values.reduce(0) { $0 + $1.count } }

    mutating func want(_ cgroup: CgroupID, _ question: ContainerQuestion, now: Int64) {
        let user = question.user
        // A cgroup that was moved may be another's now.
        if let before = userOfCgroup[cgroup], before != user { forget([cgroup]) }
        guard let user else { return root.want(cgroup, question, now: now) }
        root.forget([cgroup])
        if users[user]?.isAsking(question) != true, countOfUsers >= limit {
            return refused.refuse("more than \(limit) containers of users")
        }
        if users[user] == nil {
            users[user] = ContainerTable(limit: limitOfUser, whose: " of user \(user)")
            order.append(user)
        }
        userOfCgroup[cgroup] = user
        users[user]?.want(cgroup, question, now: now)
    }

    /// - Parameter held: users whose files hang.
    func hasDue(_ lane: Lane, _ now: Int64, besides held: Set<UInt32>) -> Bool {
        switch lane {
        case .root: root.hasDue(now)
        case .users: users.contains { !held.contains($0.key) && $0.value.hasDue(now) }
        }
    }

    /// The next question to ask, of each user in turn.
    mutating func next(_ lane: Lane, _ now: Int64, besides held: Set<UInt32>) -> ContainerQuestion? {
        if lane == .root { return root.next(now) }
        for offset in order.indices {
            let place = (turn + offset) % order.count
            guard !held.contains(order[place]), let question = users[order[place]]?.next(now) else { continue }
            turn = place + 1
            return question
        }
        return nil
    }

    mutating func answered(_ question: ContainerQuestion, _ answer: ContainerAnswer, now: Int64) {
        change(question) { $0.answered(question, answer, now: now) }
    }

    mutating func hung(_ question: ContainerQuestion, _ reason: String) {
        change(question) { $0.hung(question, reason) }
    }

    /// Puts off what is due in the whole lane.
    mutating func putOff(_ lane: Lane, _ now: Int64, _ reason: String) {
        if lane == .root { return root.putOff(now, reason) }
        for user in order { users[user]?.putOff(now, reason) }
    }

    /// Puts off what is due of users whose files hang.
    mutating func putOff(_ held: Set<UInt32>, _ now: Int64) {
        for user in held { users[user]?.putOff(now, "the files of user \(user) hang") }
    }

    mutating func forget(_ cgroups: Set<CgroupID>) {
        root.forget(cgroups)
        for cgroup in cgroups {
            guard let user = userOfCgroup.removeValue(forKey: cgroup) else { continue }
            users[user]?.forget([cgroup])
        }
    }

    mutating func takeNews() -> [(CgroupID, ContainerDetails)] {
        var news = root.takeNews()
        for user in order { news += users[user]?.takeNews() ?? [] }
        return news
    }

    /// How many questions failed since the last time, and some of the reasons, root's apart.
    mutating func takeFailures() -> (count: UInt64, reasons: [Lane: [String]]) {
        let ofRoot = root.takeFailures()
        var ofUsers = refused.takeFailures()
        for user in order {
            guard let failures = users[user]?.takeFailures() else { continue }
            ofUsers = (ofUsers.count + failures.count, ofUsers.reasons + failures.reasons)
            if users[user]?.isIdle == true { users[user] = nil }
        }
        order.removeAll { users[$0] == nil }
        return (ofRoot.count + ofUsers.count, [.root: ofRoot.reasons, .users: ofUsers.reasons])
    }

    private mutating func change(_ question: ContainerQuestion, _ body: (inout ContainerTable) -> Void) {
        guard let user = question.user else { return body(&root) }
        guard var table = users.removeValue(forKey: user) else { return }
        body(&table)
        users[user] = table
    }
}

extension ContainerQuestion {
    /// Whose files are read, if not root's.
    var user: UInt32? { owner == 0 ? nil : owner }
}
