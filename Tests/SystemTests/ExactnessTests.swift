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

        /// Runs the workload once for each list of arguments, in cgroups of their own under one agent, and compares all.
        private func compare(_ runs: [[String]], _ location: SourceLocation = #_sourceLocation) throws {
            let agent = try AgentRun(in: folder)
            let cgroups = try runs.map { _ in try Cgroup() }
            let truths = try zip(cgroups, runs).map { try Workload.run(in: $0, folder, $1) }
            let batches = try agent.stop()
            for (truth, run) in zip(truths, runs) {
                let differences = batches.counters(of: truth.cgroupId).differences(from: truth)
                #expect(truth.counters.writes > 0, sourceLocation: location)
                #expect(differences == [], "\(run)", sourceLocation: location)
            }
        }

        private static let rings = ["plain", "async", "sqpoll", "defer"]

        @Test func `syscalls are counted exactly: once, thousands of times, and by four threads`() throws {
            try compare([
                ["--only", "syscalls"], ["--only", "syscalls", "--repeat", "500"],
                ["--only", "syscalls", "--threads", "4", "--repeat", "200"],
            ])
        }

        @Test func `io_uring is counted exactly, on every kind of ring`() throws {
            try compare(Self.rings.map { ["--only", "uring", "--uring", $0, "--repeat", "50"] })
        }

        @Test func `syscalls and io_uring together are counted exactly`() throws {
            try compare(Self.rings.map { ["--uring", $0, "--repeat", "20", "--threads", "2"] })
        }

        @Test func `requests that are easily miscounted are counted exactly`() throws {
            try compare(
                Self.rings.flatMap { ring in
                    ["uring,edges", "uring,others"].map { ["--only", $0, "--uring", ring, "--repeat", "10"] }
                })
        }

        @Test func `what is done to names and whole files is counted exactly`() throws {
            try compare(
                [["--only", "syscalls,names", "--repeat", "5"]]
                    + Self.rings.map { ["--only", "syscalls,names,uring", "--repeat", "5", "--uring", $0] })
        }

        @Test func `twenty runs of twenty are counted exactly, with others at work beside them`() throws {
            // In memory: a disk would have them wait for syncs most of the time.
            let memory = try SmallFileSystem(in: folder, size: "1g")
            let agent = try AgentRun(in: folder)
            let noise = try Cgroup()
            var truths: [Truth] = []
            for run in 0..<20 {
                let load = try Workload.start(
                    in: noise, folder, ["--repeat", "100", "--threads", "2", "--dir", memory.path])
                let mode = ["plain", "async", "sqpoll"][run % 3]
                let own = try Cgroup()
                truths.append(
                    try Workload.run(
                        in: own, folder,
                        ["--only", "syscalls,uring,names,edges", "--uring", mode, "--threads", "\(run % 4 + 1)"]
                            + ["--repeat", "20", "--seed", "\(run + 1)", "--dir", memory.path]))
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
