import Agent
import ArgumentParser
import Commands
import Foundation
import Model

/// `otagent baseline`
struct BaselineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baseline", abstract: "Show and change what was learned of who writes where.",
        subcommands: [Show.self, Diff.self, Accept.self, Forget.self, Export.self])

    /// What all of them take.
    struct Place: ParsableArguments {
        @OptionGroup var file: ConfigurationOption

        func inspection() throws -> BaselineInspection {
            BaselineInspection(try file.settings(environment: ProcessInfo.processInfo.environment))
        }
    }

    /// Which combinations.
    struct Choice: ParsableArguments {
        @Argument(help: "Combinations by their ids, as show, diff and alerts have them.") var ids: [String] = []
        @Flag(help: "All of them.") var all = false
        @Option(help: ArgumentHelp("All of the units whose names match.", valueName: "glob")) var unit: String?

        func validate() throws {
            guard [!ids.isEmpty, all, unit != nil].count(where: { $0 }) == 1 else {
                throw ValidationError("say which: ids, --unit GLOB or --all")
            }
        }

        func target() throws -> BaselineEdit.Target {
            if let unit { return .units(try BaselineInspection.glob(unit)) }
            return all ? .all : .ids(ids)
        }
    }

    private static func edit(_ action: BaselineEdit.Action, _ choice: Choice, _ place: Place) async throws {
        let outcome = try await place.inspection().apply(BaselineEdit(action, try choice.target()))
        print(outcome.sentence(for: action))
        guard !outcome.unknown.isEmpty else { return }
        let ids = outcome.unknown.map(\.legible).joined(separator: ", ")
        throw Refusal(.failed, "no combination has the id \(ids): otagent baseline show has all")
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What is known of each unit, and until when it learns.")

        @OptionGroup var place: Place
        @Flag(help: "One JSON document.") var json = false

        func run() async throws { print(try await place.inspection().listing(json: json), terminator: "") }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What was found new, and is not accepted.")

        @OptionGroup var place: Place
        @Flag(help: "One JSON document.") var json = false

        func run() async throws {
            print(try await place.inspection().listing(onlyFound: true, json: json), terminator: "")
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have what was found expected from now on.")

        @OptionGroup var place: Place
        @OptionGroup var choice: Choice

        func run() async throws { try await BaselineCommand.edit(.accept, choice, place) }
    }

    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget combinations, which are new when they are seen again; or units, which learn anew.")

        @OptionGroup var place: Place
        @OptionGroup var choice: Choice

        func run() async throws { try await BaselineCommand.edit(.forget, choice, place) }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print what was learned or accepted as [[watch]] rules for a configuration.")

        @OptionGroup var place: Place
        @Option(help: ArgumentHelp("Only of the units whose names match.", valueName: "glob")) var unit: String?

        func run() async throws { print(try await place.inspection().rules(for: unit), terminator: "") }
    }
}
