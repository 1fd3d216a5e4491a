package import BPF
internal import Glibc
package import Model

/// How often programs ran and were skipped, from one drain to the next.
package struct RunAccount {
    private let countsMissedRuns: Bool
    private var last: [String: ProgramStatistics]

    /// - Parameter countsMissedRuns: whether the kernel counts runs that it skips.
    package init(_ programs: [ProgramStatistics], countsMissedRuns: Bool) {
        self.countsMissedRuns = countsMissedRuns
        last = Dictionary(uniqueKeysWithValues: programs.map { ($0.name, $0) })
    }

    /// What was added since the last call.
    ///
    /// - Parameter isMeasuring: whether the kernel measures every run; it may also do so for another process that asked
    ///   for it (BPF_ENABLE_STATS), and then the figures have grown.
    package mutating func drain(
        _ programs: [ProgramStatistics], isMeasuring: Bool
    ) -> (missed: [MissedRuns], costs: [ProgramCost]?) {
        var missed: [ProgramGroup: UInt64] = [:]
        var costs: [ProgramCost] = []
        for now in programs {
            let before = last[now.name]
            if let group = ProgramGroup(program: now.name) {
                missed[group, default: 0] += now.recursionMisses &- (before?.recursionMisses ?? 0)
            }
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
