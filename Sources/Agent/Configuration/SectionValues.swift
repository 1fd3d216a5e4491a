/// The checked values of one table of the file.
struct SectionValues {
    var kind: SectionKind
    var key: ConfigurationKey
    var values: [String: ParsedValue] = [:]
    /// Keys that are in the file, even if their values are wrong.
    var present: Set<String> = []

    init(kind: SectionKind, key: ConfigurationKey) { (self.kind, self.key) = (kind, key) }

    func string(_ name: String) -> String? {
        guard case .string(let text)? = values[name], !text.isEmpty else { return nil }
        return text
    }

    func duration(_ name: String) -> Duration? {
        guard case .duration(let duration)? = values[name] else { return nil }
        return duration
    }

    /// Whether a key is set to something that asks for a feature: not to "", "none", false or [].
    func turnsOn(_ name: String) -> Bool {
        switch values[name] {
        case nil, .string("")?, .string("none")?, .boolean(false)?, .strings([])?: false
        default: true
        }
    }

    func read(_ name: String, into target: inout String) {
        if case .string(let text)? = values[name] { target = text }
    }

    /// An empty string is how a file says that there is none.
    func read(_ name: String, into target: inout String?) {
        if case .string(let text)? = values[name] { target = text.isEmpty ? nil : text }
    }

    func read<Choice: RawRepresentable<String>>(_ name: String, into target: inout Choice) {
        if case .string(let text)? = values[name], let choice = Choice(rawValue: text) {
            target = choice
        }
    }

    func read(_ name: String, into target: inout Bool) {
        if case .boolean(let value)? = values[name] { target = value }
    }

    func read(_ name: String, into target: inout Int) {
        if case .integer(let value)? = values[name] { target = value }
    }

    func read(_ name: String, into target: inout Duration) {
        if case .duration(let value)? = values[name] { target = value }
    }

    func read(_ name: String, into target: inout [String]) {
        if case .strings(let value)? = values[name] { target = value }
    }

    func read(_ name: String, into target: inout [String: String]) {
        if case .table(let value)? = values[name] { target = value }
    }
}
