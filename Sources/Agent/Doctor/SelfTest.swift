internal import CSelfTest
internal import Glibc
internal import Model

/// Performs every operation alone and compares what was counted with what had to be.
enum SelfTest {
    /// What the performing process is called; its counters are found by that, since a tgid depends on who looks.
    static let name = ByteString(Array(SELFTEST_COMM.utf8))

    /// The results so far, and why there are no more.
    static func run(_ source: any EventSource) async -> (results: [DoctorReport.Operation], failure: String?) {
        var results: [DoctorReport.Operation] = []
        do {
            let child = try SelfTestChild.start()
            _ = try await source.drain(isLast: false)
            for operation in SelfTestOperation.all {
                let answer = try child.perform(operation)
                results.append(judge(operation, answer: answer, try await source.drain(isLast: false)))
            }
        } catch {
            return (results, "\(error)")
        }
        return (results, nil)
    }

    /// - Parameter answer: 0 or -errno, from the process that performed it.
    static func judge(_ operation: SelfTestOperation, answer: CInt, _ drain: Drain) -> DoctorReport.Operation {
        var result = DoctorReport.Operation(operation, .seen)
        guard answer == 0 else {
            let isHosts = [ENOSYS, EOPNOTSUPP, EPERM].contains(-answer)
            result.status = isHosts ? .notPossible : .failed
            result.reason = String(cString: strerror(-answer))
            return result
        }
        let counted = drain.writers.filter { $0.writer.comm == name }
            .reduce(into: Counters()) { $0 += $1.counters }
        result.counted = counted
        if !operation.isSeen(in: counted) {
            result.status = .notSeen
            let missed = drain.loss.missedRuns.reduce(0) { $0 + ($1.runs ?? 0) }
            if missed > 0 { result.reason = "the kernel skipped \(missed) runs of the programs" }
        }
        return result
    }
}
