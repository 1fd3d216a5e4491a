internal import Model
internal import TOMLKit

/// Checks one value of the file against what its key can be set to.
///
/// Its sentences name the key and what is wanted, never the value: that may come from the environment, or be a secret.
struct ValueReader {
    let environment: EnvironmentText
    private(set) var problems: [(key: ConfigurationKey, sentence: String)] = []

    init(environment: EnvironmentText) { self.environment = environment }

    mutating func read(_ value: TOMLValue, as specification: KeySpecification, at key: ConfigurationKey) -> ParsedValue?
    {
        switch specification.kind {
        case .boolean: boolean(value, specification, key)
        case .integer(let range): integer(value, specification, range, key)
        case .strings, .choices: strings(value, specification, key)
        case .stringTable: stringTable(value, specification, key)
        case .string, .duration, .size, .choice, .url, .path: text(value, specification, key)
        }
    }

    private mutating func refuse(_ key: ConfigurationKey, _ sentence: String) -> ParsedValue? {
        problems.append((key, sentence))
        return nil
    }

    private mutating func refuse(_ value: TOMLValue, _ kind: ValueKind, _ key: ConfigurationKey) -> ParsedValue? {
        refuse(key, "\(key.name) must be \(kind.wanted), not \(value.type.withArticle)")
    }

    private mutating func boolean(
        _ value: TOMLValue, _ specification: KeySpecification, _ key: ConfigurationKey
    ) -> ParsedValue? {
        if let boolean = value.bool { return .boolean(boolean) }
        guard let text = value.string, text.contains("${") else { return refuse(value, specification.kind, key) }
        guard let filled = string(value, key) else { return nil }
        return Bool(filled).map(ParsedValue.boolean) ?? refuse(key, "\(key.name) must be \(specification.kind.wanted)")
    }

    private mutating func integer(
        _ value: TOMLValue, _ specification: KeySpecification, _ range: ClosedRange<Int>, _ key: ConfigurationKey
    ) -> ParsedValue? {
        var number = value.int
        if number == nil {
            // Variables are text: a string of nothing else may stand where a number is wanted.
            guard let text = value.string, text.contains("${") else { return refuse(value, specification.kind, key) }
            guard let filled = string(value, key) else { return nil }
            number = Int(filled)
        }
        guard let number else { return refuse(key, "\(key.name) must be \(specification.kind.wanted)") }
        guard range.contains(number) else {
            return refuse(key, "\(key.name) must be between \(range.lowerBound) and \(range.upperBound)")
        }
        return .integer(number)
    }

    /// A string with its variables filled in, or nil and a problem.
    private mutating func string(_ value: TOMLValue, _ key: ConfigurationKey) -> String? {
        guard let text = value.string else {
            _ = refuse(value, .string, key)
            return nil
        }
        do {
            let filled = try environment.filled(text)
            guard !filled.unicodeScalars.contains(where: ConfigurationKey.isControl) else {
                _ = refuse(key, "\(key.name) must not contain line ends or other control characters")
                return nil
            }
            return filled
        } catch {
            _ = refuse(key, error.sentence)
            return nil
        }
    }

    private mutating func text(
        _ value: TOMLValue, _ specification: KeySpecification, _ key: ConfigurationKey
    ) -> ParsedValue? {
        guard value.string != nil else { return refuse(value, specification.kind, key) }
        guard let text = string(value, key) else { return nil }
        let never = specification.zeroIsNever ? ", or 0 for never" : ""
        switch specification.kind {
        case .duration(let range):
            guard let duration = Duration(configured: text) else {
                let hint = Int(text) == nil ? "" : "; a number needs its unit: ms, s, m, h or d"
                return refuse(key, "\(key.name) must be \(specification.kind.wanted)\(hint)")
            }
            guard range.contains(duration) || specification.zeroIsNever && duration == .zero else {
                let (least, most) = (range.lowerBound.configured, range.upperBound.configured)
                return refuse(key, "\(key.name) must be between \(least) and \(most)\(never)")
            }
            return .duration(duration)
        case .size(let range):
            guard let bytes = ByteSize.bytes(configured: text) else {
                return refuse(key, "\(key.name) must be \(specification.kind.wanted)")
            }
            guard range.contains(bytes) || specification.zeroIsNever && bytes == 0 else {
                let (least, most) = (ByteSize.configured(range.lowerBound), ByteSize.configured(range.upperBound))
                return refuse(key, "\(key.name) must be between \(least) and \(most)\(never)")
            }
            return .integer(bytes)
        case .choice(let words):
            return choice(text, words, specification, key)
        case .url where text.isEmpty && specification.defaultText == "\"\"":
            return .string(text)
        case .url:
            do { _ = try WebAddress(text) } catch { return refuse(key, "\(key.name) \(error.sentence)") }
            return .string(text)
        default:
            guard !text.isEmpty || specification.defaultText == "\"\"" else {
                return refuse(key, "\(key.name) must not be empty")
            }
            return .string(text)
        }
    }

    private mutating func choice(
        _ text: String, _ words: [String], _ specification: KeySpecification, _ key: ConfigurationKey
    ) -> ParsedValue? {
        if NotYetEffective.refuses(specification.section, specification.name, text) {
            return refuse(key, "\(key.name) = \"\(text)\" is not available in this version")
        }
        if words.contains(text) { return .string(text) }
        let available = words.filter { !NotYetEffective.refuses(specification.section, specification.name, $0) }
        let near = Suggestion.nearest(to: text, among: available).map { "; did you mean \"\($0)\"?" } ?? ""
        return refuse(key, "\(key.name) must be \(ValueKind.alternatives(available))\(near)")
    }

    private mutating func strings(
        _ value: TOMLValue, _ specification: KeySpecification, _ key: ConfigurationKey
    ) -> ParsedValue? {
        guard let array = value.array else { return refuse(value, specification.kind, key) }
        var strings: [String] = []
        for (index, element) in array.enumerated() {
            let place = key.appending(index)
            guard let text = string(element.tomlValue, place) else { continue }
            if case .choices(let words) = specification.kind, choice(text, words, specification, place) == nil {
                continue
            }
            strings.append(text)
        }
        return strings.count == array.count ? .strings(strings) : nil
    }

    private mutating func stringTable(
        _ value: TOMLValue, _ specification: KeySpecification, _ key: ConfigurationKey
    ) -> ParsedValue? {
        guard let table = value.table else { return refuse(value, specification.kind, key) }
        var strings: [String: String] = [:]
        for name in table.keys {
            guard let value = table[name]?.tomlValue else { continue }
            let place = key.appending(name)
            if !Self.isHeaderName(name) { _ = refuse(place, "'\(place.last)' cannot be the name of an HTTP header") }
            strings[name] = string(value, place)
        }
        return .table(strings)
    }

    /// A token as RFC 9110 defines it.
    private static func isHeaderName(_ name: String) -> Bool {
        !name.isEmpty
            && name.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII && (scalar.properties.isAlphabetic || scalar.isDigit)
                    || "!#$%&'*+-.^_`|~".unicodeScalars.contains(scalar)
            }
    }
}

extension ConfigurationKey {
    /// What a sentence about a value calls it: the last name, with its place in a list.
    fileprivate var name: String {
        if case .index(let index)? = steps.last { return "\(last)[\(index)]" }
        return last
    }
}

extension TOMLType {
    var withArticle: String {
        switch self {
        case .bool: "a boolean"
        case .int, .array: "an \(self == .int ? "integer" : "array")"
        default: "a \(description)"
        }
    }
}
