import Agent
import ArgumentParser
import Commands
import Foundation
import Logging

/// `otagent run`, the default command.
struct Run: AsyncParsableCommand, AnswersSignals {
    static let configuration = CommandConfiguration(
        abstract: "Watch this host until told to stop (the default command).")

    @OptionGroup var file: ConfigurationOption

    @Flag(help: "Deliver exactly one whole window, then end: with 0, or with 1 if it could not be delivered.")
    var once = false

    @Option(help: ArgumentHelp("End by itself after whole windows of at least this time.", valueName: "30s"))
    var duration: DurationArgument?

    func validate() throws {
        if once, duration != nil { throw ValidationError("--once and --duration exclude each other") }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        LoggingSystem.bootstrap { _ in LogLines(environment: environment) }
        let logger = Logger(label: "otagent")
        let settings = try file.settings(environment: environment)
        let extent: Pipeline.Extent =
            if once { .oneWindow } else { duration.map { .atLeast($0.duration) } ?? .untilCancelled }
        let path = file.path
        let agent = AgentRun(settings, logger: logger) {
            ConfigurationFile.read(path: path, environment: environment, again: true)
        }
        let status = try await agent.run(extent, signals: Signals.wishes())
        if status != .fine { throw ExitCode(status.rawValue) }
    }
}

/// `--config FILE`, and what it says.
struct ConfigurationOption: ParsableArguments {
    @Option(name: [.customLong("config"), .customShort("c")], help: ArgumentHelp("The TOML file.", valueName: "file"))
    var path: String

    /// The settings of the file; its problems go to standard error, and errors end the program.
    func settings(environment: [String: String]) throws -> Settings {
        let (settings, problems) = ConfigurationFile.read(path: path, environment: environment)
        for problem in problems { StandardError.say(problem.rendered) }
        guard let settings else {
            throw Refusal(.badConfiguration, "\(path) is not usable; nothing was started")
        }
        return settings
    }
}

/// A duration as the configuration spells it.
struct DurationArgument: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        guard let duration = Duration(configured: argument), duration > .zero else { return nil }
        self.duration = duration
    }
}
