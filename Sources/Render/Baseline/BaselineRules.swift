package import Model

/// A baseline as `[[watch]]` rules in TOML: who may write where it did.
///
/// Each rule has the directories of a unit that the same writers have; anybody else there raises an alert. What no rule can
/// say is a comment. What was found new and is not accepted is left out, and so is not allowed.
package struct BaselineRules: Sendable {
    private let baseline: Baseline
    /// Nil for all units.
    private let glob: PathGlob?

    package init(_ baseline: Baseline, units glob: PathGlob? = nil) { (self.baseline, self.glob) = (baseline, glob) }

    package var toml: String {
        let units = baseline.unitNames.filter { glob?.matches($0.name) ?? true }
        let rules = units.map(rules).joined()
        return rules.isEmpty ? "# nothing was learned that a rule could say\n" : rules
    }

    private func rules(_ key: BaselineUnit) -> String {
        let known = baseline.combinations(of: key).filter { $0.entry.state != .found }
        guard !known.isEmpty else { return "" }
        var notes: [String] = []
        if key.unit == nil, key.userUnit == nil, key.container == nil {
            return "# \(key.title): a rule for a slice would be one for all that is below it, too\n\n"
        }
        guard let selector = Self.selector(key) else {
            return "# \(key.title): it has no name that a rule could have\n\n"
        }
        var writers: [String: Set<String>] = [:]
        for combination in known {
            guard let path = Self.glob(combination) else {
                notes.append("no rule for \(combination.writer.shown) in \(combination.directory.legible)")
                continue
            }
            guard let allow = Self.allow(combination.writer) else {
                notes.append("\(combination.writer.shown) has no name that stays: allow it by hand in \(path.legible)")
                continue
            }
            writers[path, default: []].insert(allow)
        }
        // Each rule is judged by itself: who may write in some of the directories of a pattern is to be in its rule.
        var allowed = writers
        let names = writers.keys.map { ($0, $0.split(separator: "/", omittingEmptySubsequences: false)) }
        for (wild, pattern) in names where pattern.dropLast().contains(where: Self.isWild) {
            for (other, path) in names where other != wild && Self.mayMeet(pattern, path) {
                allowed[wild, default: []].formUnion(writers[other] ?? [])
                allowed[other, default: []].formUnion(writers[wild] ?? [])
            }
        }
        let groups = Dictionary(grouping: allowed.keys) { (allowed[$0] ?? []).sorted() }
        var text = "# \(key.title)\n" + Set(notes).sorted().map { "# \($0)\n" }.joined()
        for (allow, paths) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            text += "[[watch]]\n\(selector)"
            text += "paths = \(Self.array(paths.sorted()))\n"
            text += "allow = \(Self.array(allow))\n\n"
        }
        return groups.isEmpty ? text + "\n" : text
    }

    /// The lines that say whose rule it is; nil for names that a configuration cannot have.
    private static func selector(_ key: BaselineUnit) -> String? {
        var lines: [(String, ByteString)] = []
        if let container = key.container {
            // Known by its runtime alone: it may be any.
            if container.bytes.suffix(2) == Array(":*".utf8)[...] { return nil }
            // What follows the image's name is its version.
            lines = [("container", ByteString(container.bytes + [UInt8(ascii: "*")]))]
        } else if let unit = key.userUnit ?? key.unit {
            lines = [("unit", unit)]
            if let slice = key.slice, slice != "system.slice" { lines.append(("slice", slice)) }
        }
        var text = ""
        for (name, value) in lines {
            guard let glob = escaped(value, keeping: "*") else { return nil }
            text += "\(name) = \(quoted(glob))\n"
        }
        return text
    }

    /// Whether some path may match both patterns, which have no `**`.
    private static func mayMeet(_ left: [Substring], _ right: [Substring]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy(mayMeet)
    }

    private static func mayMeet(_ left: Substring, _ right: Substring) -> Bool {
        let areWild = (isWild(left), isWild(right))
        guard left != right, areWild.0 || areWild.1 else { return left == right }
        // Two patterns may; a name and a pattern do if it matches, of which its `\` are no part.
        if areWild == (true, true) { return true }
        let (pattern, name) = areWild.0 ? (left, right) : (right, left)
        guard let glob = try? PathGlob(String(pattern)) else { return true }
        return glob.matches(ByteString(String(name.filter { $0 != "\\" })))
    }

    private static func isWild(_ name: Substring) -> Bool { name.contains(where: "*?".contains) }

    /// The files in a directory; nil for what is not on the host.
    private static func glob(_ combination: Baseline.Combination) -> String? {
        guard !combination.isUnknownPlace, combination.place.first != FoldedPath.inContainer,
            let directory = escaped(combination.directory, keeping: "*?")
        else { return nil }
        return directory == "/" ? "/*" : directory + "/*"
    }

    /// A writer as `allow` has it; nil when it has no name that stays the same.
    private static func allow(_ writer: BaselineWriter) -> String? {
        if let executable = writer.executable {
            guard let path = sayable(executable), path.hasPrefix("/"), !path.contains(where: "*?[".contains) else {
                return nil
            }
            return path
        }
        guard let comm = writer.comm.flatMap({ escaped($0, keeping: "*") }), !comm.isEmpty else { return nil }
        return "comm:" + comm
    }

    /// Nil for what a configuration refuses: bytes that are not UTF-8, and control characters.
    private static func sayable(_ bytes: ByteString) -> String? {
        bytes.text.flatMap { text in
            text.unicodeScalars.contains { $0.properties.generalCategory == .control } ? nil : text
        }
    }

    /// With `\` before what globs mean something by.
    private static func escaped(_ bytes: ByteString, keeping kept: String) -> String? {
        sayable(bytes).map { text in
            text.reduce(into: "") { result, character in
                if "*?[\\".contains(character), !kept.contains(character) { result += "\\" }
                result.append(character)
            }
        }
    }

    private static func array(_ texts: [String]) -> String {
        let one = "[" + texts.map(quoted).joined(separator: ", ") + "]"
        return one.utf8.count <= 100 ? one : "[\n" + texts.map { "    \(quoted($0)),\n" }.joined() + "]"
    }

    /// A basic string of TOML, in which the configuration has `$$` for a dollar sign.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "$": result += "$$"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
