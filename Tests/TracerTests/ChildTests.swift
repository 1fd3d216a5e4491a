import Foundation
import Glibc
import Machine
import Model
import Testing
import Tracer

/// Commands as children, without a tracer.
@Suite struct ChildTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private func plan(_ words: [String], _ entries: [ByteString] = ["PATH=/usr/bin:/bin"]) -> Child.Plan {
        Child.Plan(words.map { ByteString($0) }, environment: ChildEnvironment(entries))
    }

    /// What a shell writes into a file.
    private func said(_ script: String, change: (inout Child.Plan) -> Void = { _ in }) async throws -> String {
        let file = try folder.write("said", "", mode: 0o666)
        var plan = plan(["sh", "-c", "{ \(script); } > \(file)"])
        change(&plan)
        let ending = await (try Child.start(plan, in: nil)).wait()
        #expect(ending == .exited(0))
        return try folder.text("said")
    }

    private func refusal(_ plan: Child.Plan) -> TraceRefusal? {
        do throws(Child.Failure) {
            _ = try Child.start(plan, in: nil)
            return nil
        } catch {
            guard case .refused(let refusal) = error else { return nil }
            return refusal
        }
    }

    @Test(arguments: [0, 1, 42, 255]) func `an exit code is told`(code: Int32) async throws {
        let child = try Child.start(plan(["sh", "-c", "exit \(code)"]), in: nil)
        #expect(await child.wait() == .exited(code))
    }

    @Test(arguments: [SIGTERM, SIGKILL, SIGSEGV]) func `a signal that ended it is told`(number: Int32) async throws {
        let child = try Child.start(plan(["sh", "-c", "ulimit -c 0; kill -\(number) $$"]), in: nil)
        #expect(await child.wait() == .killed(signal: number))
    }

    @Test func `a command is looked for in the PATH of its own environment`() async throws {
        try FileManager.default.createDirectory(atPath: folder.path + "/bin", withIntermediateDirectories: false)
        _ = try folder.script("bin/thing", "#!/bin/sh\nexit 7\n")
        let child = try Child.start(plan(["thing"], [ByteString("PATH=/nowhere:\(folder.path)/bin")]), in: nil)
        #expect(await child.wait() == .exited(7))
        let why = refusal(plan(["thing"], ["PATH=/nowhere"]))
        #expect(why == TraceRefusal(.commandNotFound, "thing: not found in PATH, which is /nowhere"))
    }

    @Test func `one that cannot be executed does not hide another behind it`() async throws {
        for name in ["one", "two"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/\(name)", withIntermediateDirectories: false)
        }
        try folder.write("one/thing", "#!/bin/sh\nexit 1\n", mode: 0o644)
        _ = try folder.script("two/thing", "#!/bin/sh\nexit 8\n")
        let both = ByteString("PATH=\(folder.path)/one:\(folder.path)/two")
        let child = try Child.start(plan(["thing"], [both]), in: nil)
        #expect(await child.wait() == .exited(8))
        let first = ByteString("PATH=\(folder.path)/one:/nowhere")
        #expect(refusal(plan(["thing"], [first]))?.reason == .commandNotExecutable)
    }

    @Test func `a script that does not say what runs it is run by the shell`() async throws {
        let script = try folder.script("script", "exit $(($# + 3))\n")
        let child = try Child.start(plan([script, "a", "b"]), in: nil)
        #expect(await child.wait() == .exited(5))
    }

    @Test func `a command that is not there is not found, in words`() {
        #expect(
            refusal(plan(["/no/such/thing"]))
                == TraceRefusal(.commandNotFound, "/no/such/thing: No such file or directory"))
        #expect(refusal(plan(["no-such-thing\u{1b}"]))?.description.contains("no-such-thing\\x1b") == true)
    }

    @Test func `what is there and cannot be executed is said to be so`() throws {
        let plain = try folder.write("plain", "text")
        #expect(
            refusal(plan([plain]))
                == TraceRefusal(.commandNotExecutable, "\(plain): cannot be executed: Permission denied"))
        #expect(refusal(plan([folder.path]))?.description.hasSuffix("Is a directory") == true)
        let script = try folder.script("script", "#!/no/such/interpreter\n")
        #expect(refusal(plan([script]))?.reason == .commandNotExecutable)
        #expect(refusal(plan([script]))?.description.contains("what is to run it") == true)
    }

    @Test func `arguments and environment are the very bytes`() async throws {
        let odd = ByteString([0xFF, 0x0A, UInt8(ascii: "\"")])
        let file = try folder.write("said", "", mode: 0o666)
        var plan = plan(["sh", "-c", "printf %s \"$1$ODD\" > \(file)", "sh"], [])
        plan.arguments.append(odd)
        plan.environment = ChildEnvironment(["PATH=/usr/bin:/bin", ByteString(Array("ODD=".utf8) + odd.bytes)])
        #expect(await (try Child.start(plan, in: nil)).wait() == .exited(0))
        #expect(try Data(contentsOf: URL(filePath: file)) == Data(odd.bytes + odd.bytes))
    }

    /// Those blocked and those ignored by a process, but for the two that belong to the C library.
    private func signals(change: (inout Child.Plan) -> Void = { _ in }) async throws -> [UInt64] {
        try await said("exec grep -E 'Sig(Blk|Ign)' /proc/self/status", change: change).split(separator: "\n").map {
            try #require(UInt64($0.split(separator: "\t").last ?? "", radix: 16)) & ~(3 << 31)
        }
    }

    @Test func `signals are as the tracer found them`() async throws {
        signal(SIGPIPE, SIG_IGN)
        #expect(try await signals() == [0, 0])
        // SIGUSR1 is 10, and SIGHUP is 1.
        #expect(try await signals { ($0.blockedSignals, $0.ignoredSignals) = (1 << 9, 1) } == [1 << 9, 1])
    }

    @Test(.enabled(if: geteuid() == 0, "needs root to become another user"))
    func `it runs as another user with all groups`() async throws {
        try #require(chmod(folder.path, 0o777) == 0)
        let text = try await said("id -u; id -g; id -G; cat /proc/self/status | grep CapEff") {
            $0.user = ChildUser(uid: 12_345, gid: 12_346, groups: [12_346, 12_347, 12_348], record: nil)
        }
        #expect(
            text.split(separator: "\n").map { $0.replacing("\t", with: " ") } == [
                "12345", "12346", "12346 12347 12348", "CapEff: 0000000000000000",
            ])
    }

    @Test(.enabled(if: geteuid() == 0, "needs root to become another user"))
    func `whether it can be executed is up to that user`() throws {
        try #require(chmod(folder.path, 0o700) == 0)
        let script = try folder.script("script", "#!/bin/sh\n")
        var plan = plan([script])
        plan.user = ChildUser(uid: 12_345, gid: 12_346, groups: [], record: nil)
        #expect(refusal(plan)?.reason == .commandNotExecutable)
    }
}
