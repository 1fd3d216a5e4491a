internal import Glibc
internal import Machine
package import Model
internal import Synchronization

/// A command that is run to be traced, from its cgroup to its end.
package struct CommandTrace: Sendable {
    /// What becomes of processes that are still there when the command itself has ended.
    package enum Leftover: String, CaseIterable, Sendable {
        /// They go on, outside of the trace.
        case leave
        /// The trace goes on until the last has ended.
        case wait
        case kill
    }

    package var plan: Child.Plan
    /// Whether to say so when it could not be put into a cgroup of its own.
    package var wantsCgroup = false
    package var leftover = Leftover.leave

    package init(_ plan: Child.Plan) { self.plan = plan }

    package struct Outcome: Sendable {
        package var result: TraceRun.Result
        /// How the command ended; absent when nobody can tell.
        package var ending: ProcessEnding?
    }

    /// Runs it.
    ///
    /// - Parameters:
    ///   - signals: those that come to the tracer.
    ///   - attach: prepares the trace of the tracer's children, and of a cgroup if there is one. The command is started when
    ///     it has returned, so nothing is missed.
    package func run(
        stop: StopSign, signals: AsyncStream<CInt>, say: @escaping @Sendable (String) -> Void,
        attach: (CgroupID?) async throws -> TraceRun
    ) async throws -> Outcome {
        var cgroup = try makeCgroup(say)
        let trace = try await attach(cgroup?.id)
        let child = try start(in: &cgroup, say)
        await trace.begin()

        let life = CommandLife(child, cgroup, stop: stop)
        let listening = Task { for await number in signals { life.take(number, at: Clock.monotonic) } }
        let ending = Task { [leftover] in await life.wait(leftover, say) }
        let result = await trace.run { [plan] in
            TraceEnd.Command(arguments: plan.arguments, pid: UInt32(child.pid), ending: life.ending)
        }
        // The command is not to be disturbed when the trace ended before it.
        await ending.value
        listening.cancel()
        if let cgroup, !cgroup.remove() { say("the cgroup \(cgroup.path) could not be removed") }
        return Outcome(result: result, ending: life.ending)
    }

    private func makeCgroup(_ say: (String) -> Void) throws -> ChildCgroup? {
        do throws(TraceRefusal) {
            guard let own = OwnCgroup.current() else {
                throw TraceRefusal(.host, "no cgroup2 file system is mounted here")
            }
            return try ChildCgroup.make(near: own)
        } catch {
            try goOnWithoutCgroup(error.description, say)
            return nil
        }
    }

    private func start(in cgroup: inout ChildCgroup?, _ say: (String) -> Void) throws -> Child {
        do {
            return try Child.start(plan, in: cgroup)
        } catch .refused(let refusal) {
            throw refusal
        } catch .cgroup(let reason) {
            try goOnWithoutCgroup("\(cgroup?.path ?? ""): \(reason)", say)
            cgroup = nil
            do {
                return try Child.start(plan, in: nil)
            } catch .refused(let refusal) {
                throw refusal
            } catch .cgroup(let reason) {
                throw TraceRefusal(.failure, reason)
            }
        }
    }

    private func goOnWithoutCgroup(_ reason: String, _ say: (String) -> Void) throws {
        guard leftover == .leave else {
            throw TraceRefusal(
                .host,
                """
                --leftover \(leftover) needs a cgroup for the command, to know what it has left behind; none could be \
                made: \(reason)
                """)
        }
        if wantsCgroup {
            say("the command is followed by its processes alone, because no cgroup could be made for it: \(reason)")
        }
    }
}

/// A running command, and what the tracer does about signals meanwhile.
///
/// Those of the terminal's keys reach the command by themselves, as it is in the same group; it may mean something else by
/// them than to end. Those that somebody sends to the tracer are passed on. Twice is an order: the command is killed.
final class CommandLife: Sendable {
    private let child: Child
    private let cgroup: ChildCgroup?
    private let stop: StopSign
    private let state = Mutex(State())

    private struct State {
        var hasEnded = false
        /// Absent also where nobody can tell.
        var ending: ProcessEnding?
        var interrupted: Int64?
        var passedOn: CInt?
        /// By which signal it was killed in our name.
        var killedFor: CInt?
    }

    /// Nanoseconds in which a second Ctrl-C is an order.
    static let twice: Int64 = 1_000_000_000
    /// Milliseconds between two looks at what was left behind.
    private static var pause: CInt { 20 }

    init(_ child: Child, _ cgroup: ChildCgroup?, stop: StopSign) {
        (self.child, self.cgroup, self.stop) = (child, cgroup, stop)
    }

    var ending: ProcessEnding? {
        state.withLock { state in
            if case .killed(SIGKILL)? = state.ending, let number = state.killedFor { return .killed(signal: number) }
            return state.ending
        }
    }

    /// - Parameter now: by the monotonic clock, in nanoseconds.
    func take(_ number: CInt, at now: Int64) {
        enum Deed { case nothing, passOn, kill, end }
        let deed = state.withLock { state -> Deed in
            // What is left to be done is done anyway, but not waited for.
            if state.hasEnded { return .end }
            if number == SIGINT {
                defer { state.interrupted = now }
                guard let before = state.interrupted, now - before < Self.twice else { return .nothing }
            } else if state.passedOn == nil {
                state.passedOn = number
                return .passOn
            }
            state.killedFor = number
            return .kill
        }
        switch deed {
        case .nothing: break
        case .passOn: child.signal(number)
        case .kill:
            cgroup?.kill()
            child.signal(SIGKILL)
        case .end: stop.ask(stop.state == .goOn ? .end : .hurry)
        }
    }

    /// Waits until the command has ended, deals with what it left behind, and has the trace end.
    func wait(_ leftover: CommandTrace.Leftover, _ say: (String) -> Void) async {
        let ending = await child.wait()
        state.withLock { ($0.hasEnded, $0.ending) = (true, ending) }
        if let cgroup { deal(with: cgroup, leftover, say) }
        stop.ask(.end)
    }

    private func deal(with cgroup: ChildCgroup, _ leftover: CommandTrace.Leftover, _ say: (String) -> Void) {
        switch leftover {
        case .leave: break
        case .kill: cgroup.kill()
        case .wait:
            guard cgroup.isPopulated else { return }
            say("the command has ended; what it left behind is waited for (Ctrl-C ends that)")
            while cgroup.isPopulated, stop.state == .goOn { poll(nil, 0, Self.pause) }
        }
        if leftover == .kill { return }
        let left = cgroup.moveOut()
        if left > 0 {
            let who =
                left == 1
                ? "1 process that the command has left behind goes"
                : "\(left) processes that the command has left behind go"
            say("\(who) on, outside of the trace")
        }
    }
}
