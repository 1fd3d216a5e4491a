import Foundation
import Model
import Testing

@testable import Agent

@Suite struct SelfTestTests {
    private func drain(_ counters: Counters, comm: ByteString = "otagent-doctor", missed: UInt64? = 0) -> Drain {
        let writer = Writer(cgroup: CgroupID(1), executable: nil, comm: comm, uid: 0)
        var drain = Drain()
        drain.writers = [WriterActivity(writer: writer, tgid: 7, counters: counters)]
        drain.loss.missedRuns = [MissedRuns(operation: "write", runs: missed)]
        return drain
    }

    private func operation(_ via: SelfTestOperation.Via) -> SelfTestOperation {
        let writes: Counter = via == .inline ? .inlineWrites : .workerWrites
        return SelfTestOperation(number: 3, name: "WRITE", via: via, expected: Counters([.writes: 1, writes: 1]))
    }

    @Test(
        arguments: [
            (.worker, [.writes: 1, .workerWrites: 1], .seen), (.worker, [.writes: 1, .inlineWrites: 1], .notSeen),
            (.worker, [:], .notSeen), (.worker, [.writes: 2, .workerWrites: 1], .notSeen),
            (.worker, [.writes: 1, .workerWrites: 1, .opens: 1], .notSeen),
            (.inline, [.writes: 1, .inlineWrites: 1], .seen), (.inline, [.writes: 1, .workerWrites: 1], .seen),
            (.inline, [.writes: 1, .workerWrites: 1, .inlineWrites: 1], .notSeen),
            (.inline, [.writes: 1, .sqpollWrites: 1], .notSeen),
        ] as [(SelfTestOperation.Via, [Counter: UInt64], DoctorReport.Operation.Status)])
    func `an operation is seen when it counts for what is expected and nothing else`(
        via: SelfTestOperation.Via, counted: [Counter: UInt64], status: DoctorReport.Operation.Status
    ) {
        let result = SelfTest.judge(operation(via), answer: 0, drain(Counters(counted)))
        #expect(result.status == status)
        #expect(result.counted == Counters(counted))
    }

    @Test(
        arguments: [
            (-ENOSYS, .notPossible), (-EOPNOTSUPP, .notPossible), (-EPERM, .notPossible), (-EIO, .failed),
            (-EPROTO, .failed), (-EINVAL, .failed),
        ] as [(CInt, DoctorReport.Operation.Status)])
    func `an error is the host's or a failure`(answer: CInt, status: DoctorReport.Operation.Status) {
        let result = SelfTest.judge(operation(.inline), answer: answer, drain(Counters([.writeFailures: 1])))
        #expect(result.status == status)
        #expect(result.counted == nil)
        #expect(result.reason == String(cString: strerror(-answer)))
    }

    @Test func `what others do does not matter`() {
        let counted = drain(Counters([.writes: 1, .workerWrites: 1]), comm: "nginx")
        #expect(SelfTest.judge(operation(.worker), answer: 0, counted).status == .notSeen)
    }

    @Test func `runs that the kernel skipped are named`() {
        let result = SelfTest.judge(operation(.worker), answer: 0, drain(Counters(), missed: 4))
        #expect(result.reason == "the kernel skipped 4 runs of the programs")
        #expect(SelfTest.judge(operation(.worker), answer: 0, drain(Counters(), missed: nil)).reason == nil)
    }

    @Test func `an operation expects the counters of its own way`() {
        for operation in SelfTestOperation.all { expectOwnCounters(operation) }
    }

    private func expectOwnCounters(_ operation: SelfTestOperation) {
        let names = operation.expected.named.map(\.name)
        let ways = SelfTestOperation.Via.allCases.filter { via in names.contains { $0.hasPrefix("\(via)_") } }
        #expect(ways.allSatisfy { $0 == operation.via })
        for (part, whole) in [("_opens", Counter.opens), ("_creates", .creates), ("_writes", .writes)]
        where operation.via != .syscall {
            let name = "\(operation.via)\(part)"
            #expect(names.contains(name) == (operation.expected[whole] > 0), "\(operation.name)")
        }
        #expect((operation.expected[.writes] > 0) == (operation.expected[.writeBytes] > 0))
        #expect(operation.expected[.creates] <= operation.expected[.opensForWrite] || operation.name.hasPrefix("mknod"))
        #expect(!operation.expected.isZero || operation.name == "write to a pipe")
    }

    @Test func `every way has opens and writes`() {
        for via in SelfTestOperation.Via.allCases {
            let operations = SelfTestOperation.all.filter { $0.via == via }
            #expect(operations.contains { $0.expected[.creates] == 1 })
            #expect(operations.contains { $0.expected[.openFailures] == 1 })
            #expect(operations.contains { $0.expected[.pathOpens] == 1 })
            #expect(operations.count { $0.expected[.writeBytes] == 512 } >= 5)
            #expect(Set(operations.map(\.name)).count == operations.count)
        }
    }
}
