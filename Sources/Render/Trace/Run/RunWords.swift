internal import Model

extension FileName {
    /// As a person may see it; `[shop] /etc/passwd` in a container.
    var legible: String {
        switch space {
        case .host: path.legible
        case .other(let container?): "[\(container.legible)] \(path.legible)"
        case .other(nil): "[another root] \(path.legible)"
        }
    }
}

extension RunHistory {
    static let noName = "(a file without a name)"

    func legibleName(of file: Int) -> String { files[file].name?.legible ?? Self.noName }

    /// A command as one could type it, shortened, with nothing in it that a terminal would obey.
    func legibleCommand(of process: Int, most: Int = 200) -> String {
        commandLine(command(of: process), most: most)
    }

    /// `cat 4243`, by which people find a process in the rows.
    func legibleProcess(_ process: Int) -> String { "\(processes[process].comm.legible) \(processes[process].pid)" }

    /// The first few, and how many more there are.
    func legibleProcesses(_ numbers: [Int]) -> String {
        let shown = numbers.prefix(3).map(legibleProcess).joined(separator: ", ")
        return numbers.count > 3 ? shown + " and \(numbers.count - 3) more" : shown
    }
}

/// Arguments as a shell reads them.
func commandLine(_ arguments: [ByteString], most: Int = .max) -> String {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-^".utf8)
    let words = arguments.map { argument in
        if !argument.isEmpty, argument.bytes.allSatisfy({ plain.contains($0) || $0 >= 0x80 }) {
            return argument.legible
        }
        return "'" + argument.legible.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
            + "'"
    }
    let line = words.joined(separator: " ")
    return line.count > most ? line.prefix(max(0, most - 3)) + "..." : line
}

/// Nanoseconds as seconds with three digits.
func seconds(_ nanoseconds: Int64) -> String {
    let thousandths = nanoseconds / 1_000_000
    let rest = String(thousandths % 1000)
    return "\(thousandths / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest) s"
}

func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(count) \(count == 1 ? one : many ?? one + "s")"
}

extension FileClass {
    var words: String {
        switch self {
        case .metadata: "metadata only"
        case .unchanged: "opened for writing, unchanged"
        case .missing: "probed but missing"
        default: rawValue
        }
    }
}

extension ProcessHistory.End {
    var words: String {
        switch self {
        case .exited(let code): "exit \(code)"
        case .killed(let signal): "signal \(signal)"
        case .unknown: "ended"
        }
    }
}
