import Foundation
import Glibc
import Testing

extension SystemTests {
    /// The commands that look at the host, or at the configuration, and end.
    @Suite struct Commands {
        let folder: Folder
        init() throws { folder = try Folder() }

        private struct Unit: Decodable {
            struct Cgroup: Decodable {
                let id: UInt64
                let path: String?
            }
            let cgroup: Cgroup
        }

        @Test func `the default configuration passes the check`() throws {
            let defaults = try otagent(["defaults"], in: folder)
            #expect(defaults.status == 0)
            #expect(defaults.output.contains("[agent]"))
            let config = try folder.write("defaults.toml", defaults.output)
            let check = try otagent(["check", "--config", config], in: folder)
            #expect(check.status == 0, "\(check.errors)\(check.output)")
        }

        @Test(arguments: [
            ["otagent", "units"], ["otagent", "units", "--json"], ["otagent", "defaults"], ["otagent", "--help"],
            ["opentrace", "units", "--tree"], ["opentrace", "--version"], ["opentrace", "all", "--explain"],
        ])
        func `what cannot be written is no success, and a reader that has enough is no failure`(words: [String]) throws
        {
            let program = try built(words[0])
            let shell = { (script: String) in
                try run("/bin/bash", ["-c", script, program] + words.dropFirst(), in: folder)
            }
            let full = try shell(#""$0" "$@" > /dev/full"#)
            #expect(full.status == 1)
            #expect(full.errors == "\(words[0]): cannot write standard output: No space left on device\n")
            let enough = try shell(#"trap '' PIPE; ("$0" "$@"; echo "ended with $?" >&2) | true"#)
            #expect(enough.errors == "ended with 0\n")
        }

        @Test func `what a terminal would obey is shown as it is written, in messages about the command line`() throws {
            let program = try built("opentrace")
            for words in [
                ["a\u{1B}[31m"], ["all", "--format", "\u{1B}[31m"], ["all", "--color", "\u{1B}]0;x\u{7}"],
                ["exec", "--leftover", "\u{1B}[2J", "true"], ["exec", "--\u{1B}[2J", "true"], ["all", "--\u{1B}[2J"],
            ] {
                let end = try run(program, words, in: folder)
                #expect(end.status == 2, "\(words)")
                #expect(!end.errors.contains("\u{1B}") && !end.errors.contains("\u{7}"), "\(end.errors)")
                #expect(end.errors.contains("\\x1b"), "\(words): \(end.errors)")
            }
        }

        @Test func `units names a cgroup that was just made`() throws {
            let cgroup = try Cgroup()
            let plain = try otagent(["units"], in: folder)
            #expect(plain.status == 0, "\(plain.errors)")
            #expect(plain.output.contains(cgroup.name))

            let json = try otagent(["units", "--json"], in: folder)
            #expect(json.status == 0, "\(json.errors)")
            let units = try decoded([Unit].self, from: json.output)
            let own = units.filter { $0.cgroup.path?.hasSuffix("/\(cgroup.name)") == true }
            #expect(own.count == 1)
            let inode = try FileManager.default.attributesOfItem(atPath: cgroup.path)[.systemFileNumber] as? UInt64
            #expect(own.first?.cgroup.id == inode)
        }

        @Test(.enabled(if: Schema.canValidate, "python3 has no jsonschema"))
        func `the list of cgroups is what its schema says`() throws {
            let container = "docker-\(String(repeating: "ab", count: 32)).scope"
            let made = try [
                Cgroup(below: ["getty@tty1.service", "sub"]), Cgroup(below: [container]), Cgroup(suffix: ".slice"),
                Cgroup(below: ["kubepods", "pod0b1c2d3e-1111-2222-3333-444455556666"]),
            ]
            // A name that is not UTF-8, which no other way makes.
            let ugly = made[0].path + "/\\303\\050"
            let end = try run(
                "/bin/sh", ["-c", "mkdir \"$(printf '\(ugly)')\" && \"$0\" units --json", built("otagent")], in: folder)
            try #require(end.status == 0, "\(end.errors)")
            #expect(end.output.contains("path_raw"))
            let file = try folder.write("units.json", end.output)
            let validated = try Schema.validate(linesOf: file, by: "otagent.units-1.json", in: folder)
            #expect(validated.status == 0, "\(validated.errors)")
            _ = consume made
        }

        private func configuration(stateDirectory: String) throws -> String {
            try folder.write(
                "agent.toml",
                """
                [containers]
                state_dirs = ["\(stateDirectory)"]
                [outputs.terminal]
                type = "stdout"
                """)
        }

        @Test func `units asks where the configuration says`() throws {
            let id = String(repeating: "cd", count: 32)
            let cgroup = try Cgroup(below: ["docker-\(id).scope"])
            let state = folder.path("docker")
            try FileManager.default.createDirectory(
                atPath: "\(state)/containers/\(id)", withIntermediateDirectories: true)
            try folder.write(
                "docker/containers/\(id)/config.v2.json", #"{"ID":"\#(id)","Name":"/web-of-test","Config":{}}"#)
            let config = try configuration(stateDirectory: state)
            let asked = try otagent(["units", "--json", "--config", config], in: folder)
            #expect(asked.status == 0, "\(asked.errors)")
            #expect(asked.output.contains("web-of-test"))
            #expect(asked.errors == "")
            #expect(try !otagent(["units", "--json"], in: folder).output.contains("web-of-test"))
            let bad = try otagent(["units", "--config", folder.write("bad.toml", "[agent]\nx = 1\n")], in: folder)
            #expect(bad.status == 78)
            #expect(bad.errors.contains("bad.toml:2:1"))
            _ = consume cgroup
        }

        private struct Named: Decodable {
            struct Container: Decodable { let name: String? }
            let cgroup: Unit.Cgroup
            let container: Container?
        }

        @Test(.enabled(if: installed("setpriv") != nil, "setpriv is not installed"))
        func `a cgroup that a unit's user has called like a container has not that container's name`() throws {
            let (id, user) = (String(repeating: "0a", count: 32), 54_321 as UInt32)
            let unit = try Cgroup(below: ["delegated.service"])
            try #require(chown(unit.path, user, user) == 0)
            let forged = "\(unit.path)/docker-\(id).scope"
            let made = try run(
                installed("setpriv") ?? "",
                ["--reuid=\(user)", "--regid=\(user)", "--clear-groups", "mkdir", forged], in: folder)
            try #require(made.status == 0, "\(made.errors)")
            let real = try Cgroup(below: ["docker-\(id).scope"])
            let state = folder.path("docker/containers/\(id)")
            try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
            try folder.write(
                "docker/containers/\(id)/config.v2.json", #"{"ID":"\#(id)","Name":"/real","Config":{}}"#)
            let config = try configuration(stateDirectory: folder.path("docker"))
            let end = try otagent(["units", "--json", "--config", config], in: folder)
            let units = try decoded([Named].self, from: end.output)
            func container(_ path: String) -> Named.Container? {
                units.first { $0.cgroup.path.map { path.hasSuffix($0) } == true && $0.container != nil }?.container
            }
            #expect(container(real.path)?.name == "real")
            #expect(container(forged) != nil)
            #expect(container(forged)?.name == nil)
        }

        @Test(.enabled(if: access("/dev/fuse", R_OK) == 0, "there is no FUSE here"))
        func `units says so when whoever keeps the names does not answer`() throws {
            let cgroup = try Cgroup(below: ["docker-\(String(repeating: "ef", count: 32)).scope"])
            let silent = try SilentFileSystem(in: folder)
            let config = try configuration(stateDirectory: silent.path)
            let started = ContinuousClock.now
            let end = try otagent(["units", "--config", config], in: folder)
            #expect(end.status == 0, "\(end.errors)")
            #expect(end.output.contains(cgroup.name))
            #expect(end.errors.contains("did not answer within 2"))
            #expect(ContinuousClock.now - started < .seconds(60))
        }

        @Test(.enabled(if: installed("setpriv") != nil, "setpriv is not installed"))
        func `units says how many cgroups it could not look into`() throws {
            let cgroup = try Cgroup(below: ["closed", "inner"])
            let closed = (cgroup.path as NSString).deletingLastPathComponent
            let arguments = ["--reuid=54321", "--regid=54321", "--clear-groups", try built("otagent"), "units"]
            let before = try run(installed("setpriv") ?? "", arguments, in: folder)
            try #require(before.status == 0, "\(before.errors)")
            #expect(before.output.contains("/closed/inner"))
            #expect(!before.errors.contains("could not be looked into"))
            try #require(chmod(closed, 0o700) == 0)
            let after = try run(installed("setpriv") ?? "", arguments, in: folder)
            #expect(after.status == 0, "\(after.errors)")
            #expect(after.output.contains("/closed"))
            #expect(!after.output.contains("/closed/inner"))
            #expect(after.errors.contains("units: 1 cgroups could not be looked into"), "\(after.errors)")
        }

        /// Until a thread of the program waits for room in a pipe.
        private func waitForWriter(of pid: pid_t) throws {
            let deadline = ContinuousClock.now + .seconds(60)
            while ContinuousClock.now < deadline {
                let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
                for task in tasks {
                    let place = try? String(contentsOfFile: "/proc/\(pid)/task/\(task)/wchan", encoding: .utf8)
                    if place?.contains("pipe_write") == true { return }
                }
            }
            throw Failure("the program never wrote")
        }

        /// Its standard output is a pipe that is full and that nobody reads.
        @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
        func `a command that only shows something ends by a signal`(signal: Int32) throws {
            let pipe = Pipe()
            let writer = pipe.fileHandleForWriting.fileDescriptor
            try #require(fcntl(writer, F_SETFL, O_NONBLOCK) == 0)
            let page = [UInt8](repeating: 0, count: 4096)
            while write(writer, page, page.count) > 0 {}
            try #require(fcntl(writer, F_SETFL, 0) == 0)
            let process = Process()
            process.executableURL = URL(filePath: try built("otagent"))
            process.arguments = ["defaults"]
            process.standardOutput = pipe
            process.standardInput = FileHandle.nullDevice
            let ended = DispatchSemaphore(value: 0)
            process.terminationHandler = { _ in ended.signal() }
            try process.run()
            defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
            try waitForWriter(of: process.processIdentifier)
            kill(process.processIdentifier, signal)
            try #require(ended.wait(timeout: .now() + 60) == .success, "it still runs")
            #expect(process.terminationReason == .uncaughtSignal)
            #expect(process.terminationStatus == signal)
            withExtendedLifetime(pipe) {}
        }

        @Test func `doctor finds this host fit`() throws {
            let end = try otagent(["doctor"], in: folder)
            #expect(end.status == 0, "\(end.output)\(end.errors)")
            for word in ["BTF", "cgroup2", "tracefs", "io_uring"] {
                #expect(end.output.contains(word))
            }
        }
    }
}
