import Agent
import ArgumentParser
import Commands
import Foundation
import Kernel
import Machine
import Model
import Render
import Tracer

/// `opentrace exec`
struct Exec: AsyncParsableCommand, AnswersSignals {
    static let configuration = CommandConfiguration(
        abstract: "Run a command and write down what it opens, with all that comes from it.",
        usage: "opentrace exec [<options>] [--] <command> [<argument> ...]",
        discussion: """
            Rows go to trace.csv or trace.json in this folder, which a trace before may be replaced in. Under sudo the command \
            runs as who has called it. Its exit status is that of opentrace, and so is the signal that ended it; 127 when \
            there is no such command, 126 when it cannot be executed.
            """)

    @OptionGroup var options: TraceOptions
    @OptionGroup var wholeRun: RunOptions

    @Flag(help: "Say so when the command could not be put into a cgroup of its own.") var cgroups = false

    @Option(help: ArgumentHelp("Run the command as this user.", valueName: "user")) var user: String?

    @Option(
        help: ArgumentHelp(
            "What becomes of processes that the command leaves behind: they go on untraced, are waited for, or killed.",
            valueName: "what"))
    var leftover: CommandTrace.Leftover = .leave

    @Argument(
        parsing: .captureForPassthrough, help: ArgumentHelp("The command, with its arguments.", valueName: "command"))
    var words: [String] = []

    /// Options end with the first word that is none, and what follows is the command's. The parser sees a word in its place.
    var command: [ByteString] {
        GivenWords.taken.command ?? (words.first == "--" ? words.dropFirst() : words[...]).map { ByteString($0) }
    }

    func validate() throws {
        if let first = words.first, first != "--", first.hasPrefix("-"), first != "-" {
            if first == "--help" || first == "-h" { throw CleanExit.helpRequest(self) }
            throw ValidationError(Self.unknownOption(first))
        }
        if options.explain { return }
        guard let first = command.first else {
            throw ValidationError("a command is missing: opentrace exec [<options>] [--] <command> [<argument> ...]")
        }
        if first.isEmpty { throw ValidationError("the name of the command is empty") }
    }

    private static func unknownOption(_ word: String) -> String {
        let name = String(word.prefix { $0 != "=" })
        let near = Suggestion.nearest(to: name, among: known).map { "; did you mean '\($0)'?" } ?? ""
        return "there is no option '\(name.legible)'\(near)\(near.isEmpty ? "; the command's own stand behind it" : "")"
    }

    private static let known =
        [
            "flags", "format", "output", "force", "wide", "ops", "path", "comm", "uid", "unit", "container", "failed",
            "writes", "created", "explain", "strict", "quiet", "buffer", "color", "cgroups", "user", "leftover", "help",
        ].map { "--\($0)" } + RunOptions.names.map { "--\($0)" }

    func run() async throws {
        if options.explain {
            try StandardOutput.write(TraceExplanation(options.request, of: .children(cgroup: nil)).text)
            return
        }
        Signals.ignore(InheritedSignals.ignored)
        MemoryUse.keepSmall()
        // The keys of the terminal are for the command.
        signal(SIGQUIT, SIG_IGN)
        // Where it is ignored, nobody hears how the command ended.
        signal(SIGCHLD, SIG_DFL)
        let session = TraceSession(options, followsRun: wholeRun.isAsked)
        let recorder = try wholeRun.recorder()
        let manifest = try wholeRun.manifest()
        let outcome: CommandTrace.Outcome
        let status: ExitStatus
        var hasKept = true
        do {
            let choice = try ChildUser.Choice(option: user, environment: session.environment, effective: geteuid())
            try session.requirePrivileges()
            let child = try ChildUser.find(choice, effective: geteuid())
            let usual = options.format == .csv ? "trace.csv" : "trace.\(options.format.extension)"
            let output = try options.openOutput(usual: usual, owner: session.owner())
            do {
                outcome = try await trace(as: child, session, to: output, recorder)
            } catch {
                output.discard()
                throw error
            }
            if let recorder {
                StandardError.say(lines: try await wholeRun.text(of: recorder))
                if !outcome.result.account.isWhole { TraceSession.say("what was lost is not in this either") }
                if let manifest { hasKept = tell(recorder.whole, outcome.result, against: manifest) }
            }
            status = session.conclude(outcome.result)
        } catch let refusal as TraceRefusal {
            try leave(refusal)
        }
        if status != .fine { throw ExitCode(status.rawValue) }
        try leave(outcome.ending)
        if !hasKept { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    /// Says what the manifest does not allow; whether the run kept to it, as far as that can be told.
    private func tell(_ run: RunHistory, _ result: TraceRun.Result, against manifest: AccessManifest) -> Bool {
        let breaches = manifest.breaches(in: run)
        if !breaches.isEmpty {
            TraceSession.say("the command did what \((wholeRun.check ?? "").legible) does not allow:")
            StandardError.say(lines: Check.text(of: breaches, in: run))
        }
        // A full disk costs rows, but nothing of what the recorder has seen.
        guard result.failure == nil, !result.account.loss.lacksEvents, run.events > 0 else {
            TraceSession.say("not all that the command did was seen, so nothing can be said of the rest")
            return false
        }
        return breaches.isEmpty
    }

    private func trace(
        as user: ChildUser?, _ session: TraceSession, to output: TraceOutput, _ recorder: RunRecorder?
    ) async throws -> CommandTrace.Outcome {
        let inherited = ChildEnvironment.inherited
        var plan = Child.Plan(
            command, environment: user.map { inherited.of($0) } ?? inherited, user: user)
        (plan.blockedSignals, plan.ignoredSignals) = (InheritedSignals.blocked, InheritedSignals.ignored)
        var command = CommandTrace(plan)
        (command.wantsCgroup, command.leftover) = (cgroups, leftover)
        let tracefs = try session.tracefs()
        var consumers = session.consumers(output, whenAbandoned: .goesOn)
        if let recorder { consumers.append(recorder) }
        let everybody = consumers
        return try await command.run(stop: session.stop, signals: Signals.arrivals(), say: TraceSession.say) { cgroup in
            // The terminal is the command's while it writes there.
            try session.attach(
                .children(cgroup: cgroup), to: everybody, tracefs: tracefs,
                showsProgress: isatty(2) == 1 && isatty(1) == 0 && !output.isTerminal)
        }
    }

    /// With what the shell would have said of the command.
    private func leave(_ refusal: TraceRefusal) throws -> Never {
        switch refusal.reason {
        case .commandNotFound, .commandNotExecutable:
            TraceSession.say(refusal.description)
            throw ExitCode(refusal.reason == .commandNotFound ? 127 : 126)
        case .argument, .failure, .host: throw Refusal(refusal)
        }
    }

    private func leave(_ ending: ProcessEnding?) throws {
        switch ending {
        case .exited(0)?: break
        case .exited(let code)?: throw ExitCode(code)
        case .killed(let number)?: OwnEnd.kill(number)
        case nil: throw Refusal(.failed, "how the command ended cannot be told")
        }
    }
}

extension CommandTrace.Leftover: ExpressibleByArgument {}

extension TraceFormat {
    /// Of a file with such rows.
    var `extension`: String { self == .text ? "txt" : rawValue }
}
