internal import Agent
package import ArgumentParser
internal import Render

/// `units`
package struct Units: ParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "List the cgroups of this host with unit and container.")

    @Flag(help: "As a JSON array, with what each unit says of itself.") var json = false
    @Flag(help: "As they stand in one another, with what each unit says of itself.") var tree = false

    package init() {}

    package func validate() throws {
        if json && tree { throw ValidationError("--json and --tree are two ways to show the same: choose one") }
    }

    package func run() throws {
        let listing = try UnitListing.current(describing: json || tree)
        print(
            json ? String(decoding: listing.json, as: UTF8.self) : tree ? listing.tree : listing.table, terminator: "")
    }
}

/// `doctor`
package struct DoctorCommand: AsyncParsableCommand {
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
        print(json ? String(decoding: report.json, as: UTF8.self) : report.text, terminator: "")
        if report.exitStatus != .fine { throw ExitCode(report.exitStatus.rawValue) }
    }
}

/// The process in which the doctor has its operations performed.
package struct SelfTestOperations: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: SelfTestPerformer.command, shouldDisplay: false)

    @Argument var directory: String

    package init() {}

    package func run() { SelfTestPerformer.serve(directory: directory) }
}
