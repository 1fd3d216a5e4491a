internal import Model

extension DoctorReport {
    /// For a person at a terminal of any kind.
    package var text: String {
        var text = Self.aligned(checks.map { [$0.status.rawValue, $0.name, $0.sentence] })
        if !notSeen.isEmpty {
            text += "\nNot seen (coverage.not_seen of every batch):\n" + notSeen.map { "  \($0)\n" }.joined()
        }
        text += "\n" + selfTest
        return text + "\n" + verdict + "\n"
    }

    private var selfTest: String {
        if operations.isEmpty { return "self-test: not run\(selfTestFailure.map { ": \($0)" } ?? "")\n" }
        let sums = Operation.Status.allCases.filter { count($0) > 0 }.map { "\(count($0)) \($0.rawValue)" }
        var text = "self-test: \(operations.count) operations, each performed alone: \(sums.joined(separator: ", "))\n"
        text += Self.aligned([["SEEN AS", "VIA", "OPERATIONS"]] + waysSeen)
        let others = operations.filter { $0.status != .seen }
        if !others.isEmpty {
            text += "\n" + Self.aligned([["RESULT", "VIA", "OPERATION", "EXPECTED"]] + others.map(Self.columns))
        }
        if let selfTestFailure { text += "ended early: \(selfTestFailure)\n" }
        return text
    }

    /// A row for each word and each set of operations that were seen; io_uring's ways mostly have the same.
    private var waysSeen: [[String]] {
        let seen = operations.filter { $0.status == .seen }
        return SelfTestOperation.words.flatMap { word in
            var rows: [(vias: String, names: [String])] = []
            for via in SelfTestOperation.Via.allCases {
                let names = seen.filter { $0.operation.word == word && $0.operation.via == via }
                    .map(\.operation.name)
                if let same = rows.firstIndex(where: { $0.names == names }) {
                    rows[same].vias += ", \(via)"
                } else if !names.isEmpty {
                    rows.append((via.text, names))
                }
            }
            return rows.map { [word, $0.vias, Self.wrapped($0.names)] }
        }
    }

    /// In lines of about 60 characters; some names have commas in them.
    private static func wrapped(_ names: [String]) -> String {
        var lines = [""]
        for name in names {
            if let last = lines.last, !last.isEmpty {
                if last.count + name.count > 60 {
                    lines[lines.count - 1] += ";"
                    lines.append(name)
                } else {
                    lines[lines.count - 1] += "; " + name
                }
            } else {
                lines[lines.count - 1] = name
            }
        }
        return lines.joined(separator: "\n")
    }

    private var verdict: String {
        switch exitStatus {
        case .fine: "This host is fit: the agent can run, and every operation that is possible here was seen."
        case .hostCannot: "The agent cannot run here: see what failed above."
        case _ where selfTestFailure != nil:
            "The programs run here, but the self-test did not come to its end: see above."
        default: "Not everything was seen that should have been: please report it with this output."
        }
    }

    private static func columns(_ row: Operation) -> [String] {
        var detail = summary(row.operation.expected)
        if row.status == .notSeen, let counted = row.counted {
            detail += "; counted: \(counted.isZero ? "nothing" : summary(counted))"
        }
        if let reason = row.reason { detail += " (\(reason))" }
        return [row.status.rawValue, row.operation.via.text, row.operation.name, detail]
    }

    private static func summary(_ counters: Counters) -> String {
        let parts = counters.named.map { "\($0.name) \($0.value)" }
        return parts.isEmpty ? "nothing, it is no file activity" : parts.joined(separator: ", ")
    }

    /// Columns as wide as their widest cell, two spaces apart, and none after the last one.
    private static func aligned(_ rows: [[String]]) -> String {
        guard let columns = rows.first?.count else { return "" }
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).dropLast().map { cell, width in
                cell + String(repeating: " ", count: width - cell.count + 2)
            }
            // What the kernel's verifier says has many lines.
            let margin = "\n" + String(repeating: " ", count: cells.joined().count)
            let last = (row.last ?? "").split(separator: "\n", omittingEmptySubsequences: false)
            return cells.joined() + last.joined(separator: margin) + "\n"
        }.joined()
    }
}

extension SelfTestOperation.Via {
    fileprivate var text: String { self == .syscall ? "syscall" : "io_uring \(self)" }
}

extension Counters {
    /// Those that are not zero, under their names in documents, such as `write_bytes`.
    var named: [(name: String, value: UInt64)] {
        Counter.allCases.compactMap { counter in
            self[counter] == 0 ? nil : (Self.name(of: counter), self[counter])
        }
    }

    private static func name(of counter: Counter) -> String {
        "\(counter)".map { $0.isUppercase ? "_\($0.lowercased())" : String($0) }.joined()
    }
}
