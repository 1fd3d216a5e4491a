/// Reads one JSON object whose members are strings, whole numbers and nulls, as the headers of spooled files are.
package struct FlatObject {
    package enum Value: Sendable, Equatable {
        case string(String)
        case number(UInt64)
        case null
    }

    private var bytes: ArraySlice<UInt8>

    /// The members, or nil for everything that is not such an object.
    package static func members(of bytes: ArraySlice<UInt8>) -> [String: Value]? {
        var reader = Self(bytes: bytes)
        var members: [String: Value] = [:]
        guard reader.take("{") else { return nil }
        repeat {
            guard let name = reader.string(), reader.take(":"), let value = reader.value() else { return nil }
            guard members.updateValue(value, forKey: name) == nil else { return nil }
        } while reader.take(",")
        return reader.take("}") && reader.bytes.isEmpty ? members : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard bytes.first == UInt8(ascii: character) else { return false }
        bytes.removeFirst()
        return true
    }

    private mutating func value() -> Value? {
        if bytes.first == UInt8(ascii: "\"") { return string().map { .string($0) } }
        if bytes.starts(with: "null".utf8) {
            bytes.removeFirst(4)
            return .null
        }
        let digits = bytes.prefix { (0x30...0x39).contains($0) }
        bytes = bytes.dropFirst(digits.count)
        return UInt64(String(decoding: digits, as: UTF8.self)).map { .number($0) }
    }

    private mutating func string() -> String? {
        guard take("\"") else { return nil }
        var text: [UInt8] = []
        while let byte = bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escaped() else { return nil }
                text.append(contentsOf: String(scalar).utf8)
            case 0x20...: text.append(byte)
            default: return nil
            }
        }
        return nil
    }

    private mutating func escaped() -> Unicode.Scalar? {
        switch bytes.popFirst() {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let digits = bytes.prefix(4)
            bytes = bytes.dropFirst(4)
            guard digits.count == 4 else { return nil }
            return UInt32(String(decoding: digits, as: UTF8.self), radix: 16).flatMap { Unicode.Scalar($0) }
        default: return nil
        }
    }
}
