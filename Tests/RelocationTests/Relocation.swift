import Foundation
import Glibc

@testable import BPF
@testable import Kernel

/// What went wrong in a test's own machinery, as opposed to what a test expects.
struct Failure: Error, CustomStringConvertible {
    let description: String
}

/// An object of ours against the types of a kernel.
struct Relocation {
    private let object: String
    private let types: String
    /// The programs that would be loaded on this kernel.
    let wanted: Set<String>

    init(object: String, kernel: String) throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
        self.object = tests.appending(path: "../../.bpf/\(object)").standardizedFileURL.path
        types = tests.appending(path: "kernels/\(kernel).btf").path
        let names = Set(try relocate("has", types))
        let programs = try relocate("programs", self.object).map { line in
            let words = line.split(separator: " ").map(String.init)
            return ProgramDescription(name: words[0], section: words[1])
        }
        wanted =
            Set(
                ProgramChoice(
                    programs, direct: names.contains("bpf_rdonly_cast"),
                    copies: names.contains("trace_call_bpf_faultable")
                ) { event in
                    let parts = event.split(separator: "/")
                    return parts[0] == "syscalls"
                        ? names.contains("__x64_sys_\(parts[1].split(separator: "_", maxSplits: 2)[2])")
                        : names.contains("btf_trace_\(parts[1])")
                }.wanted.keys)
    }

    /// What the kernel lacks, as `program: type.field (guarded)`, or `(reached)` when the program would use it.
    func lacking() throws -> [String] {
        Set(try relocate(["check", object, types] + wanted.sorted())).sorted()
    }
}

private func relocate(_ arguments: String...) throws -> [String] { try relocate(arguments) }

/// The lines that `relocate` prints; it lies beside the test bundle.
private func relocate(_ arguments: [String]) throws -> [String] {
    var folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    while !FileManager.default.isExecutableFile(atPath: folder.appending(path: "relocate").path) {
        guard folder.path != "/" else { throw Failure(description: "relocate is not built; `swift build` first") }
        folder.deleteLastPathComponent()
    }
    let process = Process()
    let output = Pipe()
    process.executableURL = folder.appending(path: "relocate")
    process.arguments = arguments
    process.standardOutput = output
    try process.run()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
        throw Failure(description: "relocate \(arguments.prefix(3)): status \(process.terminationStatus); see above")
    }
    return text.split(separator: "\n").map(String.init)
}
