/// How a request ended.
enum HTTPAnswer: Sendable, Equatable {
    /// The whole answer came, or more of it than anyone needs.
    case status(Int, retryAfter: Duration?)
    case failed(HTTPFailure, reason: String)
}

/// Why there was no answer.
enum HTTPFailure: Sendable, Equatable {
    /// Connecting, sending or receiving: the next attempt may do better.
    case transport
    /// The peer is not who it should be, or a certificate of ours does not do: somebody has to act.
    case verification
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
