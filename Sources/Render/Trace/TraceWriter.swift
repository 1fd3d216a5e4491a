package import Model

/// Writes a trace in one of its formats, row after row, into memory that its owner empties.
///
/// `begin` once, `append` for each row, `end` once; after each of them everything so far is in `bytes`.
package struct TraceWriter: Sendable {
    package struct Options: Sendable {
        package var format: TraceFormat
        /// Whether CSV and text have the columns that the seed has not; JSON always has.
        package var isWide: Bool
        /// Whether CSV and text say which operation a row is about, and its second name; JSON always does. CSV is wide then,
        /// because a write has no name but its path.
        package var showsOperations: Bool
        /// Whether text has colours, for a terminal.
        package var isColoured: Bool
        /// Whose flags text shows by name.
        package var architecture: Architecture

        package init(
            _ format: TraceFormat, isWide: Bool = false, showsOperations: Bool = false, isColoured: Bool = false,
            architecture: Architecture = .native
        ) {
            self.format = format
            self.isWide = isWide || (showsOperations && format == .csv)
            self.showsOperations = showsOperations
            (self.isColoured, self.architecture) = (isColoured, architecture)
        }
    }

    private let options: Options
    private var json = JSONWriter()
    private var isFirst = true
    package private(set) var bytes: [UInt8] = []

    package init(_ options: Options) { self.options = options }

    /// What stands before the rows: the header, or the array's start.
    package mutating func begin() {
        switch options.format {
        case .csv: bytes.append(contentsOf: CSVRow.header(options).utf8)
        case .json: bytes.append(UInt8(ascii: "["))
        case .jsonl: break
        case .text: bytes.append(contentsOf: TraceLine.header(options).utf8)
        }
    }

    package mutating func append(_ event: TraceEvent) {
        switch options.format {
        case .csv: CSVRow.append(event, options, to: &bytes)
        case .json, .jsonl: appendObject { event.write(to: &$0) }
        case .text: bytes.append(contentsOf: TraceLine.line(event, options).utf8)
        }
    }

    /// What stands after the rows. Without it a JSON array has no end.
    ///
    /// - Parameter account: where something is missing, JSON and JSONL say so in a last row; CSV and text have no place for
    ///   it. Its rows are those before that one, without others that could not be written.
    package mutating func end(_ account: TraceAccount? = nil) {
        if let account, !account.isWhole, options.format == .json || options.format == .jsonl {
            isFirst = account.rows == 0
            appendObject { account.writeLossRow(to: &$0) }
        }
        if options.format == .json { bytes.append(contentsOf: (isFirst ? "]\n" : "\n]\n").utf8) }
    }

    /// Hands out what was written since the last time.
    package mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    private mutating func appendObject(_ write: (inout JSONWriter) -> Void) {
        if options.format == .json { bytes.append(contentsOf: (isFirst ? "\n" : ",\n").utf8) }
        json.removeAll()
        write(&json)
        bytes.append(contentsOf: json.bytes)
        if options.format == .jsonl { bytes.append(UInt8(ascii: "\n")) }
        isFirst = false
    }
}
