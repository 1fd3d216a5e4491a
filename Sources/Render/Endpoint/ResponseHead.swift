package import Model

/// The head of an answer of the local endpoint.
///
/// No page of another origin may read it (there are no CORS headers), guess what it is, or keep it.
package struct ResponseHead: Sendable {
    package var status: EndpointStatus
    package var contentType: String
    /// Of the body, which an answer to HEAD does not have.
    package var length: Int
    package var keepsAlive: Bool

    package init(_ status: EndpointStatus, contentType: String, length: Int, keepsAlive: Bool) {
        (self.status, self.contentType, self.length, self.keepsAlive) = (status, contentType, length, keepsAlive)
    }

    package var bytes: [UInt8] {
        var lines = [
            "HTTP/1.1 \(status.rawValue) \(status.phrase)",
            "Content-Type: \(contentType)",
            "Content-Length: \(length)",
            "Connection: \(keepsAlive ? "keep-alive" : "close")",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            "Content-Security-Policy: \(Self.contentPolicy)",
            "Cross-Origin-Resource-Policy: same-origin",
            "Referrer-Policy: no-referrer",
        ]
        switch status {
        case .needsToken: lines.append("WWW-Authenticate: Bearer realm=\"otagent\"")
        case .otherMethod: lines.append("Allow: GET, HEAD")
        case .unavailable: lines.append("Retry-After: 5")
        default: break
        }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// The page's own files and its questions, and nothing else, from nowhere else.
    private static let contentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
