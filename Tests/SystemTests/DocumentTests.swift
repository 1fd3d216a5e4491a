import Foundation
import Testing

extension SystemTests {
    /// Every command that a document shows is run, as it stands there.
    @Suite struct Documents {
        /// A command of a `console` block: a line that starts with the root's prompt, and those that continue it.
        struct Command: CustomTestStringConvertible, Sendable {
            let document: String
            let text: String
            var testDescription: String { "\(document): \(text.prefix(60))" }
        }

        private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()

        static func commands(of document: String) throws -> [Command] {
            let text = try String(contentsOf: root.appending(path: document), encoding: .utf8)
            var commands: [Command] = []
            var isConsole = false
            for line in text.components(separatedBy: "\n") {
                if line.hasPrefix("```") {
                    isConsole = line == "```console"
                } else if isConsole, line.hasPrefix("# ") {
                    commands.append(Command(document: document, text: String(line.dropFirst(2))))
                } else if isConsole, line.hasPrefix(" "), let last = commands.popLast(), !line.hasPrefix(" \"") {
                    commands.append(Command(document: document, text: last.text + "\n" + line))
                }
            }
            return commands
        }

        /// Without the one that runs until it is told to stop, and which every other system test runs.
        static func allCommands() -> [Command] {
            let documents = ["README.md", "examples/README.md"]
            let commands = documents.flatMap { (try? Self.commands(of: $0)) ?? [] }
            return commands.filter { $0.text != "otagent --config agent.toml" }
        }

        @Test(arguments: allCommands())
        func `a command that is shown works`(command: Command) throws {
            let folder = try Folder()
            let bin = URL(filePath: try built("otagent")).deletingLastPathComponent().path
            let place = Self.root.appending(path: command.document).deletingLastPathComponent().path
            let script = "set -o pipefail; PATH=\(bin):$PATH; cd '\(place)' || exit 1\n\(command.text)"
            let end = try run("/bin/bash", ["-c", script], in: folder)
            #expect(end.status == 0, "\(end.errors.suffix(2000))")
        }

        @Test func `the documents show commands`() {
            #expect(Self.allCommands().count >= 10)
        }

        @Test(arguments: ["now.toml", "file.toml", "slices.toml", "collector.toml"])
        func `an example passes the check`(name: String) throws {
            let path = Self.root.appending(path: "examples/\(name)").path
            let end = try otagent(["check", "--config", path], in: try Folder())
            #expect(end.status == 0, "\(end.errors)")
            #expect(!end.errors.contains("warning"), "\(end.errors)")
        }

        @Test func `what the first two commands need is in the Makefile, and CI runs them`() throws {
            let make = try String(contentsOf: Self.root.appending(path: "Makefile"), encoding: .utf8)
            let ci = try String(contentsOf: Self.root.appending(path: ".ci/run"), encoding: .utf8)
            for target in ["run", "test"] {
                #expect(make.contains("\n\(target): "))
                #expect(ci.contains("make \(target)"))
            }
        }
    }
}
