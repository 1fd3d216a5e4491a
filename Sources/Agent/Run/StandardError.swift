internal import Glibc
internal import Model

/// Where the program speaks to a person.
package enum StandardError {
    /// Lines with nothing in them that a terminal would obey, whoever has chosen words of them.
    package static func legible(_ lines: String) -> String {
        lines.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).legible }
            .joined(separator: "\n")
    }

    /// Nothing where there is nothing to say.
    package static func say(lines text: String) { if !text.isEmpty { say(text) } }

    package static func say(_ text: String) {
        let line = text.hasSuffix("\n") ? text : text + "\n"
        _ = line.withCString { write(2, $0, strlen($0)) }
    }
}
