internal import Model

/// Rows of CSV (RFC 4180) with the columns that `TraceWriter` has, in any order.
struct SavedCSV {
    private typealias Wrong = SavedRow.Wrong

    private static let needed = ["pid", "cgid", "comm", "kind", "flags", "mode", "filename", "return"]
    private static let others = [
        "time", "tid", "ppid", "uid", "unit", "path", "created", "via", "op", "target", "target_path",
    ]

    private let trace: SavedTrace
    private let bytes: [UInt8]

    init(_ trace: SavedTrace) { (self.trace, bytes) = (trace, trace.bytes) }

    /// A field, and whether it stood in quotes: nothing between commas is absent, `""` is an empty name.
    private struct Field {
        var bytes: [UInt8] = []
        var isQuoted = false
        var isAbsent: Bool { bytes.isEmpty && !isQuoted }
    }

    private struct Record {
        var fields: [Field] = []
        /// Of its first byte.
        let line: Int
        /// Whether the text ended before the record did.
        var isTorn = false
    }

    func read(_ take: (TraceEvent) throws -> Void) throws -> String? {
        var (place, line) = (0, 1)
        guard let header = try record(&place, &line) else { return nil }
        let columns = try columns(of: header)
        while let record = try record(&place, &line) {
            if record.fields.count == 1, record.fields[0].isAbsent { continue }
            if record.isTorn || (place >= bytes.count && bytes.last != 0x0A && record.fields.count < columns.count) {
                return trace.tornEnd(record.line)
            }
            guard record.fields.count == columns.count else {
                throw trace.mistake(
                    record.line, "the row has \(record.fields.count) fields and the header \(columns.count)")
            }
            do {
                try take(try event(Dictionary(uniqueKeysWithValues: zip(columns, record.fields))))
            } catch let wrong as Wrong {
                // The last number of a row may have lost digits, and nothing can tell.
                throw trace.mistake(record.line, wrong.reason)
            }
        }
        return nil
    }

    private func columns(of header: Record) throws -> [String] {
        let names = header.fields.map { String(decoding: $0.bytes, as: UTF8.self) }
        let known = Self.needed + Self.others
        for (index, name) in names.enumerated() {
            guard known.contains(name) else {
                let near = Suggestion.nearest(to: name, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
                throw trace.mistake(1, "a trace has no column \"\(String(name.prefix(40)).legible)\"\(near)")
            }
            if names[..<index].contains(name) { throw trace.mistake(1, "there are two columns \"\(name)\"") }
        }
        for name in Self.needed where !names.contains(name) {
            throw trace.mistake(1, "the column \"\(name)\" is missing")
        }
        return names
    }

    // MARK: A row

    private func event(_ fields: [String: Field]) throws(Wrong) -> TraceEvent {
        let pid: UInt32 = try number(fields, "pid")
        let cgroup: UInt64 = try number(fields, "cgid")
        let actor = TraceEvent.Actor(
            pid: pid, tid: try optionalNumber(fields, "tid") ?? pid, parent: try optionalNumber(fields, "ppid"),
            uid: try optionalNumber(fields, "uid"), cgroup: CgroupID(cgroup), unit: name(fields, "unit"),
            comm: name(fields, "comm") ?? "")
        let kind: TraceCall = try savedWord(text(fields, "kind") ?? "", "kind")
        var time: Timestamp?
        if let text = text(fields, "time") {
            guard let moment = Timestamp(text) else { throw Wrong(reason: "\"time\" is no moment in RFC 3339") }
            time = moment
        }
        var created: Bool?
        if let text = text(fields, "created") {
            guard let value = Bool(text) else { throw Wrong(reason: "\"created\" is neither true nor false") }
            created = value
        }
        let passed = name(fields, "filename")
        return TraceEvent(
            time: time, actor: actor,
            operation: try text(fields, "op").map { text throws(Wrong) in try savedWord(text, "op") } ?? .open,
            kind: kind,
            facts: OpenFacts(
                flags: try number(fields, "flags"), created: created, result: try optionalNumber(fields, "return")),
            mode: try number(fields, "mode"),
            // An empty pair of quotes is all that stands where there is no name.
            filename: passed?.isEmpty == true && kind.passesNoName ? nil : passed, target: name(fields, "target"),
            path: name(fields, "path"), targetPath: name(fields, "target_path"),
            via: try text(fields, "via").map { text throws(Wrong) in try savedWord(text, "via") })
    }

    private func name(_ fields: [String: Field], _ column: String) -> ByteString? {
        guard let field = fields[column], !field.isAbsent else { return nil }
        return ByteString(field.bytes)
    }

    private func text(_ fields: [String: Field], _ column: String) -> String? {
        name(fields, column).map(\.lossyText)
    }

    private func optionalNumber<Number: FixedWidthInteger>(
        _ fields: [String: Field], _ column: String
    ) throws(Wrong) -> Number? {
        guard let text = text(fields, column) else { return nil }
        guard let number = Number(text), !text.hasPrefix("+") else {
            throw Wrong(reason: "\"\(column)\" is \"\(String(text.prefix(40)).legible)\", which is no such number")
        }
        return number
    }

    private func number<Number: FixedWidthInteger>(_ fields: [String: Field], _ column: String) throws(Wrong) -> Number
    {
        guard let number: Number = try optionalNumber(fields, column) else {
            throw Wrong(reason: "\"\(column)\" is missing")
        }
        return number
    }

    // MARK: The text

    /// The next record; nil at the end of the text.
    private func record(_ place: inout Int, _ line: inout Int) throws -> Record? {
        guard place < bytes.count else { return nil }
        var record = Record(line: line)
        var field = Field()
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\"") where field.isAbsent:
                field.isQuoted = true
                guard quoted(&field, &place, &line) else {
                    record.isTorn = true
                    return record
                }
            case UInt8(ascii: ","):
                record.fields.append(field)
                field = Field()
            case UInt8(ascii: "\n"):
                line += 1
                record.fields.append(field)
                return record
            case UInt8(ascii: "\r") where place < bytes.count && bytes[place] == UInt8(ascii: "\n"): continue
            case UInt8(ascii: "\""): throw trace.mistake(line, "a quote stands in the middle of a field")
            default:
                guard !field.isQuoted else { throw trace.mistake(line, "a field goes on behind its quotes") }
                field.bytes.append(byte)
            }
        }
        record.fields.append(field)
        return record
    }

    /// - Returns: false when nothing closes the quotes.
    private func quoted(_ field: inout Field, _ place: inout Int, _ line: inout Int) -> Bool {
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\n") { line += 1 }
            guard byte == UInt8(ascii: "\"") else {
                field.bytes.append(byte)
                continue
            }
            guard place < bytes.count, bytes[place] == byte else { return true }
            field.bytes.append(byte)
            place += 1
        }
        return false
    }
}

extension TraceCall {
    /// Whether the call takes a descriptor and no name, or is about no file.
    fileprivate var passesNoName: Bool {
        switch self {
        case .openByHandleAt, .write, .pwrite64, .writev, .pwritev, .pwritev2, .sendfile, .splice, .copyFileRange,
            .ftruncate, .mmap, .clone, .exit:
            true
        default: false
        }
    }
}
