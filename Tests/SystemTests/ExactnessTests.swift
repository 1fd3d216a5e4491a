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

        private static let rings = ["plain", "async", "sqpoll", "defer"]

        /// One agent for all of them: its start and its end take longer than the work.
        @Test func `calls, requests and what is done to names are counted exactly, each alone and all together`() throws
        {
            // Many rounds in memory: a disk would have them wait for syncs most of the time.
            let fileSystem = try SmallFileSystem(in: folder, size: "1g")
            let memory = ["--dir", fileSystem.path]
            var runs = [
                ["--only", "syscalls"],
                ["--only", "syscalls", "--repeat", "500"] + memory,
                ["--only", "syscalls", "--threads", "4", "--repeat", "200"] + memory,
                ["--only", "syscalls,names", "--repeat", "5"],
            ]
            for ring in Self.rings.map({ ["--uring", $0] }) {
                runs += [
                    ring + ["--only", "uring", "--repeat", "50"],
                    ring + ["--repeat", "20", "--threads", "2"] + memory,
                    // Requests that are easily miscounted.
                    ring + ["--only", "uring,edges", "--repeat", "10"],
                    ring + ["--only", "uring,others", "--repeat", "10"],
                    ring + ["--only", "syscalls,names,uring", "--repeat", "5"],
                ]
            }
            let agent = try AgentRun(in: folder)
            let cgroups = try runs.map { _ in try Cgroup() }
            let truths = try zip(cgroups, runs).map { try Workload.run(in: $0, folder, $1) }
            _ = consume fileSystem
            let batches = try agent.stop()
            for (truth, run) in zip(truths, runs) {
                #expect(truth.counters.writes > 0, "\(run)")
                #expect(batches.counters(of: truth.cgroupId).differences(from: truth) == [], "\(run)")
            }
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

        @Test func `cgroups that work at the same time are told apart, on a disk, in memory and where it is full`()
            throws
        {
            let memory = try SmallFileSystem(in: folder, size: "64m", named: "memory")
            let small = try SmallFileSystem(in: folder, size: "300k")
            let service = try Cgroup(suffix: ".slice", below: ["ottest.slice", "ottest-web.service"])
            let runs: [(Cgroup, [String])] = [
                (cgroup, ["--repeat", "100", "--uring", "plain"]),
                (try Cgroup(), ["--repeat", "100", "--threads", "2", "--seed", "2"]),
                (try Cgroup(), ["--repeat", "50", "--threads", "2", "--seed", "3", "--dir", memory.path]),
                (try Cgroup(), ["--seed", "4", "--small", small.path]),
                (service, ["--seed", "5"]),
            ]
            let agent = try AgentRun(in: folder)
            let truths = try runs.map { try Workload.start(in: $0, folder, $1) }.map(Workload.truth(of:))
            _ = (consume memory, consume small)
            let batches = try agent.stop()
            for (truth, run) in zip(truths, runs) {
                #expect(batches.counters(of: truth.cgroupId).differences(from: truth) == [], "\(run.1)")
            }
            let refused = truths[3].counters.writeErrors["ENOSPC"]
            #expect(refused ?? 0 > 0)
            #expect(batches.counters(of: truths[3].cgroupId).writeErrors["ENOSPC"] == refused)
            let rows = batches.rows(of: truths[4].cgroupId)
            #expect(!rows.isEmpty)
            for row in rows {
                #expect(row.cgroup?.path == "/\(service.name)/ottest.slice/ottest-web.service")
                #expect((row.unit, row.slice, row.kind) == ("ottest-web.service", "ottest.slice", "service"))
            }
        }
    }
}
