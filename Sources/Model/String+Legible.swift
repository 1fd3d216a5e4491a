extension String {
    /// With `\x1b` and its like for the characters that a terminal or a reader of logs would obey.
    package var legible: String {
        unicodeScalars.map { scalar in
            guard Self.isObeyed(scalar) else { return String(scalar) }
            let digits = String(scalar.value, radix: 16)
            if scalar.value > 0xff { return "\\u{\(digits)}" }
            return "\\x" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }

    /// Control characters, those of eight bits included (some terminals take U+009B for an escape sequence's start), and
    /// those that would have the rest of the line written backwards or elsewhere.
    private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f...0x9f, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
