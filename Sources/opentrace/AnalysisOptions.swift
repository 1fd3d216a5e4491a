import Agent
import ArgumentParser
import Commands
import Foundation
import Model
import Render
import Tracer

/// Which files the analysis of a run shows one by one.
struct NoiseOptions: ParsableArguments {
    @Flag(help: "Also the files of the system, such as /usr, /lib, /proc and /dev, one by one.") var allFiles = false

    @Option(help: ArgumentHelp("Leave these files out; may be given more than once.", valueName: "glob"))
    var ignore: [String] = []

    @Option(
        help: ArgumentHelp(
            "Show all below this directory as one line; may be given more than once.", valueName: "directory")
    )
    var aggregate: [String] = []

    func validate() throws { _ = try noise() }

    var isAsked: Bool { allFiles || !ignore.isEmpty || !aggregate.isEmpty }

    func noise() throws -> PathNoise {
        let globs = try ignore.map { text in
            do throws(PathGlob.Mistake) {
                return try PathGlob(text)
            } catch {
                throw ValidationError("'\(text.legible)' is no glob: \(error.text)")
            }
        }
        for directory in aggregate where !directory.hasPrefix("/") {
            throw ValidationError("'\(directory.legible)' is no absolute path, as --aggregate needs it")
        }
        return PathNoise(
            showsAll: allFiles, ignored: globs, aggregated: aggregate.map { FileName.simplified(ByteString($0)) })
    }
}

/// Whether, and of which files, contents are hashed.
struct HashOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "SHA-256, size and time of change: none, outputs, or all (inputs as well).", valueName: "which"))
    var hash: Fingerprinting.Scope = .none

    @Option(help: ArgumentHelp("Files larger than this are not hashed.", valueName: "bytes"))
    var hashMost: UInt64 = 1 << 30

    var fingerprinting: Fingerprinting { Fingerprinting(mostBytes: hashMost) }

    func evidence(of summary: RunSummary, in history: RunHistory) -> [Int: FileEvidence] {
        fingerprinting.evidence(of: summary, in: history, hash)
    }
}

extension Fingerprinting.Scope: ExpressibleByArgument {}

/// What `exec` says of the whole run when it is over.
struct RunOptions: ParsableArguments {
    @Flag(help: "At the end, what the command read and what became of the files, on standard error.") var summary =
        false
    @Flag(help: "At the end, its processes as a tree, each with what it read and wrote, on standard error.") var tree =
        false
    @Option(
        help: ArgumentHelp(
            "At the end, on standard error, what it read and wrote that this manifest does not allow: as \"opentrace check\".",
            valueName: "manifest"))
    var check: String?
    @OptionGroup var hashes: HashOptions
    @OptionGroup var noise: NoiseOptions

    static let names = ["summary", "tree", "check", "hash", "hash-most", "all-files", "ignore", "aggregate"]

    var isAsked: Bool { isShown || check != nil }

    private var isShown: Bool { summary || tree }

    func validate() throws {
        if hashes.hash != .none, !summary { throw ValidationError("--hash is about the files of --summary") }
        if !isShown, noise.isAsked {
            throw ValidationError("--all-files, --ignore and --aggregate are about --summary and --tree")
        }
    }

    /// Nil where nobody asks.
    func recorder() throws -> RunRecorder? {
        guard isAsked else { return nil }
        return RunRecorder(
            hasWrites: true, fingerprinting: hashes.hash == .all ? hashes.fingerprinting : nil, noise: try noise.noise()
        )
    }

    /// Nil where nobody asks; a mistake in it is found before the command runs.
    func manifest() throws -> AccessManifest? { try check.map(Check.manifest) }

    func text(of recorder: RunRecorder) async throws -> String {
        let (history, noise) = (recorder.whole, try noise.noise())
        var text = ""
        if summary {
            let summary = RunSummary(history, noise: noise)
            let evidence = hashes.fingerprinting.evidence(
                of: summary, in: history, hashes.hash, known: await recorder.firstSights())
            text += summary.text(of: history, evidence: evidence)
        }
        if tree { text += (summary ? "\n" : "") + ProcessTree(of: history, noise: noise).text }
        return text
    }
}

/// Saved traces on a command line.
enum Saved {
    static let help = ArgumentHelp(
        "A saved trace: json, jsonl, or csv with --wide; - is standard input.", valueName: "trace")

    static func trace(_ path: String) throws -> SavedTrace {
        do throws(SavedTrace.Mistake) {
            return try SavedTrace(reading: path)
        } catch {
            throw Refusal(.failed, "\(error)")
        }
    }

    /// Says what could not be read.
    static func run(_ path: String) throws -> SavedRun {
        try refused {
            let run = try SavedRun(try trace(path))
            say(run.remarks)
            return run
        }
    }

    /// Turns what the library throws into what a program says.
    static func refused<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let mistake as SavedTrace.Mistake {
            throw Refusal(.failed, "\(mistake)")
        } catch let refusal as TraceRefusal {
            throw Refusal(refusal.reason == .argument ? .badArguments : .failed, refusal.description)
        }
    }

    static func say(_ remarks: [String]) {
        for remark in remarks { StandardError.say("opentrace: \(remark)") }
    }

    /// Whose a file is that is made here.
    static func owner() throws(TraceRefusal) -> TraceOutput.Owner? {
        try .caller(in: ProcessInfo.processInfo.environment)
    }
}

/// Where a document goes: a new file, or standard output.
struct Destination {
    private let output: TraceOutput
    private let stop = StopSign()

    /// - Parameter path: nil and `-` are standard output.
    init(_ path: String?, force: Bool) throws {
        guard let path, !TraceOutput.meansStandardOutput(path) else {
            output = .standardOutput
            return
        }
        output = try Saved.refused {
            try TraceOutput.open(path, owner: try Saved.owner(), existing: force ? .replace : .refuse)
        }
    }

    /// Writes all of it, in parts as they come; a file that could not be written whole is gone again.
    func write(_ parts: ((_ part: [UInt8]) throws -> Void) throws -> Void) throws {
        do {
            try Saved.refused {
                try output.begin()
                try parts { part in
                    switch output.write(part, until: stop) {
                    case .whole: break
                    // Who reads has enough, as head(1) does.
                    case .nobodyReads: throw ExitCode.success
                    case .notTaken: throw Refusal(.failed, "nobody takes what is written to \(output.name)")
                    case .failed(let reason): throw Refusal(.failed, "cannot write \(output.name.legible): \(reason)")
                    }
                }
            }
        } catch let code as ExitCode where code == .success {
            return
        } catch {
            output.discard()
            throw error
        }
    }

    func write(_ text: String) throws { try write { try $0(Array(text.utf8)) } }
}
