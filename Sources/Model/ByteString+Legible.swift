extension ByteString {
    /// As a person may see it on a terminal: `\xff` for bytes that are not UTF-8, and for what a terminal would obey.
    package var legible: String {
        if let text { return text.legible }
        var shown = ""
        var rest = bytes[...]
        while let first = rest.first {
            let length = (1...4).first { String(validating: rest.prefix($0), as: UTF8.self) != nil }
            if let length {
                shown += String(decoding: rest.prefix(length), as: UTF8.self).legible
            } else {
                shown += "\\x" + String(first, radix: 16)
            }
            rest = rest.dropFirst(length ?? 1)
        }
        return shown
    }
}
