internal import Agent
package import ArgumentParser
internal import Foundation

extension AsyncParsableCommand {
    /// The whole of a program's life; every way to fail says why and has its exit code.
    ///
    /// Not an asynchronous `main`: libdispatch would put the main thread to sleep with no signal blocked, and the first
    /// one would end the program before anybody could answer it.
    package static func start() -> Never {
        Signals.take()
        Task {
            do {
                var command = try parseAsRoot()
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

    /// Says why and ends; wrong arguments end with 2, as the manual has it, and not with 64.
    private static func leave(_ error: any Error) -> Never {
        if let refusal = error as? Refusal {
            StandardError.say("\(_commandName): \(refusal)")
            Foundation.exit(refusal.status.rawValue)
        }
        let code = exitCode(for: error)
        let text = fullMessage(for: error)
        if code.isSuccess { print(text) } else if !text.isEmpty { StandardError.say(text) }
        Foundation.exit(code == .validationFailure ? ExitStatus.badArguments.rawValue : code.rawValue)
    }
}
