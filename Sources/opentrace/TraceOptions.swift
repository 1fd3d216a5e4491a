import ArgumentParser
import Model
import Render
import Tracer

/// What `all` and `exec` have in common: which rows, and how they look.
struct TraceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Only opens with these flags, such as O_CREAT or 'WRITE & ~O_CREAT'.", valueName: "formula"),
        transform: TraceArguments.formula)
    var flags: FlagsFormula?

    @Option(
        help: ArgumentHelp("How rows are written: \(TraceArguments.formats).", valueName: "format"),
        transform: TraceArguments.format)
    var format: TraceFormat = .csv

    @Option(
        name: [.customLong("output"), .customShort("o")],
        help: ArgumentHelp("Where rows go; - is standard output.", valueName: "file"))
    var output: String?

    @Flag(help: "Replace the file that --output names.") var force = false

    @Flag(help: "Rows with time, thread, parent, user, unit, absolute path, and whether a file was created.")
    var wide = false

    @Option(
        help: ArgumentHelp(
            "What rows are about, of \(TraceArguments.operations); or all. Opens without it.", valueName: "list"),
        transform: TraceArguments.operations)
    var ops: Set<TraceOperation> = [.open]

    @Option(
        help: ArgumentHelp(
            "Only files whose absolute path, or name as passed, is like this: * stops at /, ** does not.",
            valueName: "glob"),
        transform: TraceArguments.glob)
    var path: PathGlob?

    @Option(
        help: ArgumentHelp("Only processes with a name like this.", valueName: "glob"), transform: TraceArguments.glob)
    var comm: PathGlob?

    @Option(help: ArgumentHelp("Only what this user does.", valueName: "user"), transform: TraceArguments.user)
    var uid: UInt32?

    @Option(help: ArgumentHelp("Only units with a name like this.", valueName: "glob"), transform: TraceArguments.glob)
    var unit: PathGlob?

    @Option(
        help: ArgumentHelp("Only containers with a name or id like this.", valueName: "glob"),
        transform: TraceArguments.glob)
    var container: PathGlob?

    @Flag(help: "Only what failed.") var failed = false
    @Flag(help: "Only opens that may write: WRITE in --flags.") var writes = false
    @Flag(help: "Only opens that made a file: CREATED in --flags.") var created = false

    @Flag(help: "Show what of this is tested in the kernel and what in opentrace, and end.") var explain = false
    @Flag(help: "End with 1 when anything was lost.") var strict = false
    @Flag(help: "No line at the end unless something was lost, and none meanwhile.") var quiet = false

    @Option(
        help: ArgumentHelp("Room for events between the kernel and opentrace.", valueName: "size"),
        transform: TraceArguments.size)
    var buffer = 4 << 20

    @Option(help: ArgumentHelp("Colours of text.", valueName: "when"))
    var color: ColorChoice = .auto

    func validate() throws {
        if ops.isDisjoint(with: [.open, .create]), flags != nil || writes || created {
            throw ValidationError("--flags, --writes and --created are about opens, which --ops leaves out")
        }
        if output == "" { throw ValidationError("--output needs the name of a file, or - for standard output") }
        if force, output.map(TraceOutput.meansStandardOutput) ?? true {
            throw ValidationError("--force is about the file that --output names")
        }
    }

    var request: TraceRequest {
        var request = TraceRequest()
        (request.operations, request.formula) = (ops, flags)
        (request.onlyWrites, request.onlyCreated, request.onlyFailures) = (writes, created, failed)
        (request.path, request.comm, request.unit, request.container) = (path, comm, unit, container)
        (request.uid, request.format, request.isWide) = (uid, format, wide)
        return request
    }

    /// Opens where rows go.
    ///
    /// - Parameters:
    ///   - usual: the file when none is named; nil for standard output.
    ///   - owner: whose a new file is.
    func openOutput(usual: String?, owner: TraceOutput.Owner?) throws(TraceRefusal) -> TraceOutput {
        guard let name = output ?? usual, !TraceOutput.meansStandardOutput(name) else { return .standardOutput }
        return try .open(name, owner: owner, existing: output == nil ? .replaceOwn : force ? .replace : .refuse)
    }
}

enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
    case auto, always, never

    /// https://no-color.org
    func applies(to output: TraceOutput, environment: [String: String]) -> Bool {
        switch self {
        case .always: true
        case .never: false
        case .auto: output.isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        }
    }
}
