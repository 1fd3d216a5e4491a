import Foundation
import Testing

@testable import BPF
@testable import Kernel

/// Our programs against the types of the kernels in the matrix, without any of these kernels and without privileges.
///
/// What a kernel lacks must be asked for before it is used; then the code that uses it is never reached there. Both lists,
/// of what is lacking and of what is reached all the same, come from `relocate`.
@Suite struct RelocationTests {
    static let kernels = ["5.10", "6.1", "6.12", "6.18", "7"]

    @Test(.enabled(if: isX86, "the kernels' types are those of x86-64"), arguments: ["files", "trace"], kernels)
    func `each program relocates on each kernel, and what is lacking there is asked for first`(
        object: String, kernel: String
    ) throws {
        let lacking = try Relocation(object: "\(object).bpf.o", kernel: kernel).lacking()
        for line in lacking where !line.hasSuffix(" (guarded)") {
            Issue.record(
                """
                \(kernel): \(object): \(line): the kernel refuses this program. Ask with bpf_core_field_exists first; if only the \
                fixture lacks the type, `make relocation-fixtures`
                """)
        }
        try expectGolden(lacking, object == "files" ? "\(kernel).txt" : "\(object)-\(kernel).txt")
    }

    @Test(.enabled(if: isX86, "the kernels' types are those of x86-64"), arguments: kernels)
    func `a field that no kernel has is told with its program and its type`(kernel: String) throws {
        let lacking = try Relocation(object: "tests/invented.bpf.o", kernel: kernel).lacking()
        #expect(
            lacking == [
                "asks: struct file.f_invented (guarded)",
                "asks_too_far_away: struct task_struct.exe_invented (reached)",
                "assumes: struct file.f_invented (reached)",
            ])
    }

    @Test(.enabled(if: isX86, "the kernels' types are those of x86-64"), arguments: kernels)
    func `the programs that are judged are those that would be loaded`(kernel: String) throws {
        let wanted = try Relocation(object: "files.bpf.o", kernel: kernel).wanted
        let isOld = ["5.10", "6.1"].contains(kernel)
        #expect(wanted.contains("on_write") == !isOld)
        #expect(wanted.contains("on_write_probed") == isOld)
        #expect(wanted.contains("on_submit_sqe_probed") == isOld)
        #expect(wanted.contains("on_submit_req") == !isOld)
        #expect(wanted.contains("on_req_failed_probed") == (kernel == "6.1"))
        #expect(wanted.contains("on_write_copy1") == (kernel == "7"))
        #expect(wanted.count(where: { !ProgramGroup.isCopy($0) }) == (kernel == "5.10" ? 33 : 34))
    }
}

#if arch(x86_64)
private let isX86 = true
#else
private let isX86 = false
#endif

/// Compares with a file in `golden/`; with `RECORD_GOLDEN=1` in the environment writes the file instead and fails.
private func expectGolden(_ lines: [String], _ name: String) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "golden/\(name)")
    if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
        try lines.map { $0 + "\n" }.joined().write(to: file, atomically: true, encoding: .utf8)
        Issue.record("recorded \(name): look at the difference, then run without RECORD_GOLDEN")
        return
    }
    let expected = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
    for line in lines where !expected.contains(line) { Issue.record("\(name) does not know of \(line)") }
    for line in expected where !lines.contains(line) { Issue.record("\(name) has what is not lacking: \(line)") }
}
