import Foundation
import Kernel
import Model
import Testing

@testable import Agent

@Suite struct DoctorReportTests {
    private typealias Object = [String: Any]
    private typealias Check = DoctorReport.Check
    private typealias Operation = DoctorReport.Operation

    private static let write = SelfTestOperation(
        number: 0, name: "write", via: .syscall, expected: Counters([.writes: 1, .writeBytes: 512]))
    private static let ringOpen = SelfTestOperation(
        number: 1, name: "OPENAT", via: .worker, expected: Counters([.opens: 1, .workerOpens: 1]))
    private static let pipe = SelfTestOperation(
        number: 2, name: "write to a pipe", via: .syscall, expected: Counters())

    private static func report(
        _ checks: [Check.Status] = [.ok], _ operations: [Operation.Status] = [.seen], failure: String? = nil
    ) -> DoctorReport {
        var report = DoctorReport()
        report.checks = checks.map { Check("BTF", $0, "a sentence") }
        report.operations = operations.map { Operation(write, $0) }
        report.selfTestFailure = failure
        return report
    }

    @Test(
        arguments: [
            (report(), .fine), (report([.ok, .missing]), .fine), (report([.ok], [.seen, .notPossible]), .fine),
            (report([.ok], [.seen, .notSeen]), .failed), (report([.ok], [.failed, .seen]), .failed),
            (report([.ok], [.seen], failure: "ended"), .failed), (report([.failed, .ok], []), .hostCannot),
            (report([.failed], [.notSeen]), .hostCannot),
        ] as [(DoctorReport, Agent.ExitStatus)])
    func `the exit status tells the host's part from ours`(report: DoctorReport, status: Agent.ExitStatus) {
        #expect(report.exitStatus == status)
    }

    private var rich: DoctorReport {
        var report = DoctorReport()
        report.checks = [Check("kernel", .ok, "6.18.0"), Check("capabilities", .missing, "without CAP_BPF")]
        report.notSeen = ["mmap stores"]
        report.loaded = [
            LoadedProgram(program: "on_write", event: "syscalls/sys_exit_write", verifiedInstructions: 321),
            LoadedProgram(program: "on_cgroup_mkdir", event: "cgroup/cgroup_mkdir", verifiedInstructions: nil),
        ]
        report.operations = [
            Operation(Self.write, .seen, counted: Counters([.writes: 1, .writeBytes: 512])),
            Operation(Self.ringOpen, .notPossible, reason: "Function not implemented"),
            Operation(Self.write, .notSeen, counted: Counters([.writes: 2])),
            Operation(Self.pipe, .seen, counted: Counters()),
        ]
        return report
    }

    @Test func `the text has aligned columns and says what was counted instead`() {
        #expect(
            rich.text == """
                ok       kernel        6.18.0
                missing  capabilities  without CAP_BPF

                Not seen (coverage.not_seen of every batch):
                  mmap stores

                self-test: 4 operations, each performed alone: 2 seen, 1 not seen, 1 not possible
                SEEN AS           VIA      OPERATIONS
                write             syscall  write
                no file activity  syscall  write to a pipe

                RESULT        VIA              OPERATION  EXPECTED
                not possible  io_uring worker  OPENAT     opens 1, worker_opens 1 (Function not implemented)
                not seen      syscall          write      writes 1, write_bytes 512; counted: writes 2

                Not everything was seen that should have been: please report it with this output.

                """)
    }

    @Test func `many ways to do one thing are a few lines`() {
        var report = DoctorReport()
        for via in [SelfTestOperation.Via.inline, .sqpoll] {
            for number in 0..<9 {
                let name = "operation number \(number)"
                let expected = Counters([.deletes: 1])
                report.operations.append(
                    Operation(SelfTestOperation(number: 0, name: name, via: via, expected: expected), .seen))
            }
        }
        #expect(
            report.text.contains(
                """
                SEEN AS  VIA                      OPERATIONS
                delete   io_uring inline, sqpoll  operation number 0; operation number 1; operation number 2;
                                                  operation number 3; operation number 4; operation number 5;
                                                  operation number 6; operation number 7; operation number 8

                """))
    }

    @Test func `every operation of the self-test has a word`() {
        for operation in SelfTestOperation.all {
            #expect((operation.word == "no file activity") == operation.expected.isZero, "\(operation.name)")
        }
        #expect(Set(SelfTestOperation.all.map(\.word)) == Set(SelfTestOperation.words))
    }

    @Test func `a host that cannot run the programs has no table`() {
        var report = DoctorReport()
        report.checks = [Check("BTF", .failed, "no types")]
        #expect(report.text.contains("failed  BTF  no types\n\nself-test: not run\n"))
        #expect(report.text.contains("cannot run here"))
    }

    @Test func `a sentence of many lines stays in its column`() {
        var report = DoctorReport()
        report.checks = [Check("BTF", .ok, "here"), Check("programs", .failed, "refused:\nat 3")]
        #expect(
            report.text.hasPrefix(
                """
                ok      BTF       here
                failed  programs  refused:
                                  at 3

                """))
    }

    @Test func `a self-test that could not start is not taken for one that saw nothing`() {
        let report = Self.report([.ok], [], failure: "no directory")
        #expect(report.text.contains("self-test: not run: no directory\n\nThe programs run here"))
    }

    @Test func `the JSON has the members that its schema requires, and no others`() throws {
        var folder = URL(filePath: #filePath)
        for _ in 0..<4 { folder.deleteLastPathComponent() }
        let file = folder.appending(path: "docs/schema/doctor.schema.json")
        let schema = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? Object)
        let definitions = try #require(schema["$defs"] as? [String: Object])
        let document = try #require(try JSONSerialization.jsonObject(with: Data(rich.json)) as? Object)
        func members(_ schema: Object?) -> Set<String> { Set(schema?["required"] as? [String] ?? []) }
        #expect(Set(document.keys) == members(schema))
        for check in try #require(document["checks"] as? [Object]) {
            #expect(Set(check.keys) == members(definitions["check"]))
        }
        let loaded = try #require(document["loaded"] as? [Object])
        for program in loaded { #expect(Set(program.keys) == members(definitions["loaded"])) }
        #expect(loaded.map { $0["verified_instructions"] as? Int } == [321, nil])
        #expect(loaded.map { $0["event"] as? String } == ["syscalls/sys_exit_write", "cgroup/cgroup_mkdir"])
        let operations = try #require(document["operations"] as? [Object])
        for operation in operations { #expect(Set(operation.keys) == members(definitions["operation"])) }
        #expect(operations.map { $0["status"] as? String } == ["seen", "not possible", "not seen", "seen"])
        #expect(operations[0]["expected"] as? [String: Int] == ["writes": 1, "write_bytes": 512])
        #expect(operations[1]["counted"] is NSNull)
        #expect(operations[1]["via"] as? String == "worker")
        #expect(operations[3]["counted"] as? [String: Int] == [:])
        #expect(document["exit_status"] as? Int == 1)
    }

    @Test func `the schema knows every status and every way`() throws {
        var folder = URL(filePath: #filePath)
        for _ in 0..<4 { folder.deleteLastPathComponent() }
        let schema = try String(contentsOf: folder.appending(path: "docs/schema/doctor.schema.json"), encoding: .utf8)
        for status in Operation.Status.allCases { #expect(schema.contains("\"\(status.rawValue)\"")) }
        for via in SelfTestOperation.Via.allCases { #expect(schema.contains("\"\(via)\"")) }
    }
}
