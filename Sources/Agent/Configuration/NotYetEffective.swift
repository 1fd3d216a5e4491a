/// Values that are understood but would need what this version cannot do: refused, not ignored.
enum NotYetEffective {
    static let values: [(section: SectionKind, key: String, value: String)] = [
        (.trace, "backend", "fentry")
    ]

    static func refuses(_ section: SectionKind, _ key: String, _ value: String) -> Bool {
        values.contains { $0 == (section, key, value) }
    }
}
