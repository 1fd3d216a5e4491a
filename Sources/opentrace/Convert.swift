import Agent
import ArgumentParser
import Foundation
import Machine
import Model
import Render
import Tracer

/// `opentrace convert`
struct Convert: ParsableCommand {
    enum Form: String, CaseIterable, ExpressibleByArgument {
        case csv, json, jsonl, text, dot, make, sqlite
        case provJSON = "prov-json"
        case roCrate = "ro-crate"
        case summaryJSON = "summary-json"

        var rows: TraceFormat? { TraceFormat(rawValue: rawValue) }
    }

    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "A saved trace in another form.",
        discussion: """
            csv, json, jsonl and text are rows. dot is a graph for graphviz, make a rule for make and ninja, prov-json is W3C's \
            PROV-JSON, ro-crate the ro-crate-metadata.json of a Process Run Crate, sqlite a database, and summary-json what \
            "opentrace summary --json" prints.
            """)

    @Argument(help: Saved.help) var trace: String
    @Option(help: ArgumentHelp("What to make of it.", valueName: "form")) var to: Form
    @Option(
        name: [.customLong("output"), .customShort("o")],
        help: ArgumentHelp("Where it goes; - is standard output.", valueName: "file"))
    var output: String?
    @Flag(help: "Replace the file that --output names.") var force = false
    @Option(
        help: ArgumentHelp("make: what the rule is for, instead of every file that the run left.", valueName: "name"))
    var target: String?
    @Option(help: ArgumentHelp("make: write paths below this directory relative to it.", valueName: "directory"))
    var relativeTo: String?
    @OptionGroup var noise: NoiseOptions
    @OptionGroup var hashes: HashOptions

    func validate() throws {
        if to != .make, target != nil || relativeTo != nil {
            throw ValidationError("--target and --relative-to are for --to make")
        }
        let isStandardOutput = output.map(TraceOutput.meansStandardOutput) ?? true
        if to == .sqlite, isStandardOutput {
            throw ValidationError("a database needs a file: name one with --output")
        }
        if force, isStandardOutput { throw ValidationError("--force needs the file that --output names") }
        if output == "" { throw ValidationError("--output needs the name of a file, or - for standard output") }
        if trace == "-", to == .sqlite { throw ValidationError("a database is made of a file, which is read twice") }
        if let target, target.contains(where: \.isNewline) {
            throw ValidationError("make has no names with a line's end")
        }
    }

    func run() throws {
        let saved = try Saved.trace(trace)
        if let format = to.rows { return try writeRows(saved, format) }
        let run = try Saved.refused { try SavedRun(saved) }
        Saved.say(run.remarks)
        let history = run.history
        if to == .sqlite {
            try Saved.refused {
                try RunDatabase(history).write(to: output ?? "", owner: try Saved.owner(), replaces: force) { take in
                    _ = try saved.read(take)
                }
            }
            return
        }
        let summary = RunSummary(history, noise: try noise.noise())
        let evidence = hashes.evidence(of: summary, in: history)
        let bytes =
            switch to {
            case .dot: Array(RunGraph(history, summary).dot.utf8)
            case .make: try rule(history, summary)
            case .provJSON: RunGraph(history, summary).provJSON(evidence: evidence)
            case .roCrate: ROCrate(history, summary, evidence: evidence, published: Clock.wall).bytes
            default: summary.json(of: history, evidence: evidence, account: run.end.account)
            }
        try Destination(output, force: force).write { try $0(bytes) }
    }

    private static var roomForPart: Int { 256 << 10 }

    private func writeRows(_ saved: SavedTrace, _ format: TraceFormat) throws {
        var writer = TraceWriter(TraceWriter.Options(format, isWide: format == .csv, showsOperations: true))
        try Destination(output, force: force).write { write in
            writer.begin()
            var rows: UInt64 = 0
            let end = try saved.read { event in
                writer.append(event)
                rows += 1
                if writer.bytes.count >= Self.roomForPart { try write(writer.take()) }
            }
            // What was missing is missing in the copy, too.
            var account = end.account
            account?.rows = rows
            writer.end(account)
            try write(writer.take())
            Saved.say(end.remarks(of: saved.name))
        }
    }

    private func rule(_ history: RunHistory, _ summary: RunSummary) throws -> [UInt8] {
        let directory = relativeTo.map { path in
            let folder = FileManager.default.currentDirectoryPath
            return FileName.simplified(ByteString(path.hasPrefix("/") ? path : "\(folder)/\(path)"))
        }
        do throws(Depfile.Refusal) {
            return try Depfile(history, summary, target: target.map { ByteString($0) }, relativeTo: directory).bytes
        } catch {
            throw Refusal(.failed, error.text)
        }
    }
}
