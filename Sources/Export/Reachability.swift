import Glibc

/// Whether anybody listens where batches would be sent: a connection is made and closed, nothing is sent.
package enum Reachability {
    /// Why nobody could be reached in time, at each address of the host in turn; nil when somebody was.
    package static func problem(of options: HTTPOptions) -> String? {
        do throws(SinkProblem) {
            switch try Route(options) {
            case .direct: return problem(of: try Endpoint(options.url), timeout: options.connectTimeout)
            case .proxy(let proxy): return problem(of: proxy, timeout: options.connectTimeout)
            case .socket(let path): return problem(ofSocket: path, timeout: options.connectTimeout)
            }
        } catch {
            return error.description
        }
    }

    private static func problem(ofSocket path: String, timeout: Duration) -> String? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let failure = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                var info = addrinfo()
                (info.ai_family, info.ai_socktype) = (AF_UNIX, CInt(SOCK_STREAM.rawValue))
                (info.ai_addr, info.ai_addrlen) = (address, socklen_t(MemoryLayout<sockaddr_un>.size))
                return connect(to: info, timeout: timeout)
            }
        }
        return failure == 0 ? nil : "cannot connect to '\(path)': \(String(cString: strerror(failure)))"
    }

    private static func problem(of endpoint: Endpoint, timeout: Duration) -> String? {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(endpoint.host, String(endpoint.port), &hints, &found)
        guard code == 0 else { return "cannot resolve '\(endpoint.host)': \(String(cString: gai_strerror(code)))" }
        defer { freeaddrinfo(found) }
        var failure: CInt = ECONNREFUSED
        var next = found
        while let address = next {
            failure = connect(to: address.pointee, timeout: timeout)
            if failure == 0 { return nil }
            next = address.pointee.ai_next
        }
        return "cannot connect to \(endpoint.host):\(endpoint.port): \(String(cString: strerror(failure)))"
    }

    private static func connect(to address: addrinfo, timeout: Duration) -> CInt {
        let kind = address.ai_socktype | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let connection = socket(address.ai_family, kind, address.ai_protocol)
        guard connection >= 0 else { return errno }
        defer { close(connection) }
        if Glibc.connect(connection, address.ai_addr, address.ai_addrlen) == 0 { return 0 }
        guard errno == EINPROGRESS else { return errno }
        var wanted = pollfd(fd: connection, events: Int16(POLLOUT), revents: 0)
        guard poll(&wanted, 1, CInt(clamping: timeout.wholeMilliseconds)) > 0 else { return ETIMEDOUT }
        var failure: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(connection, SOL_SOCKET, SO_ERROR, &failure, &size)
        return failure
    }
}
