import Agent
import ArgumentParser
import Commands
import Foundation

/// `otagent top`
struct TopCommand: AsyncParsableCommand, AnswersSignals {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show the units, and the programs in them, by what they write: live in a terminal.",
        discussion: """
            Asks the local endpoint of a running agent, which its configuration turns on ([http] listen). Keys: h explains \
            them all, q ends. Into a file or a pipe it writes the last window as plain text, once.
            """)

    @Option(
        name: [.customLong("config"), .customShort("c")],
        help: ArgumentHelp("The agent's TOML file, which says where its endpoint is.", valueName: "file"))
    var path: String?

    @Option(help: ArgumentHelp("Where the endpoint is: http://127.0.0.1:9469 or unix:/path.", valueName: "url"))
    var url: String?

    @Option(
        name: .customLong("token-file"),
        help: ArgumentHelp("The file with the token, if one is asked for.", valueName: "file"))
    var tokenFile: String?

    enum Lines: String, EnumerableFlag {
        case writers, alerts, directories

        static func help(for value: Self) -> ArgumentHelp? {
            switch value {
            case .writers: "In plain text: the programs that wrote, not the units."
            case .alerts: "In plain text: the unexpected writers, the newest first."
            case .directories: "In plain text: the directories in which there were unexpected writers."
            }
        }
    }

    @Flag var lines: Lines?

    func validate() throws {
        if path == nil, url == nil { throw ValidationError("give --config FILE or --url URL: where is the endpoint?") }
    }

    func run() async throws {
        let top = try Top(settings()?.http, url: url, tokenFile: tokenFile)
        if Top.hasTerminal, lines == nil {
            try await top.run(wishes: Signals.wishes())
        } else {
            Signals.giveBack()
            try StandardOutput.write(top.text(of: lines.flatMap { Top.Lines(rawValue: $0.rawValue) }))
        }
    }

    private func settings() throws -> Settings? {
        guard let path else { return nil }
        let (settings, problems) = ConfigurationFile.read(path: path, environment: ProcessInfo.processInfo.environment)
        guard let settings else {
            for problem in problems { StandardError.say(problem.rendered) }
            throw Refusal(.badConfiguration, "\(path) is not usable")
        }
        return settings
    }
}
