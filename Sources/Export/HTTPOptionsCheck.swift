extension HTTPOptions {
    /// What each request sets itself, or what only libcurl can set right.
    private static let reservedHeaders: Set = [
        "content-type", "content-encoding", "content-length", "transfer-encoding", "idempotency-key", "host", "expect",
        "user-agent",
    ]

    package static func isReserved(header name: String) -> Bool { reservedHeaders.contains(name.lowercased()) }

    /// Refuses what could never work, or would show credentials to the network.
    func check(for endpoint: Endpoint, by route: Route) throws(SinkProblem) {
        guard bearerTokenFile == nil || username == nil else {
            throw .unusable("bearer_token_file and username exclude each other")
        }
        guard (username == nil) == (passwordFile == nil) else {
            throw .unusable("username and password_file need each other")
        }
        var hasCredentials = bearerTokenFile != nil || username != nil
        for (name, value) in headers {
            try Self.check(header: name, value)
            if name.lowercased() == "authorization" { hasCredentials = true }
        }
        let isPrivate = endpoint.scheme == "https" || route.staysHere(to: endpoint)
        guard !hasCredentials || isPrivate || allowInsecureAuth else {
            throw .unusable(
                "credentials would go to \(endpoint.host) unencrypted: use https, or set allow_insecure_auth = true")
        }
        try checkProxyCredentials(for: route)
    }

    private func checkProxyCredentials(for route: Route) throws(SinkProblem) {
        guard (proxyUsername == nil) == (proxyPasswordFile == nil) else {
            throw .unusable("proxy_username and proxy_password_file need each other")
        }
        guard proxyUsername != nil else { return }
        guard case .proxy(let proxy) = route else { throw .unusable("proxy_username needs proxy") }
        guard proxy.isLoopback || allowInsecureAuth else {
            throw .unusable(
                "the proxy's password would go to \(proxy.host) unencrypted: set allow_insecure_auth = true if it may")
        }
    }

    /// The value appears in no error: some are keys.
    private static func check(header name: String, _ value: String) throws(SinkProblem) {
        // A token of RFC 9110.
        let isToken = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
        guard !name.isEmpty, isToken else { throw .unusable("'\(name)' cannot be the name of a header") }
        guard !isReserved(header: name) else {
            throw .unusable("the header '\(name)' is set by the output itself")
        }
        guard value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else {
            throw .unusable("the value of header '\(name)' contains control characters")
        }
    }
}
