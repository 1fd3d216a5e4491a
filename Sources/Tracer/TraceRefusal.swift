/// Why there is no trace, in a sentence that says what to do.
package struct TraceRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        /// What was asked for cannot be meant.
        case argument
        /// It could be done, but went wrong.
        case failure
        /// This host cannot do it.
        case host
        case commandNotFound
        case commandNotExecutable
    }

    package let reason: Reason
    package let description: String

    package init(_ reason: Reason, _ sentence: String) { (self.reason, description) = (reason, sentence) }
}
