/// A number of bytes as the configuration writes it.
package enum ByteSize {
    private static let units: [(name: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("KB", 1_000),
        ("B", 1), ("", 1),
    ]

    /// Reads `"64MiB"`, `"10MB"`, `"512KiB"` or plain bytes, `"123"`; nil for anything else.
    package static func bytes(configured text: String) -> Int? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        let name = text.dropFirst(digits.count)
        guard let number = Int(digits), let unit = units.first(where: { $0.name == name }) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : bytes
    }

    /// The shortest exact way to write `bytes` in the configuration, in powers of two.
    package static func configured(_ bytes: Int) -> String {
        for unit in units.prefix(4) where bytes >= unit.bytes && bytes % unit.bytes == 0 {
            return "\(bytes / unit.bytes)\(unit.name)"
        }
        return "\(bytes)"
    }
}
