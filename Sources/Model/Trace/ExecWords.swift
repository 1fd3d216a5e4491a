/// The words of a command line, taken apart: those of the program itself, and those of a command that it is to run.
///
/// The command's are whatever bytes the caller chose and as many as it chose, so no parser of options gets to see them.
package struct ExecWords: Equatable, Sendable {
    /// The program's own: the subcommand and its options.
    package let own: [ByteString]
    /// The command and its arguments; nil without one.
    package let command: [ByteString]?

    /// - Parameters:
    ///   - words: without the name of the program.
    ///   - subcommand: the one behind whose options a command stands; of others everything is the program's own.
    ///   - valued: the names of options that take the next word as their value, such as `--flags` and `-o`.
    package init(_ words: [ByteString], subcommand: ByteString, valued: Set<ByteString>) {
        guard words.first == subcommand else {
            (own, command) = (words, nil)
            return
        }
        var end = 1
        while end < words.count, words[end].bytes.first == UInt8(ascii: "-"), words[end].count > 1, words[end] != "--" {
            end += valued.contains(words[end]) ? 2 : 1
        }
        end = min(end, words.count)
        own = Array(words[..<end])
        let rest = words[end...].first == "--" ? words[end...].dropFirst() : words[end...]
        command = rest.isEmpty ? nil : Array(rest)
    }
}
