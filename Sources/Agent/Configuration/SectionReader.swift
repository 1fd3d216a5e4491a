internal import Model
internal import TOMLKit

/// Walks the tables of a parsed file, checks every key against the key table, and gathers the values.
struct SectionReader {
    var problems: ProblemCollector
    let environment: EnvironmentText
    private(set) var sections: [SectionValues] = []

    init(problems: ProblemCollector, environment: EnvironmentText) {
        (self.problems, self.environment) = (problems, environment)
    }

    private static let tables = ["agent", "trace", "containers", "outputs", "http", "watch", "baseline", "alerts"]

    mutating func read(_ root: TOMLTable) {
        for name in root.keys {
            guard let value = root[name]?.tomlValue else { continue }
            let key = ConfigurationKey(name)
            switch name {
            case "outputs": readOutputs(value, at: key)
            case "watch": readWatches(value, at: key)
            case "agent", "trace", "containers", "http", "baseline", "alerts":
                guard let kind = SectionKind(rawValue: name), let table = table(value, at: key) else { continue }
                readSection(kind, table, at: key)
            default: problems.key(key, unknownAtTop(name, value))
            }
        }
        if root["outputs"] == nil { problems.file("no [outputs.*]: nothing would be shipped") }
        // The parser hands tables over by name; the file's own order is what people go by.
        sections.sort { problems.positions.key($0.key) < problems.positions.key($1.key) }
    }

    private func unknownAtTop(_ name: String, _ value: TOMLValue) -> String {
        let printable = ConfigurationKey.printable(name)
        guard value.table == nil, value.array == nil else {
            let near = Suggestion.nearest(to: name, among: Self.tables).map { "; did you mean [\($0)]?" }
            return "unknown table [\(printable)]" + (near ?? "")
        }
        let home = KeySpecification.all.first { $0.name == name }.map { "; it belongs to \($0.section.header)" }
        return "unknown key '\(printable)' outside of any table" + (home ?? "")
    }

    /// The table at `key`, or nil and a problem.
    private mutating func table(_ value: TOMLValue, at key: ConfigurationKey) -> TOMLTable? {
        if let table = value.table { return table }
        let isListOfTables = value.array?.first { _ in true }?.table != nil
        let found = isListOfTables ? "[[\(key)]]" : value.type.withArticle
        problems.key(key, "\(key) must be a table, written [\(key)], not \(found)")
        return nil
    }

    private mutating func readOutputs(_ value: TOMLValue, at key: ConfigurationKey) {
        guard let outputs = value.table else {
            return problems.key(key, "outputs are tables with names: write [outputs.NAME]")
        }
        if outputs.isEmpty { problems.key(key, "no [outputs.*]: nothing would be shipped") }
        for name in outputs.keys {
            guard let value = outputs[name]?.tomlValue else { continue }
            let output = key.appending(name)
            if value.table == nil, KeySpecification.keys(of: .output).contains(where: { $0.name == name }) {
                problems.key(output, "'\(name)' belongs to a table with a name: [outputs.NAME]")
                continue
            }
            guard let table = table(value, at: output) else { continue }
            if !Self.isName(name) {
                problems.key(
                    output, "the name of an output has 1 to 64 letters (a-z, A-Z), digits, '_' and '-', nothing else")
            }
            readSection(.output, table, at: output, type: type(of: table))
        }
    }

    private static func isName(_ name: String) -> Bool {
        (1...64).contains(name.unicodeScalars.count)
            && name.unicodeScalars.allSatisfy { scalar in
                scalar == "_" || scalar == "-" || scalar.isASCII && (scalar.properties.isAlphabetic || scalar.isDigit)
            }
    }

    /// The type of an output, if it is one that is known: it decides about the other keys.
    private func type(of output: TOMLTable) -> String? {
        guard let text = output["type"]?.string, let type = try? environment.filled(text) else { return nil }
        return KeySpecification.outputTypes.contains(type) ? type : nil
    }

    private mutating func readWatches(_ value: TOMLValue, at key: ConfigurationKey) {
        guard let array = value.array, array.allSatisfy({ $0.table != nil }) else {
            return problems.key(key, "watch is a list of tables: write [[watch]]")
        }
        for (index, element) in array.enumerated() {
            guard let table = element.table else { continue }
            readSection(.watch, table, at: key.appending(index))
        }
    }

    private mutating func readSection(
        _ kind: SectionKind, _ table: TOMLTable, at key: ConfigurationKey, type: String? = nil
    ) {
        var section = SectionValues(kind: kind, key: key)
        let keys = KeySpecification.keys(of: kind)
        for name in table.keys {
            guard let value = table[name]?.tomlValue else { continue }
            let place = key.appending(name)
            if let specification = keys.first(where: { $0.name == name }) {
                section.present.insert(name)
                guard isAtHome(specification.types, type, "'\(name)'", at: place) else { continue }
                var reader = ValueReader(environment: environment)
                section.values[name] = reader.read(value, as: specification, at: place)
                for problem in reader.problems { problems.value(problem.key, problem.sentence) }
            } else if let subsection = kind.subsections[name] {
                guard isAtHome(["http"], type, "[\(place)]", at: place) else { continue }
                if let inner = self.table(value, at: place) { readSection(subsection, inner, at: place, type: type) }
            } else {
                problems.key(place, unknown(name, in: kind, at: key, type: type))
            }
        }
        for specification in keys where specification.defaultText == nil {
            guard !section.present.contains(specification.name) else { continue }
            guard specification.types.isEmpty || type.map(specification.types.contains) ?? false else { continue }
            problems.key(key, "\(specification.name) is missing in [\(key)]: it must be \(specification.kind.wanted)")
        }
        sections.append(section)
    }

    /// Whether a key belongs to this type of output; a problem if not.
    private mutating func isAtHome(
        _ types: Set<String>, _ type: String?, _ what: String, at key: ConfigurationKey
    ) -> Bool {
        guard let type, !types.isEmpty, !types.contains(type) else { return true }
        let homes = ValueKind.alternatives(KeySpecification.outputTypes.filter(types.contains))
        problems.key(key, "\(what) belongs to outputs of type \(homes); the type of this one is \"\(type)\"")
        return false
    }

    private func unknown(_ name: String, in kind: SectionKind, at key: ConfigurationKey, type: String?) -> String {
        let head = "unknown key '\(ConfigurationKey.printable(name))'"
        // A key after a sub-table belongs to that sub-table: the most usual trap of TOML.
        let isOutput = kind.rawValue.hasPrefix("outputs")
        let family = SectionKind.allCases.filter { $0.rawValue.hasPrefix("outputs") == isOutput }
        if let home = family.first(where: { KeySpecification.keys(of: $0).contains { $0.name == name } }) {
            let output = ConfigurationKey(Array(key.steps.prefix(2))).description
            return "\(head) in \(header(kind, key)); it belongs to "
                + home.header.replacing("outputs.NAME", with: output)
        }
        let known = KeySpecification.keys(of: kind).filter { key in
            key.types.isEmpty || type.map(key.types.contains) ?? true
        }
        let names = known.map(\.name) + kind.subsections.keys.sorted()
        if let near = Suggestion.nearest(to: name, among: names) { return "\(head); did you mean '\(near)'?" }
        return "\(head) in \(header(kind, key))"
    }

    private func header(_ kind: SectionKind, _ key: ConfigurationKey) -> String {
        kind == .watch ? kind.header : "[\(key)]"
    }
}
