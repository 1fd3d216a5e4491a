internal import CLibbpf
internal import Glibc

/// What failed, on which named thing, and why.
public struct BPFError: Error, Sendable {
    public enum Operation: String, Sendable {
        case open, load, attach, find, resize, configure, map, poll, lookup, update, delete, push, inspect
        case readTypes = "read kernel types"
    }

    public let operation: Operation
    /// The name of the object, map or program.
    public let subject: String
    public let errno: CInt
    /// What libbpf and the verifier had to say, oldest line first.
    public let log: [String]

    init(_ operation: Operation, _ subject: String, errno: CInt, log: [String] = []) {
        (self.operation, self.subject, self.errno, self.log) = (operation, subject, errno, log)
    }

    /// The last line of the verifier that says what was wrong; absent when the verifier was not the reason.
    public var verifierVerdict: String? {
        guard let end = log.lastIndex(where: { $0.hasPrefix("processed ") && $0.contains(" insns") }) else {
            return nil
        }
        return log[..<end].last { !$0.isEmpty && !$0.hasPrefix("--") }
    }

    /// The program the kernel refused, when there is one.
    public var refusedProgram: String? {
        let marker = "': BPF program load failed"
        guard let line = log.first(where: { $0.contains(marker) }) else { return nil }
        return line.split(separator: "'").dropFirst().first.map(String.init)
    }
}

extension BPFError: CustomStringConvertible {
    public var description: String {
        var text = "cannot \(operation.rawValue) '\(refusedProgram ?? subject)': \(String(cString: strerror(errno)))"
        if let verifierVerdict { text += " (the verifier says: \(verifierVerdict))" }
        return text
    }
}

/// Turns libbpf's negative errno into an error.
@discardableResult
func check(_ code: CInt, _ operation: BPFError.Operation, _ subject: String) throws(BPFError) -> CInt {
    if code < 0 { throw BPFError(operation, subject, errno: -code) }
    return code
}

/// Turns libbpf's null pointer, with the reason in `errno`, into an error.
func checkPointer(
    _ pointer: OpaquePointer?, _ operation: BPFError.Operation, _ subject: String
) throws(BPFError) -> OpaquePointer {
    guard let pointer else { throw BPFError(operation, subject, errno: Glibc.errno) }
    return pointer
}

/// Runs `body` and adds what libbpf said meanwhile to the error it throws.
func withMessages<Result: ~Copyable>(_ body: () throws(BPFError) -> Result) throws(BPFError) -> Result {
    clibbpf_messages_begin()
    do throws(BPFError) {
        let result = try body()
        free(clibbpf_messages_end())
        return result
    } catch {
        let text = clibbpf_messages_end()
        defer { free(text) }
        let lines = text.map { String(cString: $0).split(separator: "\n").map(String.init) } ?? []
        throw BPFError(error.operation, error.subject, errno: error.errno, log: lines)
    }
}
