import Foundation

/// Of what a workload did, that which nobody can see to its end: the agent has to say so, once for each.
struct Declared: Decodable {
    /// Declared, and in no other figure.
    var unseen: UInt64 = 0
    /// Writes that never began: each is a write failure, or declared.
    var cancelled: UInt64 = 0
    /// Of the true writes, those of one byte of which each is a write, or declared.
    var doubtful: UInt64 = 0
}

extension [Batch] {
    /// What contradicts "truth = rows + declared": no line, and it holds to the unit.
    ///
    /// The declarations are the host's, so all that used io_uring meanwhile has to be among the truths.
    func differences(from truths: [Truth]) -> [String] {
        var lines: [String] = []
        var owed: UInt64 = 0
        for truth in truths {
            var counted = counters(of: truth.cgroupId)
            if let also = truth.alsoCgroupId { counted.add(counters(of: also)) }
            let (expected, unexplained) = truth.explaining(counted)
            lines += counted.differences(from: expected).map { "\(truth.name): \($0)" }
            owed += unexplained
        }
        let declared = map { $0.loss.ioUringUnknownResults + $0.loss.aioUnknownResults + $0.loss.unknownFile }
            .reduce(0, +)
        if declared != owed { lines.append("declared \(declared), to be declared \(owed)") }
        return lines
    }
}

extension Truth {
    /// What the rows have to be, given which way the undecided ones went, and how many are then left to be declared.
    fileprivate func explaining(_ counted: Counters) -> (expected: Counters, owed: UInt64) {
        var expected = counters
        var failures: UInt64 = 0
        for error in ["ECANCELED", "EINTR"] {
            let more = counted.writeErrors[error, default: 0].less(expected.writeErrors[error, default: 0])
            let explained = min(more, declared.cancelled - failures)
            if explained > 0 { expected.writeErrors[error, default: 0] += explained }
            failures += explained
        }
        expected.writeFailures += failures

        let lacking = min(expected.writes.less(counted.writes), declared.doubtful)
        expected.writes -= lacking
        expected.writeBytes -= lacking
        if let total = expected.ioUring.plainTotal {
            let seen = (counted.ioUring.inline?.writes ?? 0) + (counted.ioUring.worker?.writes ?? 0)
            let ofRing = min(total.writes.less(seen), lacking)
            expected.ioUring.plainTotal?.writes -= ofRing
            expected.ioUring.plainTotal?.writeBytes -= ofRing
        }
        return (expected, declared.unseen + declared.cancelled - failures + lacking)
    }
}

extension UInt64 {
    /// The difference, or zero.
    fileprivate func less(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
