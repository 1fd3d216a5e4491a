package import Model

/// A baseline as it is kept: a line of JSON for each unit, writer and directory, a head before them and a seal behind.
///
/// A writer's line belongs to the unit's line before it, a directory's to the writer's. Names are in ASCII: a byte that is
/// not printable, `%`, and `/` in a part are `%` and two digits.
package enum BaselineFile {
    /// Why bytes are not a baseline, in words that do not name the file.
    package struct Damage: Error, Equatable, Sendable {
        package let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    static var schema: String { "otagent.baseline/1" }
    /// More than a baseline within its limits takes.
    package static var mostBytes: Int { 128 << 20 }

    package static func bytes(of baseline: Baseline, saved: Timestamp) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: baseline.combinations * 128 + 1024)
        var lines = 1
        json.line { json in
            json.member("schema", schema)
            json.member("ran", Self.nanoseconds(baseline.ran))
            json.member("saved", max(saved.nanoseconds, 0))
        }
        for key in baseline.unitNames {
            guard let unit = baseline.units[key] else { continue }
            lines += 1
            json.line { json in
                json.member("unit", key.unit.map(PercentText.text))
                json.member("slice", key.slice.map(PercentText.text))
                json.member("user_unit", key.userUnit.map(PercentText.text))
                json.member("user_slice", key.userSlice.map(PercentText.text))
                json.member("container", key.container.map(PercentText.text))
                json.member("since", Self.nanoseconds(unit.since))
                json.member("first", max(unit.first.nanoseconds, 0))
                json.member("unjudged", unit.unjudged)
            }
            var writer: BaselineWriter?
            for combination in baseline.combinations(of: key) {
                if combination.writer != writer {
                    writer = combination.writer
                    lines += 1
                    json.line { $0.members(of: combination.writer) }
                }
                lines += 1
                json.line { $0.members(of: combination) }
            }
        }
        var hash = FNV1a()
        hash.add(json.bytes)
        json.line { json in
            json.member("lines", lines)
            json.member("seal", hash.digits)
        }
        return json.bytes
    }

    /// When the bytes were made, and what is in them.
    package static func baseline(
        in bytes: [UInt8], learnFor: Duration, limits: Baseline.Limits = Baseline.Limits()
    ) throws(Damage) -> (baseline: Baseline, saved: Timestamp) {
        guard !bytes.isEmpty else { throw Damage("it is empty") }
        guard bytes.last == UInt8(ascii: "\n") else { throw Damage("it is cut off") }
        var lines = bytes.split(separator: UInt8(ascii: "\n"))
        guard let last = lines.popLast(), let seal = FlatObject.members(of: last),
            case .string(let digits)? = seal["seal"],
            case .number(let count)? = seal["lines"]
        else { throw Damage("it is cut off") }
        var hash = FNV1a()
        hash.add(bytes[..<last.startIndex])
        guard hash.digits == digits, count == lines.count else { throw Damage("its checksum is wrong") }
        guard let head = lines.first.flatMap(BaselineLine.init), case .string(let schema)? = head.members["schema"]
        else {
            throw Damage("its first line does not say what it is")
        }
        guard schema == Self.schema else { throw Damage("it is of another version: '\(schema.legible)'") }
        guard let ran = head.number("ran"), let saved = head.number("saved") else {
            throw Damage("its first line does not say how long it has learned")
        }
        var reader = BaselineLines()
        for (index, line) in lines.enumerated().dropFirst() {
            guard reader.take(line) else { throw Damage("line \(index + 1) is not one of a baseline") }
        }
        let baseline = Baseline(ran: .nanoseconds(ran), units: reader.finished, learnFor: learnFor, limits: limits)
        return (baseline, Timestamp(nanoseconds: saved))
    }

    static func nanoseconds(_ duration: Duration) -> Int64 { Int64(duration / .nanoseconds(1)) }
}

extension JSONWriter {
    fileprivate mutating func line(_ members: (inout Self) -> Void) {
        object(members)
        endLine()
    }

    fileprivate mutating func members(of writer: BaselineWriter) {
        member("exe", writer.executable.map(PercentText.text))
        member("comm", writer.comm.map(PercentText.text))
        member("uid", writer.uid)
    }

    fileprivate mutating func members(of combination: Baseline.Combination) {
        member("dir", combination.place.map(PercentText.text).joined(separator: "/"))
        member("state", combination.entry.state.rawValue)
        member("ops", combination.entry.operationNames.joined(separator: " "))
        member("first", max(combination.entry.first.nanoseconds, 0))
    }
}

extension DirectoryTree.Entry {
    /// In the order of `WatchedOperation`.
    var operationNames: [String] { WatchedOperation.allCases.filter(operations.contains).map(\.name) }
}
