import Agent
import ArgumentParser
import Foundation
import Model
import Render
import Tracer

/// `opentrace check`
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Whether a run read and wrote only what it may.",
        discussion: """
            A manifest has a rule a line: "read GLOB" or "write GLOB", with "@system" for the directories of programs and \
            libraries; "#" begins a comment. Lists every file that no rule allows and ends with 1; a mistake in the manifest \
            ends it with 2.
            """)

    @Option(help: ArgumentHelp("The file with the rules.", valueName: "manifest")) var allow: String
    @Argument(help: Saved.help) var trace: String

    func run() throws {
        let manifest = try Self.manifest(allow)
        let run = try Saved.run(trace)
        let breaches = manifest.breaches(in: run.history)
        try Destination(nil, force: false).write(
            breaches.map { $0.text(of: run.history) + "\n" }.joined())
        if !breaches.isEmpty { throw ExitCode(1) }
    }

    static func manifest(_ path: String) throws -> AccessManifest {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw Refusal(.badArguments, "cannot read the manifest \(path.legible): \(error.localizedDescription)")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Refusal(.badArguments, "the manifest \(path.legible) is not UTF-8")
        }
        do throws(AccessManifest.Mistake) {
            return try AccessManifest(parsing: text)
        } catch {
            throw Refusal(.badArguments, error.text(file: path.legible))
        }
    }
}
