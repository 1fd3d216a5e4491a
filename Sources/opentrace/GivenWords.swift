import Agent
import Commands
import Glibc
import Model

/// The words that opentrace was started with, whatever bytes are in them.
enum GivenWords {
    /// What `exec` has before its command; the names of those that take the next word are those of the options below.
    static let taken = ExecWords(all, subcommand: "exec", valued: valued)

    /// For the parser of options, which takes text: the command is a word that stands for it.
    static func forParser() throws -> [String] {
        let own = try taken.own.map { word in
            guard let text = word.text else {
                throw Refusal(
                    .badArguments, "\"\(word.legible)\" is not UTF-8, which words of opentrace itself must be")
            }
            return text
        }
        return own + (taken.command == nil ? [] : ["--", "command"])
    }

    private static let all: [ByteString] = (1..<max(1, Int(CommandLine.argc))).compactMap { index in
        CommandLine.unsafeArgv[index].map { ByteString(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }

    /// A test holds them against what the help says.
    private static let valued: Set<ByteString> = [
        "-o", "--flags", "--format", "--output", "--ops", "--path", "--comm", "--uid", "--unit", "--container",
        "--buffer", "--color", "--user", "--leftover", "--hash", "--hash-most", "--ignore", "--aggregate", "--check",
    ]
}
