internal import Agent
package import ArgumentParser
internal import Foundation

/// A command that ends in its own way when a signal asks for it, or must not end before it has cleaned up.
package protocol AnswersSignals {}

extension AsyncParsableCommand {
    /// The whole of a program's life; every way to fail says why and has its exit code.
    ///
    /// Not an asynchronous `main`: libdispatch would rename the main thread, and with it the process, when it parks it.
    ///
    /// - Parameter words: those of the command line, without the program's name.
    package static func start(
        _ words: @escaping @Sendable () throws -> [String] = { Array(CommandLine.arguments.dropFirst()) }
    ) -> Never {
        Signals.take()
        // By default it would have the main thread's, which libdispatch cannot give to threads of a user without CAP_SYS_NICE.
        Task(priority: .medium) {
            do {
                let words = try words()
                try refuseUnknownCommand(words.first)
                var command = try parseAsRoot(words)
                if !(command is any AnswersSignals) { Signals.giveBack() }
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
                Foundation.exit(ExitStatus.fine.rawValue)
            } catch {
                leave(error)
            }
        }
        while true { pause() }
    }

    /// A word that is no command would be taken for an argument of the default one, which would complain of something else.
    private static func refuseUnknownCommand(_ word: String?) throws {
        guard let word, !word.hasPrefix("-") else { return }
        let known = configuration.subcommands.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
        if known.contains(word) || word == "help" || word == SelfTestPerformer.command { return }
        let shown = StandardError.legible(word)
        throw Refusal(
            .badArguments, "there is no command '\(shown)'; the commands are \(known.joined(separator: ", "))")
    }

    /// Says why and ends; wrong arguments end with 2, as the manual has it, and not with 64.
    private static func leave(_ error: any Error) -> Never {
        if let refusal = error as? Refusal {
            StandardError.say("\(_commandName): \(refusal)")
            Foundation.exit(refusal.status.rawValue)
        }
        let code = exitCode(for: error)
        // It has words of the command line in it, as they are.
        let text = StandardError.legible(fullMessage(for: error))
        if code.isSuccess {
            do throws(Refusal) { try StandardOutput.write(text + "\n") } catch { leave(error) }
        } else if !text.isEmpty {
            StandardError.say(text)
        }
        Foundation.exit(code == .validationFailure ? ExitStatus.badArguments.rawValue : code.rawValue)
    }
}
