import Foundation
import Glibc
import Testing

extension SystemTests {
    /// `opentrace exec`: the rows of a command, and that it runs as if nobody watched.
    @Suite struct TraceExec {
        let traced: Traced
        init() throws { traced = try Traced() }

        @Test func `a script's opens are rows, in trace csv, also those of its children`() throws {
            try traced.folder.write("input", "text")
            let end = try traced("exec", "--", "sh", "-c", "cat input > output; cat absent; exit 3")
            #expect(end.status == 3)
            let rows = try traced.text("trace.csv").split(separator: "\n")
            #expect(rows.first == "pid,cgid,comm,kind,flags,mode,filename,return")
            #expect(try traced.rows(with: "\"cat\",openat,0,0,\"input\",3").count == 1)
            #expect(try traced.rows(with: "\"sh\",openat,577,438,\"output\",3").count == 1)
            #expect(try traced.rows(with: "\"cat\",openat,0,0,\"absent\",-2").count == 1)
            #expect(end.errors.contains("opentrace: \(rows.count - 1) rows, "), "\(end.errors)")
            #expect(end.errors.contains(" 0 lost\n"))
            // All in one cgroup.
            #expect(Set(rows.dropFirst().map { $0.split(separator: ",")[1] }).count == 1)
        }

        @Test func `the seed's commands work letter for letter`() throws {
            try traced.folder.write("main.exe", "#!/bin/sh\necho > hello.txt\nsh -c 'echo heya > heya.txt'\n")
            try #require(chmod(traced.folder.path("main.exe"), 0o755) == 0)
            #expect(try traced("exec", "--cgroups", "--flags=O_CREAT|O_TRUNC", "./main.exe").status == 0)
            let rows = try traced.text("trace.csv").split(separator: "\n")
            #expect(rows.count == 3)
            #expect(rows[1].hasSuffix(",\"main.exe\",openat,577,438,\"hello.txt\",3"))
            #expect(rows[2].hasSuffix(",\"sh\",openat,577,438,\"heya.txt\",3"))

            #expect(try traced("exec", "--format=json", "--flags=O_CREAT", "--", "touch", "made").status == 0)
            let json = try JSONSerialization.jsonObject(with: Data(traced.text("trace.json").utf8)) as? [[String: Any]]
            #expect(json?.map { $0["fname"] as? String } == ["made"])
            #expect(json?.first?["path"] as? String == traced.folder.path("made"))
        }

