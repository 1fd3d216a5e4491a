internal import Model

/// Writes metrics in one of the formats that are scraped.
struct ExpositionWriter {
    let format: ExpositionFormat
    private(set) var bytes: [UInt8] = []

    init(_ format: ExpositionFormat, reservingCapacity capacity: Int = 0) {
        self.format = format
        bytes.reserveCapacity(capacity)
    }

    /// What stands before the series of a family, which must all follow at once.
    mutating func begin(_ family: MetricFamily) {
        let name = format == .openMetrics ? family.stem : family.name
        let kind = format == .prometheus && family.kind == .info ? MetricFamily.Kind.gauge : family.kind
        text("# HELP \(name) \(family.help)\n# TYPE \(name) \(kind.rawValue)\n")
        if format == .openMetrics, let unit = family.unit { text("# UNIT \(name) \(unit)\n") }
    }

    /// - Parameters:
    ///   - name: with its suffix.
    ///   - labels: as `Labels` has rendered them, or nothing.
    mutating func series(_ name: [UInt8], _ labels: [UInt8], _ value: UInt64) {
        start(name, labels)
        digits(value)
        bytes.append(UInt8(ascii: "\n"))
    }

    mutating func series(_ name: [UInt8], _ labels: [UInt8], _ value: Double) {
        start(name, labels)
        text("\(value)\n")
    }

    mutating func end() { if format == .openMetrics { text("# EOF\n") } }

    private mutating func start(_ name: [UInt8], _ labels: [UInt8]) {
        bytes.append(contentsOf: name)
        if !labels.isEmpty {
            bytes.append(UInt8(ascii: "{"))
            bytes.append(contentsOf: labels)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: " "))
    }

    private mutating func text(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func digits(_ value: UInt64) {
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
}

/// The labels of a series, without the braces.
struct Labels {
    private(set) var bytes: [UInt8] = []

    init() {}

    init(_ name: String, _ value: String) { add(name, ByteString(value)) }

    /// Nothing for a value that is absent or empty: to Prometheus both are no label.
    mutating func add(_ name: String, _ value: ByteString?) {
        guard let value, !value.isEmpty else { return }
        if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: "=\"".utf8)
        // Text alone may stand there.
        for byte in value.isText ? value.bytes : Array(value.lossyText.utf8) {
            switch byte {
            case UInt8(ascii: "\\"): bytes.append(contentsOf: #"\\"#.utf8)
            case UInt8(ascii: "\""): bytes.append(contentsOf: #"\""#.utf8)
            case UInt8(ascii: "\n"): bytes.append(contentsOf: #"\n"#.utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension CumulativeKey {
    /// The labels of the series of a unit; none of them is another's.
    var labels: Labels {
        var labels = Labels()
        switch remainder {
        case .overflow: labels.add("unit", "*")
        // No path of a cgroup: those begin with a slash.
        case .unresolved: labels.add("cgroup", "unresolved")
        case nil: break
        }
        labels.add("unit", unit)
        labels.add("user_unit", userUnit)
        labels.add("slice", slice)
        labels.add("container", container?.id)
        labels.add("cgroup", cgroup)
        return labels
    }
}
