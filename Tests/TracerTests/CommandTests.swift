import Foundation
import Glibc
import Model
import Render
import Synchronization
import Testing
import Tracer

/// Commands that run while events come from a list; one at a time, as a tracer has one.
@Suite(.serialized) struct CommandTests: Sendable {
    let folder: Folder
    let stop = StopSign()
    let said = Said()
    let signals: AsyncStream<CInt>
    let signal: AsyncStream<CInt>.Continuation

    init() throws {
        folder = try Folder()
        (signals, signal) = AsyncStream.makeStream(of: CInt.self)
    }

    private func command(_ script: String) -> CommandTrace {
        CommandTrace(
            Child.Plan(
                ["sh", "-c", ByteString(script)],
                environment: ChildEnvironment(["PATH=/usr/bin:/bin", ByteString("DIR=\(folder.path)")])))
    }

    /// The end of the command as the consumers are told it.
    private struct Witness: TraceConsumer {
        let end: Ends
        mutating func take(_ event: TraceEvent, of owner: CgroupOwner?) {}
        mutating func end(_ end: TraceEnd) {
            self.end.told.withLock { $0 = end.command }
            if let file = self.end.file { _ = FileManager.default.createFile(atPath: file, contents: nil) }
        }
    }

    private final class Ends: Sendable {
        let told = Mutex<TraceEnd.Command?>(nil)
        /// Made when the trace has ended.
        let file: String?
        init(file: String? = nil) { self.file = file }
    }

    private func run(
        _ command: CommandTrace, source: FakeSource = FakeSource([]), ends: Ends = Ends(),
        attached: @escaping @Sendable (CgroupID?) -> Void = { _ in }
    ) async throws -> CommandTrace.Outcome {
        try await command.run(stop: stop, signals: signals, say: said.say) { [stop] cgroup in
            attached(cgroup)
            return TraceRun(source, to: [Witness(end: ends)], namesOwners: false, stop: stop)
        }
    }

    /// Waits for a file that the command makes.
    private func wait(for name: String) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while access("\(folder.path)/\(name)", F_OK) != 0 {
            try #require(ContinuousClock.now < deadline, "\(name) never came")
            await Task.yield()
        }
    }

    @Test func `the end of a command is the end of the trace`() async throws {
        let ends = Ends()
        let outcome = try await run(command("exit 5"), ends: ends)
        #expect(outcome.ending == .exited(5))
        let told = ends.told.withLock { $0 }
        #expect(told?.ending == .exited(5))
        #expect(told?.arguments.first == "sh")
        #expect(said.all == [])
    }

    @Test func `a command is not disturbed when its trace fails`() async throws {
        // It goes on until the trace is over.
        let outcome = try await run(
            command("while [ ! -e $DIR/over ]; do sleep 0.01; done; exit 6"), source: FakeSource([[]], fails: true),
            ends: Ends(file: "\(folder.path)/over"))
        #expect(outcome.result.failure == "the buffer is gone")
        #expect(outcome.ending == .exited(6))
    }

    @Test func `the command is started when the trace is attached`() async throws {
        let path = folder.path
        _ = try await run(command("touch $DIR/started")) { _ in #expect(access("\(path)/started", F_OK) != 0) }
        #expect(try folder.names == ["started"])
    }

    @Test(arguments: [SIGTERM, SIGHUP]) func `a signal is passed on`(number: Int32) async throws {
        let name = number == SIGTERM ? "TERM" : "HUP"
        let running = Task { [self] in
            try await run(command("trap 'exit 9' \(name); touch $DIR/ready; while :; do sleep 0.01; done"))
        }
        try await wait(for: "ready")
        signal.yield(number)
        #expect(try await running.value.ending == .exited(9))
    }

    @Test func `the second signal is an order`() async throws {
        let running = Task { [self] in
            try await run(command("trap '' TERM; touch $DIR/ready; while :; do sleep 0.01; done"))
        }
        try await wait(for: "ready")
        signal.yield(SIGTERM)
        signal.yield(SIGTERM)
        #expect(try await running.value.ending == .killed(signal: SIGTERM))
    }

    @Test func `Ctrl-C is for the command, and twice is an order`() async throws {
        let running = Task { [self] in try await run(command("touch $DIR/ready; while :; do sleep 0.01; done")) }
        try await wait(for: "ready")
        signal.yield(SIGINT)
        signal.yield(SIGINT)
        #expect(try await running.value.ending == .killed(signal: SIGINT))
    }

    @Test func `a command that is not there leaves nothing`() async throws {
        var plan = command("").plan
        plan.arguments = ["no-such-command"]
        await #expect { _ = try await run(CommandTrace(plan)) } throws: {
            ($0 as? TraceRefusal)?.reason == .commandNotFound
        }
        #expect(try cgroups() == [])
    }

    /// Those of this process.
    private func cgroups() throws -> [String] {
        guard let own = OwnCgroup.current() else { return [] }
        return own.places.flatMap { place in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: place.lossyText)) ?? []
            return names.filter { $0 == "opentrace-\(getpid())" }
        }
    }
}
