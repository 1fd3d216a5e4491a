internal import Model

extension UnitListing {
    /// The cgroups as they stand in one another, each unit with what it says of itself.
    package var tree: String {
        var top = Branch()
        for entry in entries {
            top.insert(entry, at: entry.name.path.bytes.split(separator: UInt8(ascii: "/")).map { ByteString($0) }[...])
        }
        var rows = [["CGROUP", "UNIT", "DESCRIPTION"], top.row(named: "/", lead: "", above: nil)]
        top.addRows(below: "", to: &rows)
        return Self.aligned(rows, atMost: Self.widest)
    }

    /// Names may have 255 characters; one of those should not push every description off the screen.
    private static var widest: Int { 72 }

    /// A cgroup and those in it. It has no entry when it was made or removed while the tree was walked.
    private struct Branch {
        var entry: Entry?
        /// The unit that has this very cgroup: without the `_` of an escape, which its directory may have.
        private var unit: ByteString?
        var branches: [ByteString: Branch] = [:]

        mutating func insert(_ entry: Entry, at path: ArraySlice<ByteString>) {
            guard let name = path.first else {
                self.entry = entry
                let identity = entry.name.identity
                unit = identity.subgroup == nil ? identity.owner?.unit.name : nil
                return
            }
            branches[name, default: Branch()].insert(entry, at: path.dropFirst())
        }

        func addRows(below lead: String, to rows: inout [[String]]) {
            let sorted = branches.sorted { ($0.value.unit ?? $0.key, $0.key) < ($1.value.unit ?? $1.key, $1.key) }
            for (index, (name, branch)) in sorted.enumerated() {
                let isLast = index == sorted.count - 1
                rows.append(branch.row(named: name, lead: lead + (isLast ? "└─ " : "├─ "), above: entry))
                branch.addRows(below: lead + (isLast ? "   " : "│  "), to: &rows)
            }
        }

        func row(named directory: ByteString, lead: String, above: Entry?) -> [String] {
            [
                entry.map { String($0.id.rawValue) } ?? "-", lead + shortened(UnitListing.shown(unit ?? directory)),
                description(above),
            ]
        }

        private func description(_ above: Entry?) -> String {
            if unit != nil, let description = entry?.description { return UnitListing.shown(description) }
            guard let container = entry?.name.identity.container, container.id != above?.name.identity.container?.id
            else { return "" }
            let runtime = UnitListing.shown(container.runtime.map { ByteString($0) } ?? "a")
            return
                "\(runtime) container \(shortened(UnitListing.shown(container.name ?? container.id)))"
        }

        /// Nobody reads the 64 digits of a container's ID, and they would push all else off the screen.
        private func shortened(_ text: String) -> String {
            text.replacing(/[0-9a-f]{64}/) { "\($0.output.prefix(12))…" }
        }
    }
}
