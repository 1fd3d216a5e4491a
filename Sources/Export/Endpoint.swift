import CCurl

/// The URL of a collector, taken apart by libcurl's own parser, so that what is checked is what is used.
struct Endpoint: Sendable, Equatable {
    let url: String
    let scheme: String
    /// Without the brackets of an IPv6 address.
    let host: String
    let port: Int
    let path: String
    /// Scheme, host, port and path: for messages. Queries are left out, for some carry keys.
    let shown: String

    /// Refuses what is no http or https URL, and credentials in it: they belong into files.
    init(_ url: String) throws(SinkProblem) {
        guard let parsed = curl_url() else { throw .unusable("out of memory") }
        defer { curl_url_cleanup(parsed) }
        guard curl_url_set(parsed, CURLUPART_URL, url, UInt32(CURLU_DISALLOW_USER)) == CURLUE_OK else {
            throw .unusable("the url is not valid, or contains a user name: use username and password_file")
        }
        func part(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(parsed, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
        guard let scheme = part(CURLUPART_SCHEME), let host = part(CURLUPART_HOST),
            let port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT).flatMap({ Int($0) }), let path = part(CURLUPART_PATH)
        else { throw .unusable("the url is not complete") }
        guard scheme == "http" || scheme == "https" else {
            throw .unusable("the url must begin with http:// or https://, not \(scheme)://")
        }
        (self.url, self.scheme, self.port, self.path) = (url, scheme, port, path)
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        shown = "\(scheme)://\(host):\(port)\(path)"
    }

    /// Whether what is sent stays on this host; other names than these are looked up, by whom is not ours to know.
    var isLoopback: Bool {
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return host == "localhost" || host == "::1"
            || (numbers.count == 4 && numbers.first == 127 && numbers.allSatisfy { $0 != nil })
    }

    /// The same URL with another host in it: TLS asks for that name and verifies it.
    func url(withHost name: String) -> String? {
        guard let parsed = curl_url() else { return nil }
        defer { curl_url_cleanup(parsed) }
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK,
            curl_url_set(parsed, CURLUPART_HOST, name, 0) == CURLUE_OK,
            curl_url_get(parsed, CURLUPART_URL, &text, 0) == CURLUE_OK, let text
        else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }

    /// Scheme, host and port: a URL of everything that is there.
    var address: String { "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// Host and port as a Host header has them.
    var authority: String {
        let bracketed = host.contains(":") ? "[\(host)]" : host
        return port == (scheme == "https" ? 443 : 80) ? bracketed : "\(bracketed):\(port)"
    }
}
