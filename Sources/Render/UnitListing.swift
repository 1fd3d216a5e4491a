package import Model

/// The cgroups of a host, for a person or a program.
package struct UnitListing: Sendable {
    package struct Entry: Sendable {
        package var id: CgroupID
        package var name: CgroupName
        /// What the innermost unit says of itself.
        package var description: ByteString?

        package init(id: CgroupID, name: CgroupName, description: ByteString? = nil) {
            (self.id, self.name, self.description) = (id, name, description)
        }
    }

    let entries: [Entry]

    package init(_ entries: [Entry]) { self.entries = entries }

    /// A JSON array with one object a cgroup; its members are those of a row of the batch document, and `description`.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.array { json in
            for entry in entries {
                json.object { json in
                    entry.name.write(id: entry.id, to: &json)
                    json.member("description", bytes: entry.description)
                }
            }
        }
        json.endLine()
        return json.bytes
    }

    /// A table with aligned columns; bytes that a terminal would obey are shown as `\x..`.
    package var table: String {
        Self.aligned([["CGROUP", "KIND", "SLICE", "UNIT", "CONTAINER", "PATH"]] + entries.map(Self.columns))
    }

    /// - Parameter most: the width of a column; a longer cell moves the rest of its own line only.
    static func aligned(_ rows: [[String]], atMost most: Int = .max) -> String {
        let widths = rows[0].indices.map { column in min(rows.map { $0[column].count }.max() ?? 0, most) }
        return rows.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: max(width - cell.count, 0))
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    private static func columns(_ entry: Entry) -> [String] {
        let identity = entry.name.identity
        let unit = identity.userUnit.map { "\(shown(identity.unit)) > \(shown($0))" } ?? shown(identity.unit)
        let container =
            identity.container.map { "\(shown($0.runtime.map { ByteString($0) } ?? "?")):\(shown($0.id).prefix(12))" }
            ?? "-"
        return [
            String(entry.id.rawValue), identity.kind.rawValue, shown(identity.slice), unit, container,
            shown(entry.name.path),
        ]
    }

    /// As a person may see it on a terminal.
    static func shown(_ bytes: ByteString?) -> String { bytes?.lossyText.legible ?? "-" }
}
