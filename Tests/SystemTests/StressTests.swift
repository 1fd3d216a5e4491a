import Foundation
import Testing

extension SystemTests {
    /// Conservation: whatever happens at once, nothing is lost and nothing is counted twice.
    @Suite struct Stress {
        /// `make test-stress` has it run for longer.
        private static let seconds = ProcessInfo.processInfo.environment["OT_STRESS_SECONDS"].flatMap(Int.init) ?? 10

        /// That writers add up to units and units to totals, and that nothing was missed, is checked at every stop.
        @Test func `64 processes in 64 cgroups that do everything at once are counted exactly`() throws {
            let folder = try Folder()
            let cgroup = try Cgroup()
            let memory = try SmallFileSystem(in: folder, size: "1g")
            let seed = Int.random(in: 1...1_000_000)
            let agent = try AgentRun(in: folder)
            let truths = try Workload.stress(
                in: cgroup, folder, on: memory.path, seconds: Self.seconds, processes: 64, seed: seed)
            let batches = try agent.stop()
            #expect(truths.count == 64 && truths.allSatisfy { $0.counters.writes > 0 })
            #expect(batches.differences(from: truths) == [], "--seed \(seed)")
            #expect(batches.allSatisfy { $0.loss.detailOverflow == 0 && $0.loss.unresolvedCgroups == 0 })
        }
    }
}
