/// The members of a rendered document or line, each where it stands, and how a half of the batch differs in them.
struct BatchFrame {
    /// Where the object stands.
    let place: Range<Int>
    private let members: [JSONScanner.Member]
    private let text: [UInt8]
    private let id: String

    /// Refuses an object that is not of the batch with this id.
    init(of text: [UInt8], in place: Range<Int>, id: String) throws(JSONScanner.Malformed) {
        (self.text, self.place, self.id) = (text, place, id)
        members = try JSONScanner.members(of: text, in: place)
        guard text[try value(of: "batch_id")].elementsEqual(Self.quoted(id)) else { throw JSONScanner.Malformed() }
    }

    func value(of name: String) throws(JSONScanner.Malformed) -> Range<Int> {
        guard let value = members.value(of: name, in: text) else { throw JSONScanner.Malformed() }
        return value
    }

    /// The value of the member `type`.
    func type() throws(JSONScanner.Malformed) -> String {
        String(decoding: text[try value(of: "type")].dropFirst().dropLast(), as: UTF8.self)
    }

    /// What is different in a half that has these rows.
    func edits(
        forHalf number: Int, rows: some Sequence<Range<Int>>
    ) throws(JSONScanner.Malformed) -> [Edit] {
        guard text[try value(of: "schema")].elementsEqual("\"otagent.batch/1\"".utf8) else {
            throw JSONScanner.Malformed()
        }
        let totals = try value(of: "totals")
        var sums = try RowSums(like: totals, in: text)
        let overlap = try rowsOverlap
        for row in rows {
            let members = try JSONScanner.members(of: text, in: row)
            if overlap, isNested(members) { continue }
            try sums.add(members, in: text)
        }
        var json = JSONWriter()
        sums.write(to: &json)
        return [try newID(forHalf: number), try newPart(forHalf: number), Edit(totals, json.bytes)]
    }

    func newID(forHalf number: Int) throws(JSONScanner.Malformed) -> Edit {
        Edit(try value(of: "batch_id"), Self.quoted("\(id)/\(number)"))
    }

    /// Part k of n becomes parts 2k-1 and 2k of 2n: whatever is cut how often, the parts cover the window once.
    private func newPart(forHalf number: Int) throws(JSONScanner.Malformed) -> Edit {
        let part = try value(of: "part")
        let numbers = try JSONScanner.elements(of: text, in: part)
        guard numbers.count == 2 else { throw JSONScanner.Malformed() }
        let (k, n) = (try JSONScanner.count(in: text, numbers[0]), try JSONScanner.count(in: text, numbers[1]))
        guard 1...max(n, 1) ~= k, n <= UInt64.max / 2 else { throw JSONScanner.Malformed() }
        var json = JSONWriter()
        json.array { json in
            json.number(2 * k - (number == 1 ? 1 : 0))
            json.number(2 * n)
        }
        return Edit(part, json.bytes)
    }

    private static func quoted(_ id: String) -> [UInt8] {
        var json = JSONWriter()
        json.string(id)
        return json.bytes
    }

    // MARK: - Rows within rows

    /// Whether rows are in one another: those of slices have what is below them.
    private var rowsOverlap: Bool {
        get throws(JSONScanner.Malformed) {
            let keys = try JSONScanner.elements(of: text, in: try value(of: "group_by"))
            return keys.contains { text[$0].elementsEqual("\"slice\"".utf8) }
        }
    }

    /// Whether another row has all that is in this one; `docs/schema` says how a receiver knows.
    private func isNested(_ row: [JSONScanner.Member]) -> Bool {
        func has(_ name: String, _ values: [String]) -> Bool {
            guard let value = row.value(of: name, in: text) else { return false }
            return values.contains { text[value].elementsEqual($0.utf8) }
        }
        return !has("slice", ["null", "\"-.slice\""]) && !has("kind", ["\"unresolved\"", "\"overflow\""])
    }
}

/// Bytes to put in the place of others.
struct Edit {
    let place: Range<Int>
    let bytes: [UInt8]

    init(_ place: Range<Int>, _ bytes: some Sequence<UInt8>) { (self.place, self.bytes) = (place, Array(bytes)) }
}

extension [UInt8] {
    /// The bytes in a place, with edits within it made.
    func edited(in place: Range<Int>, _ edits: [Edit]) -> [UInt8] {
        var edited: [UInt8] = []
        var position = place.lowerBound
        for edit in edits.sorted(by: { $0.place.lowerBound < $1.place.lowerBound }) {
            edited += self[position..<edit.place.lowerBound]
            edited += edit.bytes
            position = edit.place.upperBound
        }
        return edited + self[position..<place.upperBound]
    }
}

extension [JSONScanner.Member] {
    fileprivate func value(of name: String, in text: [UInt8]) -> Range<Int>? {
        first { text[$0.name].elementsEqual(name.utf8) }?.value
    }
}
