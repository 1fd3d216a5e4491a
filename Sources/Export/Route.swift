/// The way to a collector.
enum Route: Sendable, Equatable {
    case direct
    /// Through a socket on this host, whatever host the URL names.
    case socket(String)
    case proxy(Endpoint)

    /// What the kernel has room for in the address of a socket, the zero at its end left out.
    private static let longestSocketPath = 107

    /// The environment is never asked: a daemon must not send its batches elsewhere because of a variable that was meant
    /// for other programs.
    init(_ options: HTTPOptions) throws(SinkProblem) {
        switch (options.unixSocket, options.proxy) {
        case (nil, nil):
            self = .direct
        case (let path?, nil):
            guard path.hasPrefix("/"), path.utf8.count <= Self.longestSocketPath else {
                throw .unusable(
                    "unix_socket must be an absolute path of at most \(Self.longestSocketPath) bytes, without unix:")
            }
            self = .socket(path)
        case (nil, let url?):
            let proxy: Endpoint
            do throws(SinkProblem) { proxy = try Endpoint(url) } catch {
                throw .unusable("the proxy's url is not valid, or contains a user name: use proxy_username")
            }
            guard proxy.scheme == "http", proxy.path == "/", !url.contains("?") else {
                throw .unusable("the proxy must be http://HOST:PORT and nothing else")
            }
            self = .proxy(proxy)
        case (_?, _?):
            throw .unusable("unix_socket and proxy exclude each other")
        }
    }

    /// Whether nobody but this host sees what goes to the collector unencrypted.
    func staysHere(to endpoint: Endpoint) -> Bool {
        switch self {
        case .direct: endpoint.isLoopback
        case .socket: true
        case .proxy(let proxy): proxy.isLoopback && endpoint.isLoopback
        }
    }

    /// What is connected to on this way to the collector, for messages.
    func shown(to endpoint: Endpoint) -> String {
        switch self {
        case .direct: endpoint.shown
        case .socket(let path): "'\(path)'"
        case .proxy(let proxy): "the proxy \(proxy.address)"
        }
    }
}
