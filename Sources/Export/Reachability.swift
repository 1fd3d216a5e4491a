import Glibc

/// Whether anybody listens where a URL points to: a connection is made and closed, nothing is sent.
package enum Reachability {
    /// Why nobody could be reached within `timeout` for each address of the host; nil when somebody was.
    package static func problem(of url: String, timeout: Duration) -> String? {
        let endpoint: Endpoint
        do throws(SinkProblem) {
            endpoint = try Endpoint(url)
        } catch {
            return error.description
        }
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
