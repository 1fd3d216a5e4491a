import Foundation
import Testing

extension SystemTests {
    /// What the agent counted for a cgroup is what the workload did in it: to the unit, and nothing missed.
    @Suite struct Exactness {
        let folder: Folder
        let cgroup: Cgroup

        init() throws {
            folder = try Folder()
            cgroup = try Cgroup()
        }

        /// Runs the workload under an agent of its own and compares every figure.
        private func compare(_ arguments: [String], _ location: SourceLocation = #_sourceLocation) throws {
            let agent = try AgentRun(in: folder)
            let truth = try Workload.run(in: cgroup, folder, arguments)
            let batches = try agent.stop()
            #expect(truth.counters.writes > 0, sourceLocation: location)
            #expect(batches.counters(of: truth.cgroupId).differences(from: truth) == [], sourceLocation: location)
        }

        @Test func `every syscall that opens or writes is counted exactly`() throws {
            try compare(["--only", "syscalls"])
        }

        @Test func `thousands of operations are counted exactly`() throws {
            try compare(["--only", "syscalls", "--repeat", "500"])
        }

        @Test func `four threads at once are counted exactly`() throws {
            try compare(["--only", "syscalls", "--threads", "4", "--repeat", "200"])
        }

        @Test(arguments: ["plain", "async", "sqpoll"])
        func `io_uring is counted exactly`(mode: String) throws {
            try compare(["--only", "uring", "--uring", mode, "--repeat", "50"])
        }

        @Test(arguments: ["plain", "async", "sqpoll"])
        func `syscalls and io_uring together are counted exactly`(mode: String) throws {
            try compare(["--uring", mode, "--repeat", "20", "--threads", "2"])
        }

        @Test(arguments: ["plain", "async", "sqpoll"])
        func `requests that are easily miscounted are counted exactly`(mode: String) throws {
            try compare(["--only", "uring,edges", "--uring", mode, "--repeat", "10"])
        }

        @Test(arguments: ["none", "plain", "async", "sqpoll"])
        func `what is done to names and whole files is counted exactly`(ring: String) throws {
            let more = ring == "none" ? [] : ["--uring", ring]
            try compare(
                ["--only", ring == "none" ? "syscalls,names" : "syscalls,names,uring", "--repeat", "20"] + more)
        }

        @Test func `twenty runs of twenty are counted exactly, with others at work beside them`() throws {
            let agent = try AgentRun(in: folder)
            let noise = try Cgroup()
            var truths: [Truth] = []
            for run in 0..<20 {
                let load = try Workload.start(in: noise, folder, ["--repeat", "100", "--threads", "2"])
                let mode = ["plain", "async", "sqpoll"][run % 3]
                let own = try Cgroup()
                truths.append(
                    try Workload.run(
                        in: own, folder,
                        ["--only", "syscalls,uring,names,edges", "--uring", mode, "--threads", "\(run % 4 + 1)"]
                            + ["--repeat", "20", "--seed", "\(run + 1)"]))
                _ = try Workload.truth(of: load)
            }
            let batches = try agent.stop()
            for (run, truth) in truths.enumerated() {
                #expect(batches.counters(of: truth.cgroupId).differences(from: truth) == [], "run \(run + 1)")
            }
        }

        @Test func `a full file system shows as ENOSPC`() throws {
            let small = try SmallFileSystem(in: folder, size: "300k")
            let agent = try AgentRun(in: folder)
            let truth = try Workload.run(in: cgroup, folder, ["--small", small.path])
            let counted = try agent.stop().counters(of: truth.cgroupId)
            #expect(counted.writeErrors["ENOSPC"] == truth.counters.writeErrors["ENOSPC"])
            #expect(counted.differences(from: truth) == [])
        }

        @Test func `work in memory is counted as work on a disk is`() throws {
            let memory = try SmallFileSystem(in: folder, size: "64m")
            let agent = try AgentRun(in: folder)
            let truth = try Workload.run(in: cgroup, folder, ["--dir", memory.path, "--repeat", "50"])
            let counted = try agent.stop().counters(of: truth.cgroupId)
            #expect(counted.differences(from: truth) == [])
        }

        @Test func `cgroups that work at the same time are told apart`() throws {
            let others = try (0..<3).map { _ in try Cgroup() }
            let agent = try AgentRun(in: folder)
            let load = try others.enumerated().map { number, other in
                try Workload.start(
                    in: other, folder, ["--repeat", "300", "--threads", "2", "--seed", "\(number + 2)"])
            }
            let truth = try Workload.run(in: cgroup, folder, ["--repeat", "100", "--uring", "plain"])
            let truths = try [truth] + load.map(Workload.truth(of:))
            let batches = try agent.stop()
            for truth in truths {
                #expect(batches.counters(of: truth.cgroupId).differences(from: truth) == [])
            }
        }

        @Test func `a row's unit and slice are those of its cgroup`() throws {
            let service = try Cgroup(below: ["ottest.slice", "ottest-web.service"])
            let agent = try AgentRun(in: folder)
            let truth = try Workload.run(in: service, folder)
            let rows = try agent.stop().rows(of: truth.cgroupId)
            #expect(!rows.isEmpty)
            for row in rows {
                #expect(row.cgroup?.path?.hasSuffix("/\(service.name)/ottest.slice/ottest-web.service") == true)
                #expect(row.kind != "unresolved")
            }
        }
    }
}
