import ArgumentParser
import Model
import Render
import Tracer

/// `opentrace summary`
struct Summary: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary", abstract: "What a run read, and what became of the files: each in one class.",
        discussion: """
            Best from a trace with all operations: opentrace exec --ops all --format jsonl -o run.jsonl -- CMD.
            """)

    @Argument(help: Saved.help) var trace: String
    @OptionGroup var noise: NoiseOptions
    @OptionGroup var hashes: HashOptions
    @Flag(help: "One JSON document.") var json = false

    func run() throws {
        let run = try Saved.run(trace)
        let summary = RunSummary(run.history, noise: try noise.noise())
        let evidence = hashes.evidence(of: summary, in: run.history)
        try Destination(nil, force: false).write { write in
            try write(
                json
                    ? summary.json(of: run.history, evidence: evidence, account: run.end.account)
                    : Array(summary.text(of: run.history, evidence: evidence).utf8))
        }
    }
}

/// `opentrace tree`
struct Tree: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tree", abstract: "The processes of a run as a tree, each with what it read and wrote.")

    @Argument(help: Saved.help) var trace: String
    @OptionGroup var noise: NoiseOptions

    @Option(help: ArgumentHelp("How many files of a process are shown of each kind.", valueName: "count"))
    var most = 20

    func validate() throws {
        guard most >= 0 else { throw ValidationError("--most needs a number from 0 on") }
    }

    func run() throws {
        let run = try Saved.run(trace)
        let tree = ProcessTree(of: run.history, noise: try noise.noise(), mostFiles: most)
        try Destination(nil, force: false).write(tree.text)
    }
}