        /// Python, since Foundation would make text of the words.
        @Test func `the command gets its words byte for byte, however many there are`() throws {
            let script = #"""
                import subprocess, sys
                odd = b"a\xffb\xe2\x82c"
                words = [odd, b"--flags", b""] + [b"%d" % number for number in range(20000)]
                command = [sys.argv[1], "exec", "--quiet", "--", "printf", r"%s\0"] + words
                ended = subprocess.run(command, cwd=sys.argv[2], capture_output=True)
                sys.stderr.write(ended.stderr.decode(errors="replace"))
                print(ended.returncode, ended.stdout == b"".join(word + b"\0" for word in words))
                """#
            let python = try #require(installed("python3"))
            let start = ContinuousClock.now
            let end = try run(
                python, ["-c", script, try built("opentrace"), traced.folder.root.path], in: traced.folder)
            #expect(end.output == "0 True\n", "\(end.errors)")
            #expect(start.duration(to: .now) < .seconds(60))
        }

        /// Else a command's word would be taken for the value of an option, or the other way round.
        @Test func `every option with a value is known where options end`() throws {
            let help = try traced("exec", "--help").output
            let valued = help.split(separator: "\n").compactMap { line in
                line.firstMatch(of: /^  (?:-o, )?(--[a-z-]+) </).map { String($0.1) }
            }
            #expect(valued.count >= 14)
            for option in valued {
                // Without a value for it there is no command.
                let end = try traced("exec", option, "true")
                #expect(end.status == 2, "\(option): \(end.errors)")
            }
        }

        @Test func `a second trace replaces the first, but no file that was named`() throws {
            #expect(try traced("exec", "--", "sh", "-c", "echo > one").status == 0)
            #expect(try traced("exec", "--", "sh", "-c", "echo > two").status == 0)
            #expect(try traced.rows(with: "\"one\"").isEmpty)
            #expect(try traced.rows(with: "\"two\"").count == 1)
            let refused = try traced("exec", "-o", "trace.csv", "--", "sh", "-c", "echo > three")
            #expect(refused.status == 2)
            #expect(
                refused.errors
                    == "opentrace: trace.csv is there already: choose another name, or replace it with --force\n")
            #expect(!traced.isThere("three"))
            #expect(try traced("exec", "-o", "trace.csv", "--force", "--", "sh", "-c", "echo > three").status == 0)
            #expect(try traced.rows(with: "\"three\"").count == 1)
        }

        @Test func `under sudo the command runs as who has called it, and the trace is theirs`() throws {
            let caller = ["SUDO_UID": "1", "SUDO_GID": "1", "SUDO_USER": "daemon"]
            let show = "id -u; id -g; id -G; echo $HOME $USER $SUDO_UID; pwd"
            let end = try traced("exec", "--", "sh", "-c", show, environment: caller)
            #expect(end.status == 0, "\(end.errors)")
            #expect(end.output == "1\n1\n1\n/usr/sbin daemon\n\(traced.folder.root.path)\n")
            var status = stat()
            try #require(stat(traced.folder.path("trace.csv"), &status) == 0)
            #expect([status.st_uid, status.st_gid] == [1, 1])

            let root = try traced("exec", "--user", "root", "--", "id", "-u", environment: caller)
            #expect(root.output == "0\n", "\(root.errors)")
            let other = try traced("exec", "--user", "nobody", "--", "id", "-un", environment: caller)
            #expect(other.output == "nobody\n", "\(other.errors)")
            let bad = try traced("exec", "--", "touch", "never", environment: ["SUDO_UID": "4294967295"])
            #expect(bad.status == 2)
            #expect(bad.errors.contains("SUDO_UID is '4294967295'"))
            #expect(!traced.isThere("never"))
        }

        @Test func `a command that is not there or cannot be executed leaves nothing behind`() throws {
            let absent = try traced("exec", "--", "no-such-command")
            #expect(absent.status == 127)
            #expect(absent.errors.hasPrefix("opentrace: no-such-command: not found in PATH, which is "))
            try traced.folder.write("plain", "text")
            let plain = try traced("exec", "--", "./plain")
            #expect(plain.status == 126)
            #expect(plain.errors == "opentrace: ./plain: cannot be executed: Permission denied\n")
            #expect(!traced.isThere("trace.csv"))
        }

        @Test(arguments: [SIGTERM, SIGKILL, SIGSEGV]) func `the signal that ended the command ends opentrace`(
            number: Int32
        ) throws {
            let end = try traced("exec", "--", "sh", "-c", "ulimit -c 0; echo > before; kill -\(number) $$")
            #expect(end.status == -number)
            #expect(try traced.rows(with: "\"before\"").count == 1)
        }

        @Test func `what comes from the command is followed out of its cgroup`() throws {
            try traced.folder.write("input", "text")
            let top = try Cgroup.mountPoint()
            let script = "cat input; sh -c 'echo $$ > \(top)/cgroup.procs && cat input'; cat input"
            #expect(try traced("exec", "--", "sh", "-c", script).output == "texttexttext")
            let rows = try traced.rows(with: "\"cat\",openat,0,0,\"input\"")
            #expect(rows.count == 3)
            #expect(Set(rows.map { $0.split(separator: ",")[1] }).count == 2)
        }

        @Test func `the command has no descriptors but its own`() throws {
            // Those that whoever runs the tests has left open are no concern.
            func kinds(_ end: Finished) -> [String] {
                end.output.split(separator: "\n").compactMap { $0.split(separator: " -> ").last }
                    .map { String($0.prefix { $0 != "[" && !$0.isNumber }) }.filter { !$0.hasPrefix("/") }.sorted()
            }
            let listed = try traced("exec", "--", "ls", "-l", "/proc/self/fd")
            let plain = try traced.without("ls", "-l", "/proc/self/fd")
            #expect(kinds(listed) == kinds(plain), "\(listed.output)\(plain.output)")
        }

        @Test func `operations and absolute paths are rows when asked for`() throws {
            let script = "echo text > old; mv old new; ln -s new link; mkdir folder; rmdir folder; rm link"
            let operations = "open,write,rename,link,mkdir,delete,exec"
            let end = try traced(
                "exec", "--format", "jsonl", "--ops", operations, "--path", "\(traced.folder.root.path)/*", "--", "sh",
                "-c", script)
            #expect(end.status == 0, "\(end.errors)")
            struct Row: Decodable {
                let op: String
                let path: String?
            }
            let rows = try traced.text("trace.jsonl").split(separator: "\n").map {
                try decoded(Row.self, from: String($0))
            }
            #expect(rows.map(\.op) == ["open", "write", "rename", "link", "mkdir", "delete", "delete"])
            #expect(rows.allSatisfy { $0.path?.hasPrefix(traced.folder.root.path) == true })
        }

        // MARK: Signals and the terminal

        @Test func `the terminal is the command's`() throws {
            let end = try traced.onTerminal(
                [("ready", "hello\\n")], "exec", "--", "sh", "-c",
                "echo ready; read line; echo got $line; test -t 0; exit $?")
            #expect(end.status == 0)
            #expect(end.output.contains("got hello"))
        }

        @Test func `Ctrl-C ends the command and with it the trace`() throws {
            // Not a shell: dash may forget a Ctrl-C that comes just before it starts a command.
            let command = "import time; open('made', 'w'); print('ready', flush=True); time.sleep(100)"
            let end = try traced.onTerminal([("ready", "\\x03")], "exec", "--", "python3", "-c", command)
            #expect(end.status == 128 + SIGINT, "\(end.output)")
            #expect(try traced.rows(with: "\"made\"").count == 1)
            #expect(end.output.contains(" 0 lost"))
        }

        @Test func `a command may keep Ctrl-C for itself`() throws {
            let command = """
                import signal, sys
                signal.signal(signal.SIGINT, lambda *_: print("caught", flush=True))
                print("ready", flush=True)
                sys.stdin.readline()
                sys.exit(4)
                """
            let end = try traced.onTerminal(
                [("ready", "\\x03"), ("caught", "end\\n")], "exec", "--", "python3", "-c", command)
            #expect(end.status == 4, "\(end.output)")
        }

        @Test func `Ctrl-C twice is an order`() throws {
            let end = try traced.onTerminal(
                // One that comes while another is on its way is the same; and a busy machine may be slow.
                [("ready", "\\x03")] + Array(repeating: ("again", "\\x03"), count: 20), "exec", "--format", "json",
                "--",
                "sh", "-c", "trap 'echo again' INT; echo > made; echo ready; while :; do sleep 0.05; done")
            #expect(end.status == 128 + SIGINT, "\(end.output)")
            let json = try JSONSerialization.jsonObject(with: Data(traced.text("trace.json").utf8)) as? [[String: Any]]
            #expect(json?.contains { $0["fname"] as? String == "made" } == true)
        }

        @Test func `a signal to opentrace is the command's`() throws {
            let running = try traced.start(
                "exec", "--", "sh", "-c",
                "trap 'echo > caught; exit 9' TERM; echo > ready; while :; do sleep 0.05; done")
            try traced.wait(for: "ready")
            running.signal(SIGTERM)
            #expect(try running.wait(until: .now + .seconds(60)).status == 9)
            #expect(try traced.rows(with: "\"caught\"").count == 1)
        }

        @Test func `the cgroup of a tracer that was killed is taken away by the next`() throws {
            let running = try traced.start("exec", "--", "sh", "-c", "echo $$ > shell; exec sleep 1000")
            try traced.wait(for: "shell", with: "\n")
            let shell = try #require(pid_t(try traced.text("shell").trimmingCharacters(in: .whitespacesAndNewlines)))
            running.signal(SIGKILL)
            #expect(try Traced.cgroups(of: running.pid).count == 1)
            kill(shell, SIGKILL)
            _ = try running.wait(until: .now + .seconds(60))
            #expect(try traced("exec", "--", "true").status == 0)
            #expect(try Traced.cgroups(of: running.pid) == [])
        }

        // MARK: What is left behind

        private func left() throws -> pid_t {
            try #require(pid_t(try traced.text("left").trimmingCharacters(in: .whitespacesAndNewlines)))
        }

        /// It has none of the test's descriptors: who holds one of them keeps the test waiting for its end.
        private let leave = """
            import subprocess as s
            left = s.Popen(["sleep", "1000"], stdin=s.DEVNULL, stdout=s.DEVNULL, stderr=s.DEVNULL)
            open("left", "w").write(f"{left.pid}\\n")
            """

        @Test func `what the command leaves behind goes on where the tracer was`() throws {
            let end = try traced("exec", "--", "python3", "-c", leave)
            let pid = try left()
            defer { kill(pid, SIGKILL) }
            #expect(end.status == 0)
            #expect(
                end.errors.contains(
                    "opentrace: 1 process that the command has left behind goes on, outside of the trace\n"),
                "\(end.errors)")
            #expect(kill(pid, 0) == 0)
            let own = try String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)
            let its = try String(contentsOfFile: "/proc/\(pid)/cgroup", encoding: .utf8)
            func line(_ text: String) -> Substring? { text.split(separator: "\n").first { $0.hasPrefix("0::") } }
            #expect(line(its) == line(own))
        }

        @Test func `what the command leaves behind is killed on demand`() throws {
            let end = try traced("exec", "--leftover", "kill", "--", "python3", "-c", leave)
            #expect(end.status == 0)
            let pid = try left()
            #expect(
                kill(pid, 0) != 0
                    || (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?.contains(") Z ") == true)
        }

        @Test func `what the command leaves behind is waited for on demand`() throws {
            let end = try traced(
                "exec", "--leftover", "wait", "--", "sh", "-c", "(sleep 0.5; echo > late) >/dev/null 2>&1 & exit 2")
            #expect(end.status == 2)
            #expect(end.errors.contains("what it left behind is waited for"))
            #expect(try traced.rows(with: "\"late\"").count == 1)
        }

        // MARK: Trouble

        @Test func `a full disk costs rows and not the command`() throws {
            let end = try traced("exec", "-o", "/dev/full", "--", "sh", "-c", "echo > made; exit 3")
            #expect(end.status == 1)
            #expect(
                end.errors.contains("cannot write /dev/full: No space left on device; the rows from here on are lost"))
            #expect(end.errors.contains("lost because they could not be written"))
            #expect(traced.isThere("made"))
        }

        @Test func `what did not fit into the buffer is counted, and an error if strict`() throws {
            // The tracer stands still meanwhile.
            let script = """
                kill -STOP $PPID; i=0; while [ $i -lt 5000 ]; do : < /etc/hostname; i=$((i+1)); done; kill -CONT $PPID
                """
            let end = try traced("exec", "--buffer", "64KiB", "--strict", "--", "sh", "-c", script)
            #expect(end.status == 1, "\(end.errors)")
            #expect(end.errors.contains("lost because the buffer was full"))
            let rows = try traced.rows(with: "\"sh\",openat,0,0,\"/etc/hostname\"").count
            let lost = try #require(end.errors.firstMatch(of: /([0-9,]+) lost because the buffer/))
            #expect(rows < 5000)
            #expect(rows + (Int(lost.1.replacing(",", with: "")) ?? 0) >= 5000)
            #expect(try traced("exec", "--quiet", "--strict", "--", "true").errors == "")
        }

        @Test func `rows on standard output may be read in part`() throws {
            let script =
                "\"$0\" exec -o - -- sh -c 'i=0; while [ $i -lt 3000 ]; do : < /etc/hostname; i=$((i+1)); done; exit 6'"
            let end = try run(
                "/bin/sh", ["-c", "{ \(script); echo \"status $?\" >&2; } | head -n 2", built("opentrace")],
                in: traced.folder)
            #expect(end.output.hasPrefix("pid,cgid,comm,kind,flags,mode,filename,return\n"))
            #expect(end.errors.contains("status 6"), "\(end.errors)")
            #expect(end.errors.contains("lost because nobody read them any more"), "\(end.errors)")
        }
    }
}
