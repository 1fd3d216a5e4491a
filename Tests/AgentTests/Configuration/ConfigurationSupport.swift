import Testing

@testable import Agent

/// All problems of `text`, as a person would see them.
func problems(_ text: String, environment: [String: String] = [:]) -> String {
    ConfigurationFile.parse(text: text, path: "agent.toml", environment: environment)
        .problems.map(\.rendered).joined(separator: "\n")
}

/// A file that is right but for what is added to it.
let anOutput = "[outputs.terminal]\ntype = \"stdout\"\n"

func settings(_ text: String, environment: [String: String] = [:]) throws -> Settings {
    let result = ConfigurationFile.parse(text: text, path: "agent.toml", environment: environment)
    try #require(!result.problems.contains { $0.severity == .error }, "\(result.problems)")
    return try #require(result.settings)
}

/// A file with something wrong in it, and all that is said about it.
struct ProblemExample: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    let rendered: String

    init(_ name: String, _ text: String, _ rendered: String) {
        (self.name, self.text, self.rendered) = (name, text + "\n", rendered)
    }

    var testDescription: String { name }
}
