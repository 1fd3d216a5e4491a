import Agent
import ArgumentParser
import Model
import Render
import Tracer

/// `opentrace diff`
struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "What a second run read, missed and left that a first one did not, and the other way round.",
        discussion: """
            Ends with 0 when nothing differs, with 1 when something does, with 2 when a trace cannot be read. Contents are \
            compared where both runs are summaries with hashes: opentrace summary --json --hash all.
            """)

    @Argument(help: "A saved trace, or a summary in JSON.") var first: String
    @Argument(help: "Another one.") var second: String
    @OptionGroup var noise: NoiseOptions

    func validate() throws {
        if first == "-", second == "-" { throw ValidationError("there is only one standard input") }
    }

    func run() throws {
        let noise = try noise.noise()
        let difference: RunDifference
        do {
            difference = RunDifference(from: try listing(first, noise), to: try listing(second, noise))
        } catch let refusal as Refusal {
            // As with diff(1): 1 means that they differ.
            throw Refusal(.badArguments, refusal.description)
        }
        try Destination(nil, force: false).write(difference.text)
        if !difference.lines.isEmpty { throw ExitCode(1) }
    }

    private func listing(_ path: String, _ noise: PathNoise) throws -> RunListing {
        try Saved.refused {
            let (listing, remark) = try SavedListing.read(try Saved.trace(path), noise: noise)
            Saved.say(remark)
            return listing
        }
    }
}
