/// How the program ends, as its manual lists it.
package enum ExitStatus: Int32, Sendable {
    case fine = 0
    case failed = 1
    case badArguments = 2
    case hostCannot = 77
    case badConfiguration = 78
}

/// Why the program cannot go on, in a sentence that says what to do.
package struct Refusal: Error, Sendable, CustomStringConvertible {
    package let status: ExitStatus
    package let description: String

    package init(_ status: ExitStatus, _ sentence: String) { (self.status, description) = (status, sentence) }
}
