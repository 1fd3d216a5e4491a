package import Model

/// Writes JSON as bytes, in the order in which it is told.
///
/// Documents have a fixed order of members, so that a batch rendered twice is the same bytes; and rendering is on the
/// way of every window, so nothing is built up before it is written.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    /// Whether something stands before the next value that a comma must part it from.
    private var needsComma = false

    package init() {}

    package init(reservingCapacity capacity: Int) { bytes.reserveCapacity(capacity) }

    // MARK: Structure

    package mutating func object(_ members: (inout Self) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        members(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    package mutating func array(_ elements: (inout Self) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        elements(&self)
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Writes the name of a member; its value must follow. The name is ours and needs no escapes.
    package mutating func name(_ name: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    /// Writes the name of a member that is written so often that it is kept rendered.
    package mutating func name(_ name: JSONNames.Place, of names: JSONNames) {
        bytes.append(contentsOf: names.text[(needsComma ? name.start : name.start + 1)..<name.end])
        needsComma = false
    }

    /// Inserts values or members that were written before, one or more, with their own commas between them.
    package mutating func rendered(_ fragment: some Collection<UInt8>) {
        guard !fragment.isEmpty else { return }
        separate()
        bytes.append(contentsOf: fragment)
        needsComma = true
    }

    /// Ends a line of NDJSON; the next value starts afresh.
    package mutating func endLine() {
        bytes.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    /// Ends a fragment that `rendered` will insert elsewhere; the next one starts afresh.
    package mutating func endFragment() { needsComma = false }

    /// Begins anew with the memory that is there.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    // MARK: Values

    package mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
        needsComma = true
    }

    package mutating func boolean(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
        needsComma = true
    }

    package mutating func number(_ value: some FixedWidthInteger) {
        separate()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        digits(UInt64(value.magnitude))
        needsComma = true
    }

    /// The shortest text that reads back as the same number; null for what JSON cannot say.
    package mutating func number(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        bytes.append(contentsOf: value.description.utf8)
        needsComma = true
    }

    package mutating func string(_ text: String) { quoted(text.utf8, isPlain: Bytes(text.utf8Span.span).arePlain) }

    /// Text as it is, or with U+FFFD where the bytes are not UTF-8; answers whether it is as it is.
    @discardableResult
    package mutating func string(_ text: ByteString) -> Bool {
        let bytes = Bytes(text.bytes.span)
        // Most are ASCII, which is quick to see.
        if bytes.areASCII || text.text != nil {
            quoted(text.bytes, isPlain: bytes.arePlain)
            return true
        }
        string(text.lossyText)
        return false
    }

    /// What one look at each byte of a text tells.
    private struct Bytes {
        var areASCII = true
        /// Whether none needs an escape.
        var arePlain = true

        init(_ text: Span<UInt8>) {
            for position in text.indices {
                let byte = text[position]
                if byte >= 0x80 { areASCII = false }
                if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { arePlain = false }
            }
        }
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
    }

    private mutating func digits(_ value: UInt64) {
        // Most counters of most rows are zero.
        guard value >= 10 else { return bytes.append(UInt8(ascii: "0") + UInt8(value)) }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = digits.count
        var rest = value
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        bytes.append(addingCapacity: digits.count - first) { output in
            for position in first..<digits.count { output.append(digits[position]) }
        }
    }

    private mutating func quoted(_ text: some Collection<UInt8>, isPlain: Bool) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        if isPlain {
            bytes.append(contentsOf: text)
        } else {
            for byte in text { escape(byte) }
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x20...: bytes.append(byte)
        case 0x08: bytes.append(contentsOf: "\\b".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0C: bytes.append(contentsOf: "\\f".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        default:
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(Self.hexDigit(byte >> 4))
            bytes.append(Self.hexDigit(byte & 0xF))
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

/// Names of members as they stand in a document, with a comma before, quotes and a colon.
///
/// All in one array: to take each out of an array of them would count references, which takes longer than to write it.
package struct JSONNames: Sendable {
    /// Where a name stands.
    package struct Place: Sendable {
        fileprivate let start, end: Int
    }

    fileprivate var text: [UInt8] = []

    package init() {}

    package mutating func add(_ name: String) -> Place {
        let start = text.count
        text += ",\"\(name)\":".utf8
        return Place(start: start, end: text.count)
    }
}
