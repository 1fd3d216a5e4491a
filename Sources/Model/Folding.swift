extension ByteString {
    /// The name with what is different at each start of a transient unit replaced by `*`.
    ///
    /// `run-r<hex>.scope` is a new name for every run: series named after it would never end. Batches carry the name as
    /// it is, so nothing is lost by folding. Names of other shapes come back unchanged.
    package var folded: ByteString {
        guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")) else { return self }
        let (stem, suffix) = (bytes[..<dot], bytes[dot...])
        for (prefix, isTransient) in Self.transientNames where stem.starts(with: prefix) {
            guard isTransient(stem.dropFirst(prefix.count)) else { continue }
            return ByteString(prefix + [UInt8(ascii: "*")] + suffix)
        }
        return self
    }

    /// The beginnings of names that systemd makes up, and what then follows up to the type of the unit.
    private static let transientNames: [(prefix: [UInt8], isTransient: @Sendable (ArraySlice<UInt8>) -> Bool)] = [
        // systemd-run: a random number, that of its bus connection, or from systemd 257 on its pidfd's inode.
        (Array("run-r".utf8), { $0.count == 32 && $0.allSatisfy(isHexDigit) }),
        (Array("run-u".utf8), isNumber),
        (Array("run-p".utf8), isPairOfNumbers),
        (Array("run-".utf8), isNumber),
        // logind.
        (Array("session-c".utf8), isNumber),
        (Array("session-".utf8), isNumber),
    ]

    private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool { !text.isEmpty && text.allSatisfy(isDigit) }

    /// Such as `77-i54955`.
    private static func isPairOfNumbers(_ text: ArraySlice<UInt8>) -> Bool {
        let second = text.drop(while: isDigit)
        let first = text.prefix(text.count - second.count)
        return isNumber(first) && second.starts(with: Array("-i".utf8)) && isNumber(second.dropFirst(2))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
    }
}
