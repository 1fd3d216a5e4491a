import Foundation
import Glibc
import Testing

extension SystemTests {
    /// The doctor performs every operation alone; here nothing that is possible may stay unseen.
    @Suite struct Doctor {
        let folder: Folder
        init() throws { folder = try Folder() }

        private struct Report: Decodable {
            struct Check: Decodable {
                let check: String
                let status: String
                let sentence: String
            }

            struct Operation: Decodable {
                let via: String
                let operation: String
                let status: String
                let expected: [String: UInt64]
                let counted: [String: UInt64]?
                let reason: String?
            }

            let exitStatus: Int32
            let checks: [Check]
            let operations: [Operation]
            let selfTestFailure: String?
        }

        /// What a doctor that was ended may leave: its directories, and processes of its name.
        private func traces() -> Set<String> {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: NSTemporaryDirectory())) ?? []
            let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
            let named = processes.filter { pid in
                (try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)) == "otagent-doctor\n"
            }
            return Set(files.filter { $0.hasPrefix("otagent-doctor-") } + named)
        }

        @Test(arguments: ["otagent", "opentrace"])
        func `everything that is possible is seen, and nothing is left behind`(program: String) throws {
            let before = traces()
            let end = try run(built(program), ["doctor", "--json"], in: folder)
            #expect(end.status == 0, "\(end.output)\(end.errors)")
            let report = try decoded(Report.self, from: end.output)
            #expect(report.exitStatus == 0)
            #expect(report.selfTestFailure == nil)
            #expect(report.operations.count > 40)
            for operation in report.operations {
                #expect(["seen", "not possible"].contains(operation.status), "\(operation)")
            }
            // Every host has these, so a self-test that finds nothing possible cannot pass.
            for name in ["openat", "write", "writev", "sendfile", "write to a memfd"] {
                let operation = try #require(report.operations.first { $0.operation == name })
                #expect(operation.status == "seen")
                #expect(operation.counted == operation.expected)
            }
            for check in report.checks { #expect(check.status != "failed", "\(check)") }
            #expect(traces().subtracting(before) == [])
        }

        @Test func `one that is killed leaves nothing behind either`() throws {
            let before = traces()
            let doctor = try Running(built("otagent"), ["doctor"], in: folder)
            let appearance = ContinuousClock.now + .seconds(30)
            func performers() -> Set<String> { traces().subtracting(before).filter { Int($0) != nil } }
            while performers().isEmpty, ContinuousClock.now < appearance { sched_yield() }
            #expect(!performers().isEmpty)
            doctor.signal(SIGKILL)
            let end = try doctor.wait(until: .now + .seconds(30))
            #expect(end.status == -SIGKILL)
            // Its other process notices by itself.
            let deadline = ContinuousClock.now + .seconds(30)
            while !traces().subtracting(before).isEmpty, ContinuousClock.now < deadline { sched_yield() }
            #expect(traces().subtracting(before) == [])
        }

        @Test(.enabled(if: installed("setpriv") != nil, "setpriv is not installed"))
        func `without root it shows what it can and ends with 77`() throws {
            let program = try folder.copy(built("otagent"))
            let end = try run(
                installed("setpriv") ?? "",
                ["--reuid=65534", "--regid=65534", "--clear-groups", program, "doctor"], in: folder)
            #expect(end.status == 77, "\(end.errors)")
            for word in ["kernel", "BTF", "CAP_BPF", "cgroup2", "tracefs", "root", "not run"] {
                #expect(end.output.contains(word), "\(word)")
            }
        }

        @Test func `the command that performs the operations is not shown`() throws {
            let end = try otagent(["--help"], in: folder)
            #expect(end.output.contains("doctor"))
            #expect(!end.output.contains("self-test"))
        }
    }
}
