import Foundation
import Testing

extension SystemTests {
    /// Every command that a document shows is run, as it stands there.
    @Suite struct Documents {
        /// A command of a `console` block: a line that starts with the root's prompt, and those that continue it.
        struct Command: Sendable {
            let document: String
            let text: String

            /// The file that it writes, or that another has written before it.
            var usesFile: Bool { text.contains("file.toml") || text.contains("activity.ndjson") }
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

        /// Commands that nothing but a host's folders would keep apart; what they leave there is gone afterwards.
        ///
        /// Each list of them has these folders for itself, and windows of one second where the default has ten.
        private func start(_ commands: [Command], number: Int, in folder: Folder) throws -> Running {
            let bin = URL(filePath: try built("otagent")).deletingLastPathComponent().path
            let defaults = Self.root.appending(path: "config/agent.toml").path
            let text = try String(contentsOfFile: defaults, encoding: .utf8)
            let quick = try folder.write(
                "agent-\(number).toml", text.replacing("interval = \"10s\"", with: "interval = \"1s\""))
            var script = """
                set -o pipefail
                mount --bind '\(quick)' '\(defaults)' || exit 1
                for place in /run /var/lib; do mount -t tmpfs own $place || exit 1; done
                PATH=\(bin):$PATH

                """
            for command in commands {
                let place = Self.root.appending(path: command.document).deletingLastPathComponent().path
                script += "cd '\(place)' || exit 1\n{ \(command.text)\n} || exit 1\n"
            }
            let arguments = ["--mount", "--propagation", "private", "/bin/bash", "-c", script]
            return try Running(installed("unshare") ?? "", arguments, in: folder)
        }

        /// At the same time, as they wait most of it; those that are about the same file one after the other.
        @Test(.enabled(if: installed("unshare") != nil, "unshare is not installed"))
        func `every command that is shown works`() throws {
            let folder = try Folder()
            let commands = Self.allCommands()
            let lists = [commands.filter(\.usesFile)] + commands.filter { !$0.usesFile }.map { [$0] }
            #expect(lists[0].count >= 3)
            let started = try lists.enumerated().map { try start($1, number: $0, in: folder) }
            for (running, commands) in zip(started, lists) {
                let end = try running.wait(until: .now + .seconds(120))
                let shown = commands.map { "\($0.document): \($0.text)" }.joined(separator: "\n")
                #expect(end.status == 0, "\(shown)\n\(end.errors.suffix(2000))")
            }
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
