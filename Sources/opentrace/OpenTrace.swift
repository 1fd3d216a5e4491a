import Agent
import ArgumentParser
import Commands

/// The tracer's command line.
struct OpenTrace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "opentrace",
        abstract: "Shows who opens which file on this host, or what a command reads and makes.",
        discussion: """
            Exit codes: 0 fine, 1 failed, 2 bad arguments, 77 the host cannot do it. Those of exec are the command's.
            """,
        version: AgentRun.version,
        subcommands: [
            All.self, Exec.self, Summary.self, Tree.self, Diff.self, How.self, Check.self, Convert.self, Units.self,
            DoctorCommand.self, SelfTestOperations.self,
        ])
}

@main
enum Main {
    static func main() { OpenTrace.start(GivenWords.forParser) }
}
