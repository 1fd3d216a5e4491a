import BPF
import Foundation
import Model
import Testing

@testable import Kernel

@Suite struct RunAccountTests {
    private func program(_ name: String, missed: UInt64 = 0, runs: UInt64 = 0, time: UInt64 = 0) -> ProgramStatistics {
        ProgramStatistics(name: name, recursionMisses: missed, runs: runs, runTimeNanoseconds: time)
    }

    private func missed(_ runs: [MissedRuns], _ operation: String) -> UInt64? {
        runs.first { $0.operation == operation }?.runs
    }

    @Test func `missed runs are what was added, summed over the programs of an operation`() {
        var account = RunAccount(
            [program("on_mknod", missed: 5), program("on_mknodat"), program("on_write")], countsMissedRuns: true)
        let now = [program("on_mknod", missed: 7), program("on_mknodat", missed: 1), program("on_write")]
        let first = account.drain(now, isMeasuring: false)
        #expect(missed(first.missed, "mknod") == 3)
        #expect(missed(first.missed, "write") == 0)
        #expect(first.missed.map(\.operation) == ProgramGroup.allCases.map(\.rawValue))
        #expect(missed(account.drain(now, isMeasuring: false).missed, "mknod") == 0)
    }

    @Test func `what copies have taken over was not missed, whenever it is told`() {
        func programs(_ missed: UInt64, copy: UInt64 = 0) -> [ProgramStatistics] {
            [program("on_write", missed: missed), program("on_write_copy1", missed: copy)]
        }
        func taken(_ writes: UInt64) -> [UInt64] { ProgramGroup.allCases.map { $0 == .write ? writes : 0 } }
        var account = RunAccount(programs(0), countsMissedRuns: true)
        func told(_ missed: UInt64, copy: UInt64 = 0, taken writes: UInt64) -> UInt64? {
            self.missed(
                account.drain(programs(missed, copy: copy), takenOver: taken(writes), isMeasuring: false).missed,
                "write")
        }
        #expect(told(10, copy: 4, taken: 8) == 2)
        // Taken over already, and not yet known to have been left out.
        #expect(told(10, taken: 9) == 0)
        #expect(told(12, taken: 9) == 1)
        #expect(told(12, taken: 9) == 0)
    }

    @Test func `what nobody counts, or nobody watches, is absent`() {
        let programs = [program("on_write_probed", missed: 4)]
        var silent = RunAccount(programs, countsMissedRuns: false)
        #expect(silent.drain(programs, isMeasuring: false).missed.allSatisfy { $0.runs == nil })
        var telling = RunAccount(programs, countsMissedRuns: true)
        let drained = telling.drain(programs, isMeasuring: false).missed
        #expect(missed(drained, "write") == 0)
        #expect(drained.count { $0.runs == nil } == ProgramGroup.allCases.count - 1)
    }

    @Test func `costs are what was added, and absent while nobody measures`() {
        var account = RunAccount(
            [program("on_write", runs: 10, time: 900), program("on_open")], countsMissedRuns: true)
        let still = [program("on_write", runs: 10, time: 900), program("on_open")]
        #expect(account.drain(still, isMeasuring: false).costs == nil)
        #expect(account.drain(still, isMeasuring: true).costs == [])
        // Another process may have asked the kernel to measure.
        let grown = [program("on_write", runs: 14, time: 1300), program("on_open")]
        let costs = account.drain(grown, isMeasuring: false).costs
        #expect(costs == [ProgramCost(program: "on_write", runs: 4, runTimeNanoseconds: 400)])
        #expect(account.drain(grown, isMeasuring: false).costs == nil)
    }
}

extension KernelSourceTests {
    @Test func `runs and run time of each program are shipped while the kernel measures them`() async throws {
        let source = try source()
        // For everybody, so it is put back.
        let path = "/proc/sys/kernel/bpf_stats_enabled"
        let before = try String(contentsOfFile: path, encoding: .utf8)
        defer { try? before.write(toFile: path, atomically: false, encoding: .utf8) }
        try "1".write(toFile: path, atomically: false, encoding: .utf8)
        _ = try await source.drain()
        try shell("for i in 1 2 3 4 5 6 7; do echo x; done > written; mkdir one", in: folder)
        let costs = try #require(try await source.drain().programCosts)
        let writes = try #require(costs.first { $0.program == "on_write" })
        #expect(writes.runs >= 7)
        #expect(writes.runTimeNanoseconds >= writes.runs, "a run takes more than a nanosecond")
        #expect(costs.contains { $0.program == "on_mkdir" || $0.program == "on_mkdirat" })
        #expect(costs.allSatisfy { $0.runs > 0 })
    }
}
