/// What a run read, missed and left, by name: what two runs are compared by.
package struct RunListing: Sendable, Equatable {
    package enum Part: String, CaseIterable, Sendable {
        case input, output, deleted, missing
    }

    package struct Facts: Sendable, Equatable {
        package var parts: Set<Part>
        /// SHA-256 in hexadecimal digits, of what was read and of what was there at the end, where it is known.
        package var hashes: [Part: String]

        package init(parts: Set<Part>, hashes: [Part: String] = [:]) { (self.parts, self.hashes) = (parts, hashes) }
    }

    package var files: [FileName: Facts]

    package init(files: [FileName: Facts]) { self.files = files }

    package init(_ summary: RunSummary) {
        files = [:]
        for entry in summary.entries {
            guard let name = entry.name else { continue }
            var parts: Set<Part> = []
            if entry.isInput { parts.insert(.input) }
            if entry.isOutput { parts.insert(.output) }
            if entry.fileClass == .deleted { parts.insert(.deleted) }
            if entry.fileClass == .missing { parts.insert(.missing) }
            if !parts.isEmpty { files[name, default: Facts(parts: [])].parts.formUnion(parts) }
        }
    }
}

/// In what two runs differ.
package struct RunDifference: Sendable {
    package enum Change: String, CaseIterable, Sendable {
        /// The second run has it, the first has not.
        case appeared
        case vanished
        /// Both have it, with different contents.
        case changed
    }

    package struct Line: Sendable, Equatable {
        package let part: RunListing.Part
        package let change: Change
        package let name: FileName
    }

    /// By part, then by name.
    package let lines: [Line]

    package init(from first: RunListing, to second: RunListing) {
        var lines: [Line] = []
        let names = Set(first.files.keys).union(second.files.keys).sorted()
        for part in RunListing.Part.allCases {
            for name in names {
                let (old, new) = (first.files[name], second.files[name])
                switch (old?.parts.contains(part) ?? false, new?.parts.contains(part) ?? false) {
                case (false, true): lines.append(Line(part: part, change: .appeared, name: name))
                case (true, false): lines.append(Line(part: part, change: .vanished, name: name))
                case (true, true):
                    guard let hash = old?.hashes[part], let other = new?.hashes[part], hash != other else { continue }
                    lines.append(Line(part: part, change: .changed, name: name))
                case (false, false): continue
                }
            }
        }
        self.lines = lines
    }
}
