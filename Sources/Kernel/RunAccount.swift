package import BPF
internal import Glibc
package import Model

/// How often programs ran and were skipped, from one drain to the next.
package struct RunAccount {
    private let countsMissedRuns: Bool
    private var last: [String: ProgramStatistics]
    /// Missed runs that have been told, in all.
    private var told: [ProgramGroup: UInt64]

    /// - Parameters:
    ///   - takenOver: as for `drain`.
    ///   - countsMissedRuns: whether the kernel counts runs that it skips.
    package init(_ programs: [ProgramStatistics], takenOver: [UInt64] = [], countsMissedRuns: Bool) {
        self.countsMissedRuns = countsMissedRuns
        last = Dictionary(uniqueKeysWithValues: programs.map { ($0.name, $0) })
        told = Self.lost(programs, takenOver)
    }

    /// By operation, how often neither the original nor a copy ran.
    private static func lost(_ programs: [ProgramStatistics], _ takenOver: [UInt64]) -> [ProgramGroup: UInt64] {
        var sums = leftOut(programs)
        for (group, count) in zip(ProgramGroup.allCases, takenOver) {
            if let sum = sums[group] { sums[group] = sum - min(count, sum) }
        }
        return sums
    }

    /// By operation, how often the kernel left the original out; of copies it is no loss of a call.
    private static func leftOut(_ programs: [ProgramStatistics]) -> [ProgramGroup: UInt64] {
        var sums: [ProgramGroup: UInt64] = [:]
        for program in programs where !ProgramGroup.isCopy(program.name) {
            if let group = ProgramGroup(program: program.name) { sums[group, default: 0] += program.recursionMisses }
        }
        return sums
    }

    /// What was added since the last call.
    ///
    /// - Parameters:
    ///   - takenOver: what copies did of the runs that their originals were left out of, in all; by group, or empty.
    ///   - isMeasuring: whether the kernel measures every run; it may also do so for another process that asked for it
    ///     (BPF_ENABLE_STATS), and then the figures have grown.
    package mutating func drain(
        _ programs: [ProgramStatistics], takenOver: [UInt64] = [], isMeasuring: Bool
    ) -> (missed: [MissedRuns], costs: [ProgramCost]?) {
        var missed: [ProgramGroup: UInt64] = [:]
        for (group, lost) in Self.lost(programs, takenOver) {
            // What was told of a run that was taken over a moment later is less in the next window.
            missed[group] = lost - min(told[group] ?? 0, lost)
            told[group] = max(told[group] ?? 0, lost)
        }
        var costs: [ProgramCost] = []
        for now in programs {
            let before = last[now.name]
            let runs = now.runs &- (before?.runs ?? 0)
            if runs > 0 {
                let time = now.runTimeNanoseconds &- (before?.runTimeNanoseconds ?? 0)
                costs.append(ProgramCost(program: now.name, runs: runs, runTimeNanoseconds: time))
            }
            last[now.name] = now
        }
        // An operation without a program here is absent as well: nothing was skipped, but nothing was watched either.
        let byOperation = ProgramGroup.allCases.map {
            MissedRuns(operation: $0.rawValue, runs: countsMissedRuns ? missed[$0] : nil)
        }
        return (byOperation, isMeasuring || !costs.isEmpty ? costs : nil)
    }

    /// The sysctl kernel.bpf_stats_enabled; unreadable is off.
    package static var kernelIsMeasuring: Bool {
        let file = open("/proc/sys/kernel/bpf_stats_enabled", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var first: UInt8 = 0
        return read(file, &first, 1) == 1 && first != UInt8(ascii: "0")
    }
}
