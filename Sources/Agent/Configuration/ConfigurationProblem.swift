/// Something wrong with a configuration file, or something in it that will not do what its writer expects.
package struct ConfigurationProblem: Sendable, Equatable {
    package enum Severity: String, Sendable {
        case error, warning
    }

    package var severity: Severity
    package var path: String
    package var position: SourcePosition
    package var sentence: String
    /// The line in question; absent when the problem is the file as a whole.
    package var excerpt: SourceExcerpt?

    package init(
        _ severity: Severity = .error, path: String, position: SourcePosition, sentence: String,
        excerpt: SourceExcerpt? = nil
    ) {
        (self.severity, self.path, self.position) = (severity, path, position)
        (self.sentence, self.excerpt) = (sentence, excerpt)
    }

    /// `file:line:col: error: sentence`, then the line and a caret below the place.
    package var rendered: String {
        let head = "\(path):\(position.line):\(position.column): \(severity.rawValue): \(sentence)"
        guard let excerpt else { return head }
        return "\(head)\n    \(excerpt.text)\n    \(excerpt.marker)"
    }
}

extension ConfigurationProblem: CustomStringConvertible {
    package var description: String { rendered }
}

/// Collects the problems of one file and gives them places and lines.
struct ProblemCollector {
    let path: String
    let lines: SourceLines
    let positions: KeyPositions
    private(set) var problems: [ConfigurationProblem] = []
    /// Sentences that no single line stands for.
    private var aboutTheFile: Set<String> = []

    init(path: String, lines: SourceLines, positions: KeyPositions) {
        (self.path, self.lines, self.positions) = (path, lines, positions)
    }

    var hasErrors: Bool { problems.contains { $0.severity == .error } }

    /// More than anybody would read; the rest is counted.
    static let mostShown = 100

    /// By place, with their lines; problems of one place in the order they were found.
    var sorted: [ConfigurationProblem] {
        let all = problems.enumerated()
            .sorted { ($0.element.position, $0.offset) < ($1.element.position, $1.offset) }.map(\.element)
        var shown = all.prefix(Self.mostShown).map { problem in
            var problem = problem
            problem.excerpt = aboutTheFile.contains(problem.sentence) ? nil : lines.excerpt(at: problem.position)
            return problem
        }
        let rest = all.dropFirst(Self.mostShown)
        if let first = rest.first {
            let severity: ConfigurationProblem.Severity = rest.contains { $0.severity == .error } ? .error : .warning
            let sentence = "and \(rest.count) more problems from here on"
            shown.append(ConfigurationProblem(severity, path: path, position: first.position, sentence: sentence))
        }
        return shown
    }

    /// A problem with what a key is set to.
    mutating func value(_ key: ConfigurationKey, _ sentence: String, _ severity: ConfigurationProblem.Severity = .error)
    {
        add(positions.value(key), sentence, severity)
    }

    /// A problem with a key being there, or with the table it names.
    mutating func key(_ key: ConfigurationKey, _ sentence: String, _ severity: ConfigurationProblem.Severity = .error) {
        add(positions.key(key), sentence, severity)
    }

    /// A problem with what stands at this place.
    mutating func place(_ position: SourcePosition, _ sentence: String) { add(position, sentence, .error) }

    /// A problem of the file as a whole.
    mutating func file(_ sentence: String) {
        problems.append(ConfigurationProblem(path: path, position: .start, sentence: sentence))
        aboutTheFile.insert(sentence)
    }

    private mutating func add(
        _ position: SourcePosition, _ sentence: String, _ severity: ConfigurationProblem.Severity
    ) {
        problems.append(ConfigurationProblem(severity, path: path, position: position, sentence: sentence))
    }
}
