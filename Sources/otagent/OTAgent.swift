import Agent
import ArgumentParser
import Foundation

/// The agent's command line.
@main
struct OTAgent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "otagent",
        abstract: "Counts the file activity of every systemd unit and container on this host.",
        discussion: "Exit codes: 0 fine, 1 failed, 2 bad arguments, 77 the host cannot do it, 78 bad configuration.",
        version: AgentRun.version,
        subcommands: [Run.self, Check.self, Defaults.self, Units.self],
        defaultSubcommand: Run.self)

    static func main() async {
        Signals.take()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            leave(error)
        }
    }

    /// Says why and ends; wrong arguments end with 2, as the manual has it, and not with 64.
    private static func leave(_ error: any Error) -> Never {
        if let refusal = error as? Refusal {
            StandardError.say("otagent: \(refusal)")
            Foundation.exit(refusal.status.rawValue)
        }
        let code = exitCode(for: error)
        let text = fullMessage(for: error)
        if code.isSuccess { print(text) } else if !text.isEmpty { StandardError.say(text) }
        Foundation.exit(code == .validationFailure ? ExitStatus.badArguments.rawValue : code.rawValue)
    }
}
