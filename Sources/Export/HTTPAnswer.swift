/// How a request ended.
///
/// Of what a collector writes under an error nothing is passed on: it may quote the request with its credentials, and
/// seldom says the same twice, so that a log could not tell repetitions.
enum HTTPAnswer: Sendable, Equatable {
    /// The answer came, or as much of it as counts; `rejectedPoints` is what an OTLP collector did not want.
    case status(Int, retryAfter: Duration?, rejectedPoints: UInt64)
    case failed(HTTPFailure, reason: String)
}

/// Why there was no answer.
enum HTTPFailure: Sendable, Equatable {
    /// No connection: the next attempt may do better.
    case connect
    /// No answer in time, or no connection: the next attempt may do better.
    case timeout
    /// Sending or receiving: the next attempt may do better.
    case transport
    /// The peer is not who it should be, or a certificate of ours does not do: somebody has to act.
    case verification
    /// The proxy does not let us through: somebody has to act.
    case proxy
    /// A credential cannot be read: somebody has to act.
    case credentials
    /// The deadline given with the request came first.
    case stopped
}

/// One POST.
struct HTTPRequest: Sendable {
    var body: [UInt8]
    /// Without line breaks: names and values go out as they are.
    var headers: [(name: String, value: String)]
    var timeout: Duration
}

/// What proves to the collector who we are.
enum HTTPCredentials: Sendable, Equatable {
    case none
    case bearer(String)
    case basic(username: String, password: String)
}
