import Foundation
import Glibc
import Testing

extension SystemTests {
    /// `opentrace all`: what others do, until there is enough.
    @Suite struct TraceAll {
        let traced: Traced
        init() throws { traced = try Traced() }

        /// Reads a file by a process that is no child of the tracer's.
        private func read(_ name: String, in cgroup: Cgroup? = nil) throws {
            try traced.folder.write(name, "text")
            let enter = cgroup.map { "echo $$ > \($0.path)/cgroup.procs && " } ?? ""
            let end = try run("/bin/sh", ["-c", "\(enter)exec cat \(traced.folder.path(name))"], in: traced.folder)
            try #require(end.status == 0, "\(end.errors)")
        }

        @Test(arguments: [SIGINT, SIGTERM]) func `opens of all processes are rows until a signal`(number: Int32) throws
        {
            let running = try traced.start("all", "-o", "rows", "--comm", "cat")
            try traced.wait(for: "rows", with: "return\n")
            try read("seen")
            // While it runs: nobody waits for its end.
            try traced.wait(for: "rows", with: "\(traced.folder.path("seen"))\",3\n")
            running.signal(number)
            let end = try running.wait(until: .now + .seconds(60))
            #expect(end.status == 0, "\(end.errors)")
            #expect(
                try traced.rows(with: "\"cat\"", in: "rows").count == traced.text("rows").split(separator: "\n").count
                    - 1)
            #expect(end.errors.contains(" filtered, 0 lost"), "\(end.errors)")
        }

        @Test func `a time ends it, and standard output has the rows`() throws {
            let end = try traced("all", "--flags=O_WRONLY", "--duration", "500ms")
            #expect(end.status == 0, "\(end.errors)")
            #expect(end.output.hasPrefix("pid,cgid,comm,kind,flags,mode,filename,return\n"))
        }

        @Test func `a reader that has enough ends it quietly`() throws {
            let end = try run(
                "/bin/sh",
                ["-c", "{ \"$0\" all --comm nobody; echo \"status $?\" >&2; } | head -n 1", built("opentrace")],
                in: traced.folder)
            #expect(end.output == "pid,cgid,comm,kind,flags,mode,filename,return\n")
            // Somebody else's requests of io_uring may still go on, and that is said between the two.
            #expect(end.errors.contains(" 0 lost\n") && end.errors.hasSuffix("status 0\n"), "\(end.errors)")
        }

        @Test func `units and containers are told, and chosen by`() throws {
            let id = String(repeating: "4f", count: 32)
            let (unit, container) = (
                try Cgroup(suffix: ".slice", below: ["web@1.service"]), try Cgroup(below: ["docker-\(id).scope"])
            )
            let wide = try traced.start("all", "--format", "jsonl", "-o", "wide", "--comm", "cat")
            let units = try traced.start("all", "-o", "units", "--unit", "web@*")
            let containers = try traced.start("all", "-o", "containers", "--container", "4f4f*")
            for name in ["units", "containers"] { try traced.wait(for: name, with: "return\n") }
            try traced.wait(for: "wide")
            // It has no header: the file is there before anything is seen.
            let deadline = ContinuousClock.now + .seconds(60)
            while try !traced.text("wide").contains("witness"), ContinuousClock.now < deadline { try read("witness") }
            try read("of-host")
            try read("of-unit", in: unit)
            try read("of-container", in: container)
            try traced.wait(for: "units", with: "of-unit")
            try traced.wait(for: "containers", with: "of-container")
            try traced.wait(for: "wide", with: "of-container")
            for running in [wide, units, containers] {
                running.signal(SIGTERM)
                #expect(try running.wait(until: .now + .seconds(60)).status == 0)
            }
            #expect(try !traced.text("units").contains("of-container") && !traced.text("units").contains("of-host"))
            #expect(
                try !traced.text("containers").contains("of-unit") && !traced.text("containers").contains("of-host"))
            #expect(
                try traced.rows(with: "of-unit\"", in: "wide").allSatisfy { $0.contains("\"unit\":\"web@1.service\"") })
            #expect(
                try traced.rows(with: "of-container\"", in: "wide").allSatisfy {
                    $0.contains("\"container\":\"\(id)\"")
                })
        }

        @Test func `a process is followed from now on, with what comes from it`() throws {
            try traced.folder.write("input", "text")
            let script = "echo > ready; while [ ! -e go ]; do sleep 0.05; done; cat input > /dev/null; exec sleep 1000"
            let process = try Running(
                "/usr/bin/env", ["-C", traced.folder.root.path, "sh", "-c", script], in: traced.folder)
            defer { process.signal(SIGKILL) }
            try traced.wait(for: "ready")
            let running = try traced.start("all", "-o", "rows", "--pid", "\(process.pid)")
            try traced.wait(for: "rows", with: "return\n")
            try traced.folder.write("go", "")
            try traced.wait(for: "rows", with: "\"input\",3\n")
            running.signal(SIGTERM)
            #expect(try running.wait(until: .now + .seconds(60)).status == 0)
            #expect(try traced.rows(with: "\"cat\",openat,0,0,\"input\",3", in: "rows").count == 1)
            let gone = try traced("all", "--pid", "\(Int32.max)")
            #expect(gone.status == 2)
            #expect(gone.errors == "opentrace: there is no process \(Int32.max)\n")
        }

        @Test(.enabled(if: installed("setpriv") != nil, "setpriv is not installed"))
        func `who may not trace hears what is missing`() throws {
            let program = try traced.folder.copy(built("opentrace"))
            let end = try run(
                installed("setpriv") ?? "", ["--reuid=1", "--regid=1", "--clear-groups", program, "all"],
                in: traced.folder)
            #expect(end.status == 77)
            #expect(
                end.errors == """
                    opentrace: not allowed to load BPF programs, without CAP_BPF, CAP_PERFMON, CAP_DAC_READ_SEARCH: run \
                    it with sudo, or give it what is missing

                    """)
        }
    }
}
