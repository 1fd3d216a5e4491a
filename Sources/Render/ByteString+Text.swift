internal import Model

extension ByteString {
    /// Whether these bytes are UTF-8; most are ASCII, which is quick to see.
    var isText: Bool { bytes.allSatisfy { $0 < 0x80 } || text != nil }
}

/// Bytes in base64 (RFC 4648, with padding).
func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        var bits: UInt32 = 0
        for offset in 0..<3 { bits = bits << 8 | (offset < group.count ? UInt32(group[start + offset]) : 0) }
        for position in 0..<4 {
            let value = Int(bits >> UInt32(18 - 6 * position)) & 0x3F
            text.append(position <= group.count ? alphabet[value] : UInt8(ascii: "="))
        }
    }
    return String(decoding: text, as: UTF8.self)
}
