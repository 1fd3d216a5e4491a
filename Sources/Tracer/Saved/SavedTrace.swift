internal import Glibc
package import Model

/// A trace in a file: JSON, JSONL or CSV, told by what is in it.
package struct SavedTrace: Sendable {
    /// Where a trace is not what it should be, and why.
    package struct Mistake: Error, Sendable, Equatable, CustomStringConvertible {
        package let file: String
        /// From 1; nil where the file as a whole is meant.
        package let line: Int?
        package let reason: String

        package var description: String { "\(file.legible)\(line.map { ":\($0)" } ?? ""): \(reason)" }
    }

    package enum Form: String, Sendable {
        case csv, json, jsonl
    }

    package let name: String
    package let form: Form
    let bytes: [UInt8]

    /// - Parameter path: `-` for standard input.
    package init(reading path: String) throws(Mistake) {
        let name = path == "-" ? "standard input" : path
        let file = path == "-" ? dup(0) : Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard file >= 0 else { throw Self.unreadable(name) }
        defer { close(file) }
        var status = stat()
        let known = fstat(file, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
        var (bytes, count) = ([UInt8](repeating: 0, count: max(known + 1, 1 << 16)), 0)
        while true {
            if count == bytes.count { bytes += [UInt8](repeating: 0, count: bytes.count) }
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(
                    file, UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).baseAddress, buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw Self.unreadable(name) }
            if got == 0 { break }
            count += got
        }
        bytes.removeLast(bytes.count - count)
        try self.init(bytes, name: name)
    }

    private static func unreadable(_ name: String) -> Mistake {
        Mistake(file: name, line: nil, reason: "cannot be read: \(String(cString: strerror(errno)))")
    }

    package init(_ bytes: [UInt8], name: String) throws(Mistake) {
        // Spreadsheets put a byte order mark before what they save.
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let bytes = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
        (self.bytes, self.name) = (bytes, name)
        let start = bytes.firstIndex { !" \t\r\n".utf8.contains($0) }
        switch start.map({ bytes[$0] }) {
        case UInt8(ascii: "["): form = .json
        case UInt8(ascii: "{"), nil: form = .jsonl
        default:
            if bytes.starts(with: "pid,".utf8) || bytes.starts(with: "\"pid\",".utf8) {
                form = .csv
            } else {
                let isText = String(decoding: bytes.prefix(200), as: UTF8.self).contains("PID COMM")
                throw Mistake(
                    file: name, line: 1,
                    reason: isText
                        ? "the format text is for people and cannot be read back; save traces as jsonl, json or csv"
                        : "this is no trace: it begins neither as JSON nor with the header of a CSV trace")
            }
        }
    }

    /// What there is to say of a trace after its last event.
    package struct End: Sendable, Equatable {
        /// What could not be read because the trace was cut off, as a sentence.
        package var cutOff: String?
        /// What was lost while it was made, as it says itself; absent where it says nothing, as CSV always does.
        package var account: TraceAccount?

        package init(cutOff: String? = nil, account: TraceAccount? = nil) {
            (self.cutOff, self.account) = (cutOff, account)
        }

        mutating func add(_ account: TraceAccount) {
            var sum = self.account ?? TraceAccount()
            sum += account
            self.account = sum
        }
    }

    /// Hands over every event in its order.
    package func read(_ take: (TraceEvent) throws -> Void) throws -> End {
        switch form {
        case .csv: End(cutOff: try SavedCSV(self).read(take))
        case .json: try readArray(take)
        case .jsonl: try readLines(take)
        }
    }

    /// All events; for tests and small traces.
    package func events() throws -> [TraceEvent] {
        var events: [TraceEvent] = []
        _ = try read { events.append($0) }
        return events
    }

    func mistake(_ line: Int?, _ reason: String) -> Mistake { Mistake(file: name, line: line, reason: reason) }

    func tornEnd(_ line: Int) -> String { "\(mistake(line, "the last row is cut off and left out"))" }
}
