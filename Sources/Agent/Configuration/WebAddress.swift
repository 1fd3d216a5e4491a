/// What is known about an `http` or `https` URL before anything is sent there.
struct WebAddress: Equatable {
    var isEncrypted: Bool
    var host: String

    struct Problem: Error, Equatable {
        var sentence: String
    }

    /// Reads `text`; problems never repeat any of it, since it may hold a password.
    init(_ text: String) throws(Problem) {
        guard text.unicodeScalars.allSatisfy({ $0.isASCII && $0 != " " }) else {
            throw Problem(sentence: "must not contain blanks or letters outside ASCII; write them percent-encoded")
        }
        let scheme = text.lowercased().hasPrefix("https://") ? "https://" : "http://"
        guard text.lowercased().hasPrefix(scheme) else {
            throw Problem(sentence: "must begin with http:// or https://")
        }
        isEncrypted = scheme == "https://"
        let authority = text.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        guard !text.contains("#") else { throw Problem(sentence: "must not have a fragment (#...)") }
        guard !authority.contains("@") else {
            let instead = "use username and password_file, or bearer_token_file"
            throw Problem(sentence: "must not contain a user name or password; \(instead)")
        }
        guard let (host, port) = Self.hostAndPort(authority), !host.isEmpty else {
            throw Problem(sentence: "must name a host, as in \"https://collector.example:4318/ingest\"")
        }
        guard port.map({ (1...65_535).contains(Int($0) ?? 0) }) ?? true else {
            throw Problem(sentence: "must have a port between 1 and 65535")
        }
        self.host = host
    }

    var isLoopback: Bool { Self.isLoopback(host) }

    /// Whether what is sent to `host` stays on this machine.
    static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        // Only a complete IPv4 address: 127.example.com is anybody's.
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers.first == 127 && !numbers.contains(nil)
    }

    /// Splits `host:port`, `[v6]:port` or `host`; nil when the brackets do not match.
    static func hostAndPort(_ text: Substring) -> (host: String, port: String?)? {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let host = String(text[..<end].dropFirst())
            let rest = text[end...].dropFirst()
            if rest.isEmpty { return (host, nil) }
            return rest.hasPrefix(":") ? (host, String(rest.dropFirst())) : nil
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let host = parts.first else { return nil }
        return (String(host), parts.count > 1 ? String(parts[1]) : nil)
    }
}
