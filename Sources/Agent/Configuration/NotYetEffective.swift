/// Keys that are understood and checked but do nothing in this version.
///
/// Removing an entry, one line, is all it takes when the feature arrives.
struct NotYetEffective {
    var section: SectionKind
    /// Empty: the table as a whole.
    var keys: [String]
    /// What happens instead.
    var instead: String

    private init(_ section: SectionKind, _ keys: [String] = [], instead: String) {
        (self.section, self.keys, self.instead) = (section, keys, instead)
    }

    static let all: [NotYetEffective] = [
        .init(.watch, instead: "no alerts are raised"),
        .init(.baseline, ["enabled"], instead: "nothing is learned"),
        .init(.alerts, ["exec"], instead: "no program is started"),
    ]

    /// Values that would need what this version cannot do: refused, not ignored.
    static let values: [(section: SectionKind, key: String, value: String)] = [
        (.trace, "backend", "fentry")
    ]

    static func refuses(_ section: SectionKind, _ key: String, _ value: String) -> Bool {
        values.contains { $0 == (section, key, value) }
    }

    /// Warns once for each entry whose keys are set to something in one of the tables read.
    static func warn(about sections: [SectionValues], into problems: inout ProblemCollector) {
        for section in sections {
            for entry in all where entry.section == section.kind {
                if entry.keys.isEmpty {
                    guard !section.present.isEmpty else { continue }
                    let name = section.kind == .watch ? "[[watch]]" : "[\(section.key)]"
                    let sentence = "\(name) has no effect in this version: \(entry.instead)"
                    problems.key(section.key, sentence, .warning)
                } else if let key = entry.keys.first(where: section.turnsOn) {
                    let sentence = "\(key) in [\(section.key)] has no effect in this version: \(entry.instead)"
                    problems.key(section.key.appending(key), sentence, .warning)
                }
            }
        }
    }
}
