import Agent
import ArgumentParser
import Foundation

/// `otagent check`
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Check a configuration and show every problem at once.")

    @OptionGroup var file: ConfigurationOption

    @Flag(help: "Also try what it names on this host: the state directory, the files, the collector.")
    var probe = false

    func run() async throws {
        let settings = try file.settings(environment: ProcessInfo.processInfo.environment)
        let configured = ConfigurationProbe(settings)
        if probe { try await configured.run() } else { try configured.look() }
        try StandardOutput.write("\(file.path): fine\n")
    }
}

/// `otagent defaults`
struct Defaults: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the annotated default configuration.")

    func run() throws { try StandardOutput.write(DefaultConfiguration.text) }
}
