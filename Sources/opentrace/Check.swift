import Agent
import ArgumentParser
import Foundation
import Machine
import Model
import Render
import Tracer

/// `opentrace check`
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Whether a run read and wrote only what it may.",
        discussion: """
            A manifest has a rule a line: "read GLOB" or "write GLOB", with "@system" for the directories of programs and \
            libraries; "#" begins a comment. Lists every file that no rule allows and ends with 1, as it does when the trace \
            was cut off or rows of it were lost; a mistake in the manifest, and a trace that cannot be read or has no row, end it with 2.
            """)

    @Option(help: ArgumentHelp("The file with the rules.", valueName: "manifest")) var allow: String
    @Argument(help: Saved.help) var trace: String

    func run() throws {
        let manifest = try Self.manifest(allow)
        let run: SavedRun
        do {
            run = try Saved.run(trace)
        } catch let refusal as Refusal {
            // 1 means that the run did what it may not.
            throw Refusal(.badArguments, refusal.description)
        }
        guard run.history.events > 0 else {
            throw Refusal(.badArguments, "\(run.name.legible): there is no row in it: nothing can be said")
        }
        let breaches = manifest.breaches(in: run.history)
        try Destination(nil, force: false).write(Self.text(of: breaches, in: run.history))
        if !run.end.isWhole {
            let what = run.end.cutOff == nil ? "rows of it were lost" : "was cut off"
            throw Refusal(.failed, "\(run.name.legible): \(what), so this is about what is left of it only")
        }
        if !breaches.isEmpty { throw ExitCode(1) }
    }

    /// A line for each.
    static func text(of breaches: [AccessManifest.Breach], in history: RunHistory) -> String {
        breaches.map { $0.text(of: history) + "\n" }.joined()
    }

    static func manifest(_ path: String) throws -> AccessManifest {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try readFile(path)
        } catch {
            throw Refusal(.badArguments, "cannot read \(path.legible): \(String(cString: strerror(error.errno)))")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Refusal(.badArguments, "the manifest \(path.legible) is not UTF-8")
        }
        do throws(AccessManifest.Mistake) {
            return try AccessManifest(parsing: text)
        } catch {
            throw Refusal(.badArguments, error.text(file: path.legible))
        }
    }
}
