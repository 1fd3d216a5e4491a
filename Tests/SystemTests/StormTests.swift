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
    }
}
