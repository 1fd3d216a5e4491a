extension Duration {
    /// The units of a configured duration, biggest first, in milliseconds.
    private static let configuredUnits: [(name: String, milliseconds: Int)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// Reads a duration as the configuration writes it: `"10s"`, `"1m30s"`, `"500ms"`.
    ///
    /// Whole numbers only, each with its unit, bigger units first and each at most once. Nothing else is
    /// understood, a bare number included: which unit was meant is not ours to guess.
    package init?(configured text: String) {
        var rest = Substring(text)
        var units = Self.configuredUnits[...]
        var total = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { !("0"..."9").contains($0) }
            rest = rest.dropFirst(name.count)
            guard let number = Int(digits), let index = units.firstIndex(where: { $0.name == name }) else { return nil }
            let (product, tooBig) = number.multipliedReportingOverflow(by: units[index].milliseconds)
            let (sum, overflow) = total.addingReportingOverflow(product)
            guard !tooBig, !overflow else { return nil }
            total = sum
            units = units[(index + 1)...]
        }
        self = .milliseconds(total)
    }

    /// The shortest way to write this duration in the configuration; fractions of a millisecond are cut off.
    package var configured: String {
        var rest = Int(components.seconds) * 1_000 + Int(components.attoseconds / 1_000_000_000_000_000)
        guard rest > 0 else { return "0s" }
        // One unit is how people write it ("24h", not "1d"; "90s" stays "1m30s").
        var text = ""
        for unit in Self.configuredUnits.dropFirst() where rest >= unit.milliseconds {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text
    }
}
