import Agent
import ArgumentParser
import Machine
import Model
import Render

/// Values of options as they are written; each mistake says what would be right.
enum TraceArguments {
    static func formula(_ text: String) throws -> FlagsFormula {
        do throws(FormulaError) { return try FlagsFormula(parsing: text) } catch { throw ValidationError(error.text) }
    }

    static func glob(_ text: String) throws -> PathGlob {
        do throws(PathGlob.Mistake) { return try PathGlob(text) } catch { throw ValidationError(error.text) }
    }

    static var formats: String { TraceFormat.allCases.map(\.rawValue).joined(separator: ", ") }

    static func format(_ text: String) throws -> TraceFormat {
        if let format = TraceFormat(rawValue: text) { return format }
        throw unknown(text, "format", among: TraceFormat.allCases.map(\.rawValue))
    }

    static var operations: String { TraceOperation.allCases.map(\.rawValue).joined(separator: ",") }

    static func operations(_ text: String) throws -> Set<TraceOperation> {
        var operations: Set<TraceOperation> = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            if word == "all" {
                operations.formUnion(TraceOperation.allCases)
                continue
            }
            guard let operation = TraceOperation(rawValue: String(word)) else {
                throw unknown(String(word), "operation", among: TraceOperation.allCases.map(\.rawValue) + ["all"])
            }
            operations.insert(operation)
        }
        return operations
    }

    static func user(_ text: String) throws -> UInt32 {
        if let record = UserRecord.named(text) { return record.uid }
        if let uid = UInt32(text), uid != .max { return uid }
        throw ValidationError("there is no user '\(text.legible)'")
    }

    static func process(_ text: String) throws -> UInt32 {
        guard let pid = UInt32(text), 1...UInt32(Int32.max) ~= pid else {
            throw ValidationError("a process has a number, such as 4242")
        }
        return pid
    }

    static func duration(_ text: String) throws -> Duration {
        guard let duration = Duration(configured: text), duration > .zero else {
            throw ValidationError("write a time with its unit, such as 10s, 5m or 1h30m")
        }
        return duration
    }

    static func size(_ text: String) throws -> Int {
        guard let bytes = ByteSize.bytes(configured: text), buffer ~= bytes else {
            throw ValidationError(
                """
                write a size from \(ByteSize.configured(buffer.lowerBound)) to \
                \(ByteSize.configured(buffer.upperBound)), such as 8MiB
                """)
        }
        return bytes
    }

    /// What makes sense between the kernel and a reader of it.
    private static let buffer = 64 << 10...1 << 30

    private static func unknown(_ word: String, _ what: String, among words: [String]) -> ValidationError {
        let known = words.joined(separator: ", ")
        guard let near = Suggestion.nearest(to: word, among: words) else {
            return ValidationError("there is no \(what) '\(word.legible)'; there are \(known)")
        }
        return ValidationError("there is no \(what) '\(word.legible)'; did you mean '\(near)'?")
    }
}
