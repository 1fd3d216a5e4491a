import Agent
import ArgumentParser
import Commands
import Foundation
import Logging

/// `otagent spool`
struct SpoolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spool", abstract: "Show, check, send or remove what waits on disk for a collector.",
        subcommands: [List.self, Show.self, Verify.self, Drain.self, Purge.self])

    /// What all of them take.
    struct Place: ParsableArguments {
        @OptionGroup var file: ConfigurationOption

        @Option(help: ArgumentHelp("Only this output.", valueName: "name"))
        var output: String?

        func inspection() throws -> SpoolInspection { try SpoolInspection(settings(), output: output) }

        func settings() throws -> Settings { try file.settings(environment: ProcessInfo.processInfo.environment) }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "A line for each batch: window, rows, bytes, age, and whether it still waits.")

        @OptionGroup var place: Place
        @Flag(help: "One JSON document.") var json = false

        func run() async throws { try StandardOutput.write(place.inspection().list(json: json).text) }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The header and the unpacked body of one batch.")

        @OptionGroup var place: Place
        @Argument(help: "As ls shows it, or the name of the file.") var id: String

        func run() async throws { try place.inspection().show(id) }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read every file and compare it with its checksum; ends with 1 if any is bad.")

        @OptionGroup var place: Place
        @Flag(help: "One JSON document.") var json = false

        func run() async throws {
            let (text, bad) = try place.inspection().list(json: json, verifying: true)
            try StandardOutput.write(text)
            if bad > 0 { throw ExitCode(ExitStatus.failed.rawValue) }
        }
    }

    struct Drain: AsyncParsableCommand, AnswersSignals {
        static let configuration = CommandConfiguration(
            abstract: "Send what waits now, without counting anything; ends with 1 if something is left.")

        @OptionGroup var place: Place

        @Option(
            name: .customLong("as"),
            help: ArgumentHelp("Send what is left of an output that is gone as this one does.", valueName: "name"))
        var successor: String?

        @Option(help: ArgumentHelp("How long to try, a minute for all if not given.", valueName: "1m"))
        var timeout: DurationArgument?

        func run() async throws {
            let environment = ProcessInfo.processInfo.environment
            LoggingSystem.bootstrap { _ in LogLines(environment: environment) }
            let drain = SpoolDrain(try place.settings(), logger: Logger(label: "otagent"))
            let left = try await drain.run(
                output: place.output, as: successor, within: timeout?.duration ?? .seconds(60),
                wishes: Signals.wishes())
            if left > 0 { throw ExitCode(ExitStatus.failed.rawValue) }
        }
    }

    struct Purge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove all that waits, was rejected or is corrupt.")

        @OptionGroup var place: Place
        @Flag(help: "Really; without it, it only says what it would remove.") var yes = false

        func run() async throws { try StandardOutput.write(place.inspection().purge(really: yes)) }
    }
}
