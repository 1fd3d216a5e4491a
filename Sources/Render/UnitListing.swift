package import Model

/// The cgroups of a host, for a person or a program.
package struct UnitListing: Sendable {
    private let cgroups: [(id: CgroupID, name: CgroupName)]

    package init(_ cgroups: [(id: CgroupID, name: CgroupName)]) { self.cgroups = cgroups }

    /// A JSON array with one object a cgroup; its members are those of a row of the batch document.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.array { json in
            for (id, name) in cgroups {
                json.object { name.write(id: id, to: &$0) }
            }
        }
        json.endLine()
        return json.bytes
    }

    /// A table with aligned columns; bytes that a terminal would obey are shown as `\x..`.
    package var table: String {
        let rows = [["CGROUP", "KIND", "SLICE", "UNIT", "CONTAINER", "PATH"]] + cgroups.map(Self.columns)
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    private static func columns(_ id: CgroupID, _ name: CgroupName) -> [String] {
        let identity = name.identity
        let unit = identity.userUnit.map { "\(shown(identity.unit)) > \(shown($0))" } ?? shown(identity.unit)
        let container = identity.container.map { "\($0.runtime ?? "?"):\(shown($0.id).prefix(12))" } ?? "-"
        return [
            String(id.rawValue), identity.kind.rawValue, shown(identity.slice), unit, container, shown(name.path),
        ]
    }

    /// Control characters, those of eight bits included: some terminals take U+009B for an escape sequence's start.
    private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
    }

    private static func shown(_ bytes: ByteString?) -> String {
        guard let bytes else { return "-" }
        return bytes.lossyText.unicodeScalars.map { scalar in
            isObeyed(scalar)
                ? "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16) : String(scalar)
        }.joined()
    }
}
