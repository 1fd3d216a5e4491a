internal import Dispatch
package import Model
internal import Synchronization

/// Asks for the names of containers on threads of its own, so that whoever wants them never waits.
///
/// One thread asks about root's containers, another about users'. A look-up that hangs costs that thread and is counted; the
/// others go on with another one, a few times, and without the user whose files hang.
package final class ContainerNames: Sendable {
    private typealias Lane = ContainerDesks.Lane

    /// What goes on in one lane.
    private struct Work {
        /// The thread that asks; absent while there is nothing to ask.
        var thread: Int?
        var asking: (question: ContainerQuestion, since: Int64)?
        /// Threads that were given up, as long as they hang.
        var stuck = 0
        /// Reasons that were told, and when.
        var told = ToldReasons()
    }

    private struct State {
        var desks: ContainerDesks
        var root = Work()
        var users = Work()
        var threads = 0
        /// Users whose files hang.
        var held: Set<UInt32> = []

        subscript(lane: Lane) -> Work {
            get { lane == .root ? root : users }
            set { if lane == .root { root = newValue } else { users = newValue } }
        }
    }

    private let state: Mutex<State>
    private let limit: Int64
    private let clock: @Sendable () -> Int64
    private let maker: @Sendable (ByteString) -> CgroupMaker
    private let note: @Sendable (String) -> Void
    private let remarks: @Sendable () -> [String]
    private let makeReader: @Sendable () -> (ContainerQuestion) -> ContainerAnswer

    private static let mostStuck = 3

    /// - Parameters:
    ///   - limit: how long one look-up may take.
    ///   - clock: nanoseconds, never set back.
    ///   - maker: who made the cgroup at a path.
    ///   - note: called with the reason of a failure, once in an hour for each.
    ///   - remarks: what else was found meanwhile that somebody should know.
    ///   - makeReader: called on the thread that asks, whenever it begins to; what it returns is used there alone.
    package init(
        limit: Duration = .seconds(5), clock: @escaping @Sendable () -> Int64 = { Clock.monotonic },
        maker: @escaping @Sendable (ByteString) -> CgroupMaker,
        note: @escaping @Sendable (String) -> Void = { _ in }, remarks: @escaping @Sendable () -> [String] = { [] },
        makeReader: @escaping @Sendable () -> (ContainerQuestion) -> ContainerAnswer
    ) {
        state = Mutex(State(desks: ContainerDesks()))
        let (seconds, attoseconds) = limit.components
        self.limit = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        (self.clock, self.maker, self.note, self.remarks, self.makeReader) = (clock, maker, note, remarks, makeReader)
    }

    /// Asks for the names of containers as `sources` has them.
    package convenience init(
        _ sources: ContainerReader.Sources, limit: Duration = .seconds(5), makers: CgroupMakers,
        note: @escaping @Sendable (String) -> Void
    ) {
        let users = UsersDirectories()
        self.init(
            limit: limit, maker: { makers.maker(of: $0) }, note: note,
            remarks: { sources.sockets.compactMap { $0.takeRemark(superuser: sources.superuser) } }
        ) {
            var reader = ContainerReader(sources, users: users)
            return { reader.answer($0) }
        }
    }

    /// Who made the cgroup at a path, on whom it depends who is to be asked.
    package func maker(of path: ByteString) -> CgroupMaker { maker(path) }

    /// Notes what is wanted to be known; returns at once.
    package func want(_ wanted: [(CgroupID, ContainerQuestion)]) {
        if wanted.isEmpty { return }
        let now = clock()
        state.withLock { state in for (cgroup, question) in wanted { state.desks.want(cgroup, question, now: now) } }
        goOn(now)
    }

    /// What was learned since the last call; also gives up what takes too long, so it is to be called now and then.
    package func news() -> [(CgroupID, ContainerDetails)] {
        goOn(clock())
        return state.withLock { $0.desks.takeNews() }
    }

    /// How many look-ups failed since the last call.
    package func takeFailures() -> UInt64 {
        let now = clock()
        let remarks = remarks()
        let (count, new) = state.withLock { state in
            let (count, reasons) = state.desks.takeFailures()
            var new = state.root.told.new(remarks, now)
            for lane in Lane.allCases { new += state[lane].told.new(reasons[lane] ?? [], now) }
            return (count, new)
        }
        for reason in new { note(reason) }
        return count
    }

    package func forget(_ gone: Set<CgroupID>) {
        if gone.isEmpty { return }
        state.withLock { $0.desks.forget(gone) }
    }

    /// Gives up look-ups that hang, and starts threads where there is something to ask and none is at it.
    private func goOn(_ now: Int64) {
        let started = state.withLock { state in
            Lane.allCases.compactMap { lane in thread(lane, now, &state).map { (lane, $0) } }
        }
        for (lane, thread) in started {
            DispatchQueue(label: "container names").async { self.ask(lane, thread) }
        }
    }

    /// The number of a thread to start; nil when there is one, or nothing to ask, or too many of them hang.
    private func thread(_ lane: Lane, _ now: Int64, _ state: inout State) -> Int? {
        if let asking = state[lane].asking, now - asking.since > limit {
            state.desks.hung(asking.question, "a look-up took more than \(limit / 1_000_000) ms")
            (state[lane].thread, state[lane].asking) = (nil, nil)
            state[lane].stuck += 1
            if let user = asking.question.user { state.held.insert(user) }
        }
        if lane == .users, !state.held.isEmpty { state.desks.putOff(state.held, now) }
        guard state[lane].thread == nil, state.desks.hasDue(lane, now, besides: state.held) else { return nil }
        guard state[lane].stuck < Self.mostStuck else {
            state.desks.putOff(lane, now, "\(state[lane].stuck) look-ups hang")
            return nil
        }
        state.threads += 1
        state[lane].thread = state.threads
        return state.threads
    }

    private func ask(_ lane: Lane, _ thread: Int) {
        guard var question = next(lane, thread) else { return }
        let answer = makeReader()
        while true {
            let said = answer(question)
            guard take(said, to: question, lane, thread), let another = next(lane, thread) else { return }
            question = another
        }
    }

    private func next(_ lane: Lane, _ thread: Int) -> ContainerQuestion? {
        let now = clock()
        return state.withLock { state in
            guard state[lane].thread == thread else { return nil }
            state[lane].asking = state.desks.next(lane, now, besides: state.held).map { ($0, now) }
            if state[lane].asking == nil { state[lane].thread = nil }
            return state[lane].asking?.question
        }
    }

    /// Whether the thread is to go on: not when it was given up meanwhile.
    private func take(_ answer: ContainerAnswer, to question: ContainerQuestion, _ lane: Lane, _ thread: Int) -> Bool {
        let now = clock()
        return state.withLock { state in
            state.desks.answered(question, answer, now: now)
            guard state[lane].thread == thread else {
                state[lane].stuck -= 1
                if let user = question.user { state.held.remove(user) }
                return false
            }
            state[lane].asking = nil
            return true
        }
    }
}
