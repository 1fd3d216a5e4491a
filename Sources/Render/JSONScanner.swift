/// Finds the parts of a JSON text where they stand, without reading their values or copying a byte.
///
/// Anything that is not JSON (RFC 8259) is refused, but for strings that are not UTF-8: they are only ever passed on.
package struct JSONScanner {
    package struct Malformed: Error {}

    /// A member of an object: its name without the quotes, and its value, each as a place in the text.
    package struct Member: Sendable {
        package let name: Range<Int>
        package let value: Range<Int>
    }

    /// Objects and arrays in one another beyond this are refused: recursion ends before the stack does.
    private static let deepest = 32

    private let text: [UInt8]
    private let end: Int
    private var position: Int

    private init(_ text: [UInt8], _ range: Range<Int>) {
        (self.text, position, end) = (text, range.lowerBound, range.upperBound)
    }

    /// The members of the object that is all there is in this part of the text.
    package static func members(of text: [UInt8], in range: Range<Int>) throws(Malformed) -> [Member] {
        var scanner = Self(text, range)
        scanner.skipBlanks()
        var members: [Member] = []
        try scanner.object(depth: 0) { members.append(Member(name: $0, value: $1)) }
        try scanner.expectEnd()
        return members
    }

    /// The elements of the array that is all there is in this part of the text.
    package static func elements(of text: [UInt8], in range: Range<Int>) throws(Malformed) -> [Range<Int>] {
        var scanner = Self(text, range)
        scanner.skipBlanks()
        var elements: [Range<Int>] = []
        try scanner.array(depth: 0) { elements.append($0) }
        try scanner.expectEnd()
        return elements
    }

    /// The whole number from 0 to 2^64 - 1 that is all there is in this part of the text.
    package static func count(in text: [UInt8], _ range: Range<Int>) throws(Malformed) -> UInt64 {
        guard !range.isEmpty, range.count == 1 || text[range.lowerBound] != UInt8(ascii: "0") else { throw Malformed() }
        var count: UInt64 = 0
        for byte in text[range] {
            guard isDigit(byte) else { throw Malformed() }
            let (tens, isTooLarge) = count.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !isTooLarge, !overflows else { throw Malformed() }
            count = sum
        }
        return count
    }

    // MARK: - Tokens

    private var next: UInt8? { position < end ? text[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ bytes: some Sequence<UInt8>) throws(Malformed) {
        for byte in bytes { guard take(byte) else { throw Malformed() } }
    }

    private mutating func expectEnd() throws(Malformed) {
        skipBlanks()
        guard position == end else { throw Malformed() }
    }

    private mutating func skipBlanks() {
        while let byte = next, " \t\r\n".utf8.contains(byte) { position += 1 }
    }

    private mutating func object(depth: Int, _ found: (Range<Int>, Range<Int>) -> Void) throws(Malformed) {
        try expect(CollectionOfOne(UInt8(ascii: "{")))
        skipBlanks()
        if take(UInt8(ascii: "}")) { return }
        repeat {
            skipBlanks()
            let name = try string()
            skipBlanks()
            try expect(CollectionOfOne(UInt8(ascii: ":")))
            found(name.lowerBound + 1..<name.upperBound - 1, try value(depth: depth + 1))
        } while take(UInt8(ascii: ","))
        try expect(CollectionOfOne(UInt8(ascii: "}")))
    }

    private mutating func array(depth: Int, _ found: (Range<Int>) -> Void) throws(Malformed) {
        try expect(CollectionOfOne(UInt8(ascii: "[")))
        skipBlanks()
        if take(UInt8(ascii: "]")) { return }
        repeat { found(try value(depth: depth + 1)) } while take(UInt8(ascii: ","))
        try expect(CollectionOfOne(UInt8(ascii: "]")))
    }

    private mutating func value(depth: Int) throws(Malformed) -> Range<Int> {
        guard depth <= Self.deepest else { throw Malformed() }
        skipBlanks()
        let start = position
        defer { skipBlanks() }
        switch next {
        case UInt8(ascii: "{"): try object(depth: depth) { _, _ in }
        case UInt8(ascii: "["): try array(depth: depth) { _ in }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "n"): try expect("null".utf8)
        case UInt8(ascii: "t"): try expect("true".utf8)
        case UInt8(ascii: "f"): try expect("false".utf8)
        default: try number()
        }
        return start..<position
    }

    /// A string with its quotes.
    private mutating func string() throws(Malformed) -> Range<Int> {
        let start = position
        try expect(CollectionOfOne(UInt8(ascii: "\"")))
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw Malformed() }
            position += 1
            if byte == UInt8(ascii: "\\") { try escaped() }
        }
        try expect(CollectionOfOne(UInt8(ascii: "\"")))
        return start..<position
    }

    private mutating func escaped() throws(Malformed) {
        guard let byte = next else { throw Malformed() }
        position += 1
        if byte == UInt8(ascii: "u") {
            for _ in 0..<4 {
                guard let digit = next, Self.isHexDigit(digit) else { throw Malformed() }
                position += 1
            }
        } else if !"\"\\/bfnrt".utf8.contains(byte) {
            throw Malformed()
        }
    }

    private mutating func number() throws(Malformed) {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
    }

    private mutating func digits() throws(Malformed) {
        guard let first = next, Self.isDigit(first) else { throw Malformed() }
        while let byte = next, Self.isDigit(byte) { position += 1 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "F") ~= byte
    }
}
