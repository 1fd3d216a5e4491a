import Foundation
import Glibc
import Testing

extension SystemTests {
    /// Where the agent cannot work it says why, and its exit code tells what kind of reason that is.
    @Suite struct Refusals {
        let folder: Folder
        init() throws { folder = try Folder() }

        @Test(.enabled(if: installed("setpriv") != nil, "setpriv is not installed"))
        func `without root it ends with 77`() throws {
            let program = try folder.copy(built("otagent"))
            let config = try AgentRun.configuration(in: folder)
            chmod(config, 0o644)
            let end = try run(
                installed("setpriv") ?? "",
                ["--reuid=65534", "--regid=65534", "--clear-groups", program, "run", "--config", config, "--once"],
                in: folder)
            #expect(end.status == 77, "\(end.errors)")
            #expect(end.errors.contains("root") || end.errors.contains("CAP_"))
        }

        @Test(arguments: [["check"], ["run", "--once"], ["run"]])
        func `a bad configuration ends with 78 and shows the place`(command: [String]) throws {
            let config = try folder.write("bad.toml", "[agent]\nintervall = \"1s\"\n[trace]\nbackend = 5\n")
            let end = try otagent(command + ["--config", config], in: folder)
            #expect(end.status == 78, "\(end.errors)")
            let said = end.errors + end.output
            #expect(said.contains("bad.toml:2:1"))
            #expect(said.contains("bad.toml:4:"))
            #expect(said.contains("interval"))
        }

        @Test func `a configuration that is not there ends with 78`() throws {
            let end = try otagent(["check", "--config", folder.path("none.toml")], in: folder)
            #expect(end.status == 78, "\(end.errors)")
        }

        @Test func `a pipe where a file of batches should be is no fine configuration`() throws {
            let config = try AgentRun.configuration(in: folder)
            #expect(try otagent(["check", "--config", config], in: folder).status == 0)
            let path = folder.path("batches.json")
            try #require(mkfifo(path, 0o600) == 0)
            let end = try otagent(["check", "--config", config], in: folder)
            #expect(end.status == 78, "\(end.errors)")
            #expect(end.errors.contains("output 'local': cannot use '\(path)': it is not a regular file"))
        }

        @Test(arguments: [["--no-such-option"], ["no-such-command"], ["run", "--duration", "soon"]])
        func `bad arguments end with 2`(arguments: [String]) throws {
            let end = try otagent(arguments, in: folder)
            #expect(end.status == 2, "\(end.errors)")
        }

        @Test func `a word that is no command is called that`() throws {
            let end = try otagent(["no-such-command"], in: folder)
            let commands = "run, check, doctor, defaults, units, spool, baseline, top"
            #expect(end.errors == "otagent: there is no command 'no-such-command'; the commands are \(commands)\n")
        }

        @Test func `an output that cannot be written fails a run of one window`() throws {
            let config = try folder.write(
                "agent.toml",
                """
                [agent]
                interval = "1s"
                state_dir = "\(folder.path("state"))"
                [outputs.local]
                type = "file"
                path = "/proc/no-such-folder/batches.json"
                format = "json"
                """)
            let end = try otagent(["run", "--config", config, "--once"], in: folder)
            #expect(end.status == 1, "\(end.errors)")
            #expect(end.errors.contains("/proc/no-such-folder"))
        }

        @Test(arguments: [">&-", "<&- >&-"])
        func `an output to a standard output that is closed fails at the start`(closed: String) throws {
            let config = try AgentRun.configuration(
                in: folder, outputs: "[outputs.terminal]\ntype = \"stdout\"\nformat = \"json\"")
            let end = try start(closed, ["run", "--once", "--config", config])
                .wait(until: .now + .seconds(120))
            #expect(end.status == 1, "\(end.errors)")
            let reason = "output 'terminal': cannot write to 'standard output': Bad file descriptor"
            #expect(end.errors.contains(reason), "\(end.errors)")
        }

        /// The first files that the agent opens would else be taken for the standard ones.
        @Test func `it works without any of the standard descriptors`() throws {
            let config = try AgentRun.configuration(in: folder)
            let running = try start("<&- >&- 2>&-", ["run", "--duration", "2s", "--config", config])
            let descriptors = "/proc/\(running.pid)/fd"
            let deadline = ContinuousClock.now + .seconds(30)
            // The pipe of the signals, the files of the state and the kernel's programs.
            while ContinuousClock.now < deadline,
                (try? FileManager.default.contentsOfDirectory(atPath: descriptors))?.count ?? 0 < 8
            {}
            for descriptor in 0...2 {
                let place = try FileManager.default.destinationOfSymbolicLink(atPath: "\(descriptors)/\(descriptor)")
                #expect(place == "/dev/null")
            }
            #expect(try running.wait(until: .now + .seconds(60)).status == 0)
            #expect(try !Batch.all(inFile: folder.path("batches.json")).isEmpty)
        }

        private func start(_ redirection: String, _ arguments: [String]) throws -> Running {
            try Running(
                "/bin/sh", ["-c", "exec \"$@\" \(redirection)", "sh", built("otagent")] + arguments, in: folder)
        }

        /// As on a host with the old hierarchies alone: of those there is one at least.
        @Test(
            .enabled(if: installed("unshare") != nil, "unshare is not installed"),
            arguments: ["run", "units", "doctor"])
        func `with cgroup v1 alone it ends with 77 and says what to do`(command: String) throws {
            let arguments =
                command == "run" ? ["run", "--once", "--config", try AgentRun.configuration(in: folder)] : [command]
            let end = try runIn(
                """
                for place in $(awk '/ - cgroup2 / { print $5 }' /proc/self/mountinfo); do umount -l "$place"; done
                mkdir '\(folder.path("v1"))'
                grep -q ' - cgroup ' /proc/self/mountinfo ||
                mount -t cgroup -o none,name=ot-test none '\(folder.path("v1"))'
                ! grep -q ' - cgroup2 ' /proc/self/mountinfo
                """, arguments)
            #expect(end.status == 77, "\(end.errors)")
            let said = (end.errors + end.output).replacing("\n", with: " ")
            #expect(said.contains("only cgroup v1 is mounted here"))
            #expect(said.contains("mount -t cgroup2"))
            #expect(said.contains("systemd.unified_cgroup_hierarchy=1"))
        }

        /// Either way is fine, as long as nothing goes unseen in silence.
        @Test(.enabled(if: installed("unshare") != nil, "unshare is not installed"))
        func `without tracefs it mounts it or names it`() throws {
            let end = try runWithout("/sys/kernel/tracing", "/sys/kernel/debug/tracing", "/sys/kernel/debug")
            #expect(end.status == 0 || end.status == 77, "\(end.errors)")
            #expect(end.status == 0 || end.errors.contains("tracefs"))
        }

        /// One window of the agent in a mount namespace of its own, where these are not mounted.
        private func runWithout(_ mounts: String...) throws -> Finished {
            let config = try AgentRun.configuration(in: folder)
            let unmount = mounts.map { "umount -l '\($0)' 2>/dev/null || true" }.joined(separator: "\n")
            return try runIn(unmount, ["run", "--once", "--config", config])
        }

        /// The agent in a mount namespace of its own, with what a script makes of it.
        private func runIn(_ script: String, _ arguments: [String]) throws -> Finished {
            let command = ["-m", "--propagation", "private", "sh", "-ec", script + "\nexec \"$@\"", "sh"]
            return try run(installed("unshare") ?? "", command + [built("otagent")] + arguments, in: folder)
        }
    }
}
