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
            Ends with 0 when nothing differs, with 1 when something does, with 2 when a trace cannot be read, or nothing \
            differs in what is left of one. Contents are compared where both runs are summaries with hashes: opentrace summary --json --hash all.
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
        let areWhole: Bool
        do {
            let (left, right) = (try listing(first, noise), try listing(second, noise))
            difference = RunDifference(from: left.0, to: right.0)
            areWhole = left.1.isWhole && right.1.isWhole
        } catch let refusal as Refusal {
            // As with diff(1): 1 means that they differ.
            throw Refusal(.badArguments, refusal.description)
        }
        try Destination(nil, force: false).write(difference.text)
        if !difference.lines.isEmpty { throw ExitCode(1) }
        if !areWhole {
            throw Refusal(.badArguments, "nothing differs in what is there, and not all is there: nothing can be said")
        }
    }

    private func listing(_ path: String, _ noise: PathNoise) throws -> (RunListing, SavedTrace.End) {
        try Saved.refused {
            let trace = try Saved.trace(path)
            let (listing, end) = try SavedListing.read(trace, noise: noise)
            Saved.say(end.remarks(of: trace.name))
            return (listing, end)
        }
    }
}
