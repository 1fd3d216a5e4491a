internal import Model

/// A row as a line for a person.
///
/// Lines are written while the program runs, so columns have a fixed width; what is longer moves the rest of its own
/// line only. The file name is last. Nothing that a program chose reaches the terminal as an order.
enum TraceLine {
    /// A column's name and its least width; numbers stand at the right.
    private struct Column: Sendable {
        let name: String
        let width: Int
        var isNumber = false
        /// Left out where all rows are opens.
        var isOfOperations = false
        let text: @Sendable (TraceEvent, TraceWriter.Options) -> String
        var colour: @Sendable (TraceEvent) -> String? = { _ in nil }
    }

    /// Characters of a command that was executed.
    private static let mostOfCommand = 200

    private static let operation = Column(name: "OP", width: 10, isOfOperations: true) { event, _ in
        event.operation.rawValue
    }

    private static let narrow: [Column] = [
        Column(name: "PID", width: 7, isNumber: true) { event, _ in String(event.actor.pid) },
        Column(name: "COMM", width: 15) { event, _ in event.actor.comm.legible },
        operation,
        // What OP does not tell of a request of io_uring: which kind of link it makes.
        Column(name: "KIND", width: 7) { event, _ in
            event.kind.rawValue + (event.operation == .link ? event.opcode.map { " " + $0.rawValue } ?? "" : "")
        },
        Column(name: "RESULT", width: 7, isNumber: true) { event, _ in
            result(of: event)
        } colour: {
            ($0.facts.result ?? 0) < 0 ? "31" : nil
        },
        Column(name: "MODE", width: 7, isNumber: true) { event, _ in
            event.mode == 0 ? "-" : "0" + String(event.mode, radix: 8)
        },
        Column(name: "FLAGS", width: 34) { event, options in
            event.hasFlags ? OpenFlag.names(of: event.facts.flags, on: options.architecture) : "-"
        } colour: {
            $0.hasFlags && 1...2 ~= $0.facts.flags & AccessMode.mask ? "33" : nil
        },
        Column(name: "FILENAME", width: 0) { event, options in
            shown(event.filename ?? (options.isWide ? nil : event.path))
                + (event.target.map { " -> " + shown($0) } ?? "")
                // Those that were cut are longer than what is shown of any.
                + (event.arguments.map { " (" + commandLine($0, most: mostOfCommand) + ")" } ?? "")
        } colour: {
            $0.facts.created == true ? "32" : nil
        },
    ]

    private static let wide: [Column] =
        [
            Column(name: "TIME", width: 30) { event, _ in event.time?.exactText ?? "-" },
            Column(name: "TID", width: 7, isNumber: true) { event, _ in String(event.actor.tid) },
            Column(name: "PPID", width: 7, isNumber: true) { event, _ in number(event.actor.parent) },
            Column(name: "UID", width: 5, isNumber: true) { event, _ in number(event.actor.uid) },
            Column(name: "UNIT", width: 20) { event, _ in event.actor.unit?.legible ?? "-" },
            Column(name: "VIA", width: 7) { event, _ in event.via?.rawValue ?? "-" },
            Column(name: "CREATED", width: 7) { event, _ in
                event.facts.created.map { $0 ? "yes" : "no" } ?? "-"
            },
        ] + narrow + [Column(name: "PATH", width: 0) { event, _ in event.path.map { "-> " + shown($0) } ?? "-" }]

    static func header(_ options: TraceWriter.Options) -> String {
        line(options, colour: { _ in "1" }) { $0.name }
    }

    static func line(_ event: TraceEvent, _ options: TraceWriter.Options) -> String {
        line(options, colour: { $0.colour(event) }) { $0.text(event, options) }
    }

    private static func line(
        _ options: TraceWriter.Options, colour: (Column) -> String?, text: (Column) -> String
    ) -> String {
        let columns = (options.isWide ? wide : narrow).filter { options.showsOperations || !$0.isOfOperations }
        let cells = columns.map { column in
            let text = text(column)
            let blanks = String(repeating: " ", count: max(0, column.width - text.unicodeScalars.count))
            // Outside of the colour, so that a terminal shows the same with and without it.
            let code = options.isColoured ? colour(column) : nil
            let coloured = code.map { "\u{1B}[\($0)m\(text)\u{1B}[0m" } ?? text
            return column.isNumber ? blanks + coloured : coloured + blanks
        }
        return cells.joined(separator: " ") + "\n"
    }

    private static func number(_ value: UInt32?) -> String { value.map { String($0) } ?? "-" }

    /// What was returned, the name of an error or of a signal, or `?` where the result never became known.
    private static func result(of event: TraceEvent) -> String {
        guard let result = event.facts.result else { return "?" }
        if event.operation == .exit { return result < 0 ? "signal \(result.magnitude)" : String(result) }
        // The least number has no positive one.
        return result < 0 && result > .min ? ErrnoName.name(of: -result) : String(result)
    }

    private static func shown(_ name: ByteString?) -> String {
        guard let name else { return "-" }
        return name.isEmpty ? "\"\"" : name.legible
    }
}

extension TraceEvent {
    /// Whether it was tried with the flags of an open.
    fileprivate var hasFlags: Bool { operation == .open }
}
