internal import CLibbpf

/// Has the verifier say for each program of an object how long its work was.
///
/// Since 5.16 the kernel keeps that figure, before it is only in the last line of the verifier's log.
struct VerifierLogs: ~Copyable {
    /// Bytes for each program: at this level only a few lines are written, and the reason of a refusal.
    private static var size: Int { 64 << 10 }
    /// BPF_LOG_STATS of linux/bpf_verifier.h, since 5.2.
    private static var level: UInt32 { 4 }

    private var logs: [(program: String, text: UnsafeMutablePointer<CChar>)] = []

    /// Must outlive the load of the object.
    init(_ handle: borrowing ObjectHandle) throws(BPFError) {
        try handle.forEachProgram { (program: OpaquePointer) throws(BPFError) in
            guard bpf_program__autoload(program) else { return }
            let name = String(cString: bpf_program__name(program))
            let text = UnsafeMutablePointer<CChar>.allocate(capacity: Self.size)
            text.initialize(repeating: 0, count: Self.size)
            logs.append((name, text))
            try check(bpf_program__set_log_level(program, Self.level), .configure, name)
            try check(bpf_program__set_log_buf(program, text, Self.size), .configure, name)
        }
    }

    deinit { for log in logs { log.text.deallocate() } }

    /// What was said about all programs but the figures, for a refusal: libbpf shows only logs of its own.
    var lines: [String] {
        logs.flatMap { String(cString: $0.text).split(separator: "\n").map(String.init) }
            .filter { !$0.hasPrefix("verification time ") && !$0.hasPrefix("stack depth ") }
    }

    /// By program, those that the verifier looked at.
    var verifiedInstructions: [String: UInt32] {
        var counts: [String: UInt32] = [:]
        for log in logs { counts[log.program] = Self.instructions(in: String(cString: log.text)) }
        return counts
    }

    /// The number in the line that begins `processed 1234 insns`; nil when there is no such line.
    static func instructions(in log: String) -> UInt32? {
        let line = log.split(separator: "\n").last { $0.hasPrefix("processed ") && $0.contains(" insns") }
        return line.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { UInt32($0) }
    }
}
