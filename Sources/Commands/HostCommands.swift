internal import Agent
package import ArgumentParser
internal import Foundation
internal import Render

/// `units`
package struct Units: ParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "List the cgroups of this host with unit and container.",
        discussion: """
            Names of containers come from the files of their runtimes, for at most two seconds; with --config also from the \
            state_dirs and sockets that the agent would ask.
            """)

    @Flag(help: "As a JSON array, with what each unit says of itself.") var json = false
    @Flag(help: "As they stand in one another, with what each unit says of itself.") var tree = false

    @Option(
        name: [.customLong("config"), .customShort("c")],
        help: ArgumentHelp("The agent's TOML file, for who knows the names of containers.", valueName: "file"))
    var path: String?

    package init() {}

    package func validate() throws {
        if json && tree { throw ValidationError("--json and --tree are two ways to show the same: choose one") }
    }

    package func run() throws {
        let listing = try UnitListing.current(describing: json || tree, containers: try containers()) {
            StandardError.say("\(Self._commandName): \($0)")
        }
        try StandardOutput.write(
            json ? String(decoding: listing.json, as: UTF8.self) : tree ? listing.tree : listing.table)
    }

    /// As the configuration has it, or else the defaults.
    private func containers() throws -> ContainerSettings {
        guard let path else { return ContainerSettings() }
        let (settings, problems) = ConfigurationFile.read(path: path, environment: ProcessInfo.processInfo.environment)
        for problem in problems { StandardError.say(problem.rendered) }
        guard let settings else { throw Refusal(.badConfiguration, "\(path) is not usable; nothing was listed") }
        return settings.containers
    }
}

/// `doctor`
package struct DoctorCommand: AsyncParsableCommand, AnswersSignals {
    package static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Show what this host allows, and try every way to open and write a file.",
        discussion: """
            Ends with 0 when all that is possible here was seen, with 1 when something was not, and with 77 when the \
            programs cannot run on this host.
            """)

    @Flag(help: "As a JSON object.") var json = false

    package init() {}

    package func run() async throws {
        let report = await Doctor.examine()
        try StandardOutput.write(json ? String(decoding: report.json, as: UTF8.self) : report.text)
        if report.exitStatus != .fine { throw ExitCode(report.exitStatus.rawValue) }
    }
}

/// The process in which the doctor has its operations performed.
package struct SelfTestOperations: ParsableCommand, AnswersSignals {
    package static let configuration = CommandConfiguration(
        commandName: SelfTestPerformer.command, shouldDisplay: false)

    @Argument var directory: String

    package init() {}

    package func run() { SelfTestPerformer.serve(directory: directory) }
}
