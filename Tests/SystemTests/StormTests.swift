import Foundation
import Glibc
import Testing

extension SystemTests {
    /// Cgroups that live for a moment are named and counted all the same.
    @Suite struct Storms {
        let folder: Folder
        let cgroup: Cgroup

        init() throws {
            folder = try Folder()
            cgroup = try Cgroup()
        }

        @Test(arguments: [true, false])
        func `five hundred cgroups are all named and counted`(together: Bool) throws {
            let agent = try AgentRun(in: folder)
            let storm = try Workload.storm(500, in: cgroup, folder, together: together)
            let batches = try agent.stop()

            let writes = batches.writesByCgroup
            #expect(storm.filter { writes[$0.id] != $0.writes }.map(\.name).prefix(5) == [])
            let paths = Dictionary(
                batches.flatMap(\.units).compactMap { unit in unit.cgroup.map { ($0.id, $0.path ?? "") } },
                uniquingKeysWith: { first, _ in first })
            let unnamed = storm.filter { !(paths[$0.id] ?? "").hasSuffix("/\(cgroup.name)/\($0.name)") }
            #expect(unnamed.map(\.name).prefix(5) == [])
            #expect(batches.map(\.loss.unresolvedCgroups).reduce(0, +) == 0)
        }

        /// With hardly any memory the detail goes, and is said to be gone; the sums stay.
        @Test func `little kernel memory loses detail and nothing else`() throws {
            let agent = try AgentRun(in: folder, trace: "max_kernel_memory = \"1MiB\"")
            let storm = try Workload.storm(3000, in: cgroup, folder, together: true)
            let batches = try agent.stop()

            let own = Set(storm.map(\.id))
            let units = batches.flatMap(\.units)
            let named = units.filter { own.contains($0.cgroup?.id ?? 0) }.map(\.counters.writes).reduce(0, +)
            let overflow = units.filter { $0.kind == "overflow" }.map(\.counters.writes).reduce(0, +)
            #expect(batches.map(\.loss.detailOverflow).reduce(0, +) > 0)
            #expect(named + overflow >= 3000)
            #expect(batches.allSatisfy { $0.totals.writes == $0.units.map(\.counters.writes).reduce(0, +) })
        }

        /// A stopped agent reads no events, so the ring runs over; the counters do not go through the ring.
        @Test func `what the ring loses is said, and no count is lost with it`() throws {
            let agent = try AgentRun(in: folder)
            agent.running.signal(SIGSTOP)
            let storm = try Workload.storm(4000, in: cgroup, folder, together: false)
            agent.running.signal(SIGCONT)
            let batches = try agent.stop()

            let writes = batches.writesByCgroup
            #expect(storm.count { writes[$0.id] != $0.writes } == 0)
            let rows = batches.flatMap(\.units)
            let own = Set(storm.map(\.id))
            let unnamed = rows.count { own.contains($0.cgroup?.id ?? 0) && $0.kind == "unresolved" }
            let said = batches.map { $0.loss.ringRecords + $0.loss.unresolvedCgroups }.reduce(0, +)
            #expect(unnamed == 0 || said > 0)
        }

        /// Makes and removes cgroups as fast as it can, also under names that were there before, until it is told to end.
        private static let storm = """
            import os, sys
            rounds = 0
            while not os.path.exists(sys.argv[2]):
                places = [f"{sys.argv[1]}/passing-{n}" for n in range(20)]
                for place in places:
                    for path in (place, place + "/inner", place + "/inner/most"): os.mkdir(path)
                for place in places:
                    for path in (place + "/inner/most", place + "/inner", place): os.rmdir(path)
                rounds += 1
                if rounds == 1: print("storming", file=sys.stderr, flush=True)
            print(rounds)
            """

        @Test(.enabled(if: installed("python3") != nil, "python3 is not installed"))
        func `a tree that changes under the walk costs neither time nor the name or the counts of what stays`() throws {
            let staying = try (0..<200).map { try Cgroup(in: cgroup, ["stays-\($0 % 20)", "inner-\($0)"]) }
            let end = folder.path("end")
            let storms = try (0..<2).map { number in
                let place = try Cgroup(in: cgroup, ["storm-\(number)"])
                return try Running(installed("python3") ?? "", ["-c", Self.storm, place.path, end], in: folder)
            }
            for storm in storms { try storm.wait(for: "storming", until: .now + .seconds(30)) }

            let started = ContinuousClock.now
            let agent = try AgentRun(in: folder)
            let truths = try staying.prefix(5).map { try Workload.run(in: $0, folder, ["--only", "syscalls"]) }
            let listing = try otagent(["units", "--json"], in: folder)
            #expect(ContinuousClock.now - started < .seconds(30))
            try folder.write("end", "")
            for storm in storms {
                let end = try storm.wait(until: .now + .seconds(30))
                #expect(end.status == 0, "\(end.errors)")
                #expect((Int(end.output.split(separator: "\n").first ?? "") ?? 0) > 1)
            }
            let batches = try agent.stop()

            let top = try Cgroup.mountPoint()
            for (truth, cgroup) in zip(truths, staying) {
                #expect(batches.counters(of: truth.cgroupId).differences(from: truth) == [])
                #expect(
                    Set(batches.rows(of: truth.cgroupId).map(\.cgroup?.path)) == ["\(cgroup.path.dropFirst(top.count))"]
                )
            }
            #expect(listing.status == 0, "\(listing.errors)")
            let listed = try decoded([Listed].self, from: listing.output).compactMap(\.cgroup.path)
            #expect(Set(staying.map { String($0.path.dropFirst(top.count)) }).subtracting(listed) == [])
            #expect(Set(listed).count == listed.count)
        }

        private struct Listed: Decodable { let cgroup: Batch.Unit.Cgroup }
    }
}
