internal import Glibc

/// Where the program speaks to a person.
package enum StandardError {
    package static func say(_ text: String) {
        let line = text.hasSuffix("\n") ? text : text + "\n"
        _ = line.withCString { write(2, $0, strlen($0)) }
    }
}
