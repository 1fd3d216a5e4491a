import Foundation
import Testing

@testable import Export
@testable import Model

@Suite("The program for alerts")
struct AlertProgramTests {
    private let folder: AlertFolder
    private let events = AlertEvents()

    init() throws { folder = try AlertFolder() }

    private func program(
        _ arguments: [String], change: (inout AlertProgram.Limits) -> Void = { _ in }
    ) -> AlertProgram {
        var limits = AlertProgram.Limits()
        change(&limits)
        return AlertProgram(arguments, limits: limits) { [events] in events.note($0) }
    }

    private func finish(_ program: AlertProgram, within time: Duration = .seconds(20)) async -> AlertOutletAccount {
        await program.finish(by: .now + time)
    }

    @Test func `It gets the alert as one line of JSON on standard input, and nothing else`() async throws {
        let script = try folder.script(
            "record",
            """
            cat > $D/input; printf '%s\\n' "$#" "$@" > $D/arguments; env | sort > $D/environment
            ls /proc/self/fd | tr '\\n' ' ' > $D/descriptors; output=$(readlink /proc/$$/fd/1); echo "$output" > $D/output
            cut -d' ' -f5,6 /proc/$$/stat > $D/group; echo $$ > $D/pid
            grep -E '^(SigBlk|SigIgn|CapAmb)' /proc/self/status > $D/status
            """)
        let program = program(shell(script, "one", "two words"))
        program.send(AlertFixture.alert(path: "/etc/$(touch pwned)\n\"x"))
        #expect(await finish(program) == AlertOutletAccount(sent: 1))
        #expect(events.all == [])
        let input = try #require(folder.text("input"))
        #expect(input.hasSuffix("}\n") && input.filter { $0 == "\n" }.count == 1)
        let alert = try #require(
            try JSONSerialization.jsonObject(with: Data(input.utf8)) as? [String: Any])
        #expect(alert["path"] as? String == "/etc/$(touch pwned)\n\"x")
        #expect(alert["alert"] as? String == "new_writer")
        #expect(folder.text("arguments") == "2\none\ntwo words\n")
        let variables = folder.text("environment")?.split(separator: "\n").map { $0.prefix { $0 != "=" } } ?? []
        #expect(Set(variables).isSubset(of: ["PATH", "LANG", "PWD", "_", "SHLVL", "OLDPWD"]))
        // `ls` has one for the folder that it reads.
        #expect(folder.text("descriptors") == "0 1 2 3 ")
        #expect(folder.text("output") == "/dev/null\n")
        let pid = folder.text("pid")?.dropLast() ?? ""
        #expect(folder.text("group") == "\(pid) \(pid)\n")
        // The C library has two signals of its own, and its posix_spawn leaves those ignored.
        #expect(
            folder.text("status")?.replacing("SigIgn:\t0000000180000000", with: "SigIgn:\t0000000000000000")
                == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nCapAmb:\t0000000000000000\n")
    }

    @Test func `Each alert is told, so many at once`() async throws {
        let script = try folder.script(
            "count",
            "cat >> $D/all; ls $D/running-* 2>/dev/null | wc -l >> $D/beside; : > $D/running-$$; rm $D/running-$$")
        let program = program(shell(script)) { $0.atOnce = 2 }
        for number in 0..<40 { program.send(AlertFixture.alert(id: String(number))) }
        #expect(await finish(program, within: .seconds(60)) == AlertOutletAccount(sent: 40))
        #expect(folder.text("all")?.split(separator: "\n").count == 40)
        let beside = folder.text("beside")?.split(whereSeparator: \.isWhitespace).compactMap { Int($0) } ?? []
        #expect(beside.count == 40 && beside.allSatisfy { $0 <= 1 })
    }

    @Test func `One that hangs is asked to end, and counted`() async throws {
        let script = try folder.script(
            "hang",
            "exec 2> /dev/null\ntrap 'echo asked >> $D/asked; exit 0' TERM\n: > $D/up\nwhile :; do sleep 0.05; done")
        let program = program(shell(script)) { $0.time = .milliseconds(1500) }
        program.send(AlertFixture.alert())
        #expect(await finish(program) == AlertOutletAccount(timedOut: 1))
        #expect(folder.text("asked") == "asked\n")
        #expect(events.reasons == ["'/bin/sh' took longer than 1.5 seconds and was ended"])
    }

    @Test func `One that does not obey, and what it has started, are killed`() async throws {
        let script = try folder.script(
            "stubborn",
            "trap '' TERM\n(trap '' TERM; echo $(exec sh -c 'echo $PPID') > $D/child; while :; do sleep 0.05; done) &\necho $! > $D/child\nwhile :; do sleep 0.05; done"
        )
        let program = program(shell(script)) {
            $0.time = .milliseconds(1500)
            $0.grace = .milliseconds(100)
        }
        program.send(AlertFixture.alert())
        #expect(await finish(program) == AlertOutletAccount(timedOut: 1))
        #expect(events.reasons == ["'/bin/sh' took longer than 1.5 seconds and was killed"])
        let child = try #require(folder.text("child").flatMap { Int32($0.dropLast()) })
        try await expectGone(child)
    }

    @Test func `What it leaves behind ends with it`() async throws {
        let script = try folder.script("leaver", "sleep 1000 &\necho $! > $D/child")
        let program = program(shell(script))
        program.send(AlertFixture.alert())
        #expect(await finish(program) == AlertOutletAccount(sent: 1))
        let child = try #require(folder.text("child").flatMap { Int32($0.dropLast()) })
        try await expectGone(child)
    }

    /// Run by the shell: a script that is written while another test starts a program is busy.
    private func shell(_ script: String, _ arguments: String...) -> [String] { ["/bin/sh", script] + arguments }

    /// Its parent is gone, so nobody but the system takes its status.
    private func expectGone(_ pid: Int32) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while kill(pid, 0) == 0, !isZombie(pid), ContinuousClock.now < deadline { await Task.yield() }
        #expect(kill(pid, 0) != 0 || isZombie(pid))
    }

    private func isZombie(_ pid: Int32) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ") X"
        return status.split(separator: ")").last?.dropFirst().first.map { "ZX".contains($0) } ?? true
    }

    @Test func `One that fails is told of in the log, with what it said`() async throws {
        let script = try folder.script("fail", "echo 'no route \u{1b}[31m to pager' >&2; exit 3")
        let killed = try folder.script("killed", "kill -9 $$")
        for arguments in [
            shell(script), shell(killed), [folder.path("missing")], ["no-such-program-anywhere"],
        ] {
            let program = program(arguments)
            program.send(AlertFixture.alert())
            #expect(await finish(program) == AlertOutletAccount(failed: 1))
        }
        #expect(
            events.reasons == [
                "'/bin/sh' ended with 3; it said: no route \\x1b[31m to pager",
                "'/bin/sh' was ended by signal 9",
                "cannot start '\(folder.path("missing"))': No such file or directory",
                "cannot start 'no-such-program-anywhere': No such file or directory",
            ])
    }

    @Test func `One that does not read is no harm`() async throws {
        let script = try folder.script("deaf", "exec <&-; head -c 100000 /dev/zero >&2")
        let program = program(shell(script))
        program.send(AlertFixture.alert(path: ByteString([UInt8](repeating: 0x0A, count: 200_000))))
        #expect(await finish(program) == AlertOutletAccount(sent: 1))
    }

    @Test func `A long alert arrives whole`() async throws {
        let script = try folder.script("slow", "cat | wc -c > $D/count")
        let program = program(shell(script))
        program.send(AlertFixture.alert(path: ByteString([UInt8](repeating: 0x0A, count: 200_000))))
        #expect(await finish(program) == AlertOutletAccount(sent: 1))
        let count = try #require(
            folder.text("count").flatMap { Int($0.trimmingCharacters(in: .whitespaces).dropLast()) })
        #expect(count > 400_000)
    }

    @Test func `Handing over waits for nobody, and what finds no room is counted`() async throws {
        let script = try folder.script("wait", "until [ -e $D/go ]; do sleep 0.05; done")
        let program = program(shell(script)) { ($0.atOnce, $0.waiting) = (1, 3) }
        let start = ContinuousClock.now
        for _ in 0..<100 { program.send(AlertFixture.alert()) }
        #expect(start.duration(to: .now) < .seconds(5))
        let dropped = program.account.dropped
        #expect((96...97).contains(dropped))
        try Data().write(to: URL(filePath: folder.path("go")))
        #expect(await finish(program) == AlertOutletAccount(sent: 100 - dropped, dropped: dropped))
        #expect(events.all.last == .dropped(dropped))
        program.send(AlertFixture.alert())
        #expect(program.account.dropped == dropped + 1)
    }

    @Test func `The agent's end waits for it until its deadline, and no longer`() async throws {
        let script = try folder.script("endless", ": > $D/up; sleep 1000")
        // Its own time is no matter here, however long other tests keep this one waiting.
        let program = program(shell(script)) { ($0.atOnce, $0.grace, $0.time) = (1, .milliseconds(50), .seconds(900)) }
        for _ in 0..<3 { program.send(AlertFixture.alert()) }
        let deadline = ContinuousClock.now + .seconds(8)
        while folder.text("up") == nil, ContinuousClock.now < deadline { await Task.yield() }
        let account = await finish(program, within: .milliseconds(300))
        #expect(account == AlertOutletAccount(failed: 1, dropped: 2))
        #expect(events.reasons == ["'/bin/sh' was ended with the agent"])
    }
}
