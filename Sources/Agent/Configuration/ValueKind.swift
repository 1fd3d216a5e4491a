/// What a key can be set to.
enum ValueKind: Equatable {
    case string
    case boolean
    case integer(ClosedRange<Int>)
    case duration(ClosedRange<Duration>)
    case size(ClosedRange<Int>)
    case choice([String])
    case url
    case path
    case strings
    case choices([String])
    /// A table of strings under names of the writer's own.
    case stringTable

    /// As the manual calls it.
    var name: String {
        switch self {
        case .string: "string"
        case .boolean: "boolean"
        case .integer: "integer"
        case .duration: "duration"
        case .size: "size"
        case .choice(let words): words.joined(separator: ", ")
        case .url: "URL"
        case .path: "path"
        case .strings: "list of strings"
        case .choices: "list of words"
        case .stringTable: "table of strings"
        }
    }

    /// As an error message asks for it.
    var wanted: String {
        switch self {
        case .string: "a string"
        case .boolean: "true or false"
        case .integer: "an integer"
        case .duration: "a duration such as \"10s\""
        case .size: "a size such as \"64MiB\""
        case .choice(let words): Self.alternatives(words)
        case .url: "a URL such as \"https://collector.example/ingest\""
        case .path: "a string with a path"
        case .strings: "a list of strings"
        case .choices(let words): "a list of \(Self.alternatives(words))"
        case .stringTable: "a table of strings such as { X-Scope-OrgID = \"sre\" }"
        }
    }

    static func alternatives(_ words: [String]) -> String {
        let quoted = words.map { "\"\($0)\"" }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.joined() }
        return quoted.dropLast().joined(separator: ", ") + " or " + last
    }
}

/// What a key is set to, checked against its kind.
enum ParsedValue: Equatable {
    case string(String)
    case boolean(Bool)
    /// Numbers and sizes.
    case integer(Int)
    case duration(Duration)
    case strings([String])
    case table([String: String])
}

/// The tables of a configuration file.
enum SectionKind: String, CaseIterable {
    case agent
    case trace
    case containers
    case output = "outputs.NAME"
    case outputTLS = "outputs.NAME.tls"
    case outputRetry = "outputs.NAME.retry"
    case outputSpool = "outputs.NAME.spool"
    case http
    case watch
    case baseline
    case alerts

    /// As it is written in the file.
    var header: String { self == .watch ? "[[watch]]" : "[\(rawValue)]" }

    /// The table itself and, for an output, the tables in it: key by key what may be found there.
    var subsections: [String: SectionKind] {
        self == .output ? ["tls": .outputTLS, "retry": .outputRetry, "spool": .outputSpool] : [:]
    }
}

/// One key of the configuration: the only place that says what it is called and what it may be.
struct KeySpecification: Equatable {
    var section: SectionKind
    var name: String
    var kind: ValueKind
    /// As TOML; absent: the key is required.
    var defaultText: String?
    /// The types of output the key belongs to; empty: every one.
    var types: Set<String> = []
    /// Whether zero, outside of the range, says that there is no limit.
    var zeroIsNever = false

    init(
        _ section: SectionKind, _ name: String, _ kind: ValueKind, _ defaultText: String?,
        only types: Set<String> = [], zeroIsNever: Bool = false
    ) {
        (self.section, self.name, self.kind) = (section, name, kind)
        (self.defaultText, self.types, self.zeroIsNever) = (defaultText, types, zeroIsNever)
    }
}
