import Agent
import ArgumentParser
import Commands
import Foundation
import Kernel
import Machine
import Model
import Render
import Tracer

/// `opentrace all`
struct All: AsyncParsableCommand, AnswersSignals {
    static let configuration = CommandConfiguration(
        abstract: "Show what is opened on this host, by anybody, until Ctrl-C.",
        discussion: """
            A row for each open on standard output, as it is over. Ends by Ctrl-C, after --duration, or when who reads the \
            rows has enough.
            """)

    @OptionGroup var options: TraceOptions

    @Option(
        help: ArgumentHelp("Only this process and what comes from it from now on.", valueName: "pid"),
        transform: TraceArguments.process)
    var pid: UInt32?

    @Option(
        help: ArgumentHelp("End by itself after this time, such as 10s.", valueName: "time"),
        transform: TraceArguments.duration)
    var duration: Duration?

    private var scope: TraceSelection.Scope { pid.map { .process($0) } ?? .host }

    func run() async throws {
        if options.explain {
            try StandardOutput.write(TraceExplanation(options.request, of: scope).text)
            return
        }
        Signals.ignore(InheritedSignals.ignored)
        MemoryUse.keepSmall()
        let session = TraceSession(options)
        do {
            try session.requirePrivileges()
            if let pid, kill(pid_t(pid), 0) != 0, errno == ESRCH {
                throw TraceRefusal(.argument, "there is no process \(pid)")
            }
            let output = try options.openOutput(usual: nil, owner: session.owner())
            let status: ExitStatus
            do {
                let tracefs = try session.tracefs()
                let trace = try session.attach(
                    scope, to: session.consumers(output, whenAbandoned: .endsTrace), tracefs: tracefs,
                    showsProgress: isatty(2) == 1 && !output.isTerminal(of: 2))
                let result = await HostTrace.run(
                    trace, for: duration, stop: session.stop, signals: Signals.arrivals())
                status = session.conclude(result)
            } catch {
                output.discard()
                throw error
            }
            if status != .fine { throw ExitCode(status.rawValue) }
        } catch let refusal as TraceRefusal {
            throw Refusal(refusal)
        }
    }
}
