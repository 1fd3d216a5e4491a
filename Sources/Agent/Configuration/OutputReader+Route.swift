/// What is wrong with the way to a collector: straight, by a socket on this host, or through a proxy.
extension OutputReader {
    /// What the kernel has room for in the address of a socket.
    private static let longestSocketPath = 107

    func checkRoute(_ problems: inout ProblemCollector) {
        if let path = output.string("unix_socket") {
            let key = output.key.appending("unix_socket")
            if path.hasPrefix("unix:") {
                problems.value(key, "unix_socket must be a path, without unix:")
            } else if !path.hasPrefix("/") || path.utf8.count > Self.longestSocketPath {
                problems.value(key, "unix_socket must be an absolute path of at most \(Self.longestSocketPath) bytes")
            }
            if output.string("proxy") != nil {
                problems.key(key, "unix_socket and proxy exclude each other: keep one of them")
            }
        }
        if let proxy = output.string("proxy"), !Self.isPlain(proxy) {
            let sentence = "proxy must be http://HOST:PORT and nothing else; https goes through it all the same"
            problems.value(output.key.appending("proxy"), sentence)
        }
        checkProxyCredentials(&problems)
    }

    /// Whether what is not encrypted is seen by nobody but this host.
    var staysHere: Bool {
        if output.string("unix_socket") != nil { return true }
        guard let address, address.isLoopback else { return false }
        guard let proxy = output.string("proxy") else { return true }
        return (try? WebAddress(proxy))?.isLoopback ?? false
    }

    private static func isPlain(_ proxy: String) -> Bool {
        guard proxy.lowercased().hasPrefix("http://") else { return false }
        return ["", "/"].contains(proxy.dropFirst("http://".count).drop { !"/?".contains($0) })
    }

    private func checkProxyCredentials(_ problems: inout ProblemCollector) {
        let (name, file) = ("proxy_username", "proxy_password_file")
        let present = [name, file].filter { output.string($0) != nil }
        guard let first = present.first else { return }
        let key = output.key.appending(first)
        if present.count == 1 {
            let other = first == name ? file : name
            if isMissing(other) { problems.key(key, "\(first) needs \(other)") }
        } else if isMissing("proxy") {
            problems.key(key, "\(first) needs proxy")
        } else if let proxy = output.string("proxy"), let address = try? WebAddress(proxy), !address.isLoopback,
            output.values["allow_insecure_auth"] != .boolean(true)
        {
            let sentence = "the proxy's password would cross the network readable by everyone: "
            problems.key(key, sentence + "set allow_insecure_auth = true if it may")
        }
    }
}
