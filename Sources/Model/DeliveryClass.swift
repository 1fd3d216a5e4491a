/// What an answer of a receiver, or the lack of one, means for the payload that was sent.
package enum DeliveryClass: String, Sendable, CaseIterable {
    /// Taken: delete it.
    case accepted
    /// Try again later.
    case retry
    /// Somebody must change something first: try again at the longest wait, and say so.
    case hold
    /// Too large: send it in halves.
    case split
    /// Compressed in a way the receiver does not know: use a weaker one.
    case renegotiate
    /// Will never be taken: set it aside.
    case poison

    /// The class of an HTTP status code.
    ///
    /// Codes nobody has heard of follow their hundred, as HTTP asks: what the sender did wrong stays wrong, what the
    /// receiver did wrong may pass.
    package init(status: Int) {
        self =
            switch status {
            case 200...299: .accepted
            case 413: .split
            case 415: .renegotiate
            // 495 and 496 are nginx's for a client certificate that is wrong or missing.
            case 300...399, 401, 403, 404, 405, 407, 410, 421, 495, 496: .hold
            case 408, 425, 429: .retry
            case 400...499, 501, 505: .poison
            default: .retry
            }
    }

    /// The class of an attempt that ended without an answer.
    package init(failure: TransportFailure) {
        self =
            switch failure {
            case .timeout, .reset, .refused, .unresolved, .other: .retry
            case .tls: .hold
            }
    }
}

/// Why there was no answer.
package enum TransportFailure: String, Sendable, CaseIterable {
    case timeout, reset, refused
    /// The name of the host could not be resolved.
    case unresolved
    /// The certificate, or the handshake, was not acceptable.
    case tls
    case other
}
