import Agent
import ArgumentParser
import Commands

/// The agent's command line.
struct OTAgent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "otagent",
        abstract: "Counts the file activity of every systemd unit and container on this host.",
        discussion: "Exit codes: 0 fine, 1 failed, 2 bad arguments, 77 the host cannot do it, 78 bad configuration.",
        version: AgentRun.version,
        subcommands: [
            Run.self, Check.self, DoctorCommand.self, Defaults.self, Units.self, SpoolCommand.self,
            BaselineCommand.self, TopCommand.self, SelfTestOperations.self,
        ],
        defaultSubcommand: Run.self)
}

@main
enum Main {
    static func main() { OTAgent.start() }
}
