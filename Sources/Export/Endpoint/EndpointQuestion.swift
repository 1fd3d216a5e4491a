import Glibc
import SystemPackage

/// Asks a local endpoint for one of its documents; waits for the answer.
package struct EndpointQuestion: Sendable {
    private let address: EndpointAddress
    private let token: String?
    private static let patience = timeval(tv_sec: 10, tv_usec: 0)
    /// Of 10,000 units with many writers; more is not from an agent.
    private static let longest = 256 << 20

    package init(_ address: EndpointAddress, tokenFile: String?) throws(SinkProblem) {
        self.address = address
        guard let tokenFile else {
            token = nil
            return
        }
        var file = SecretFile(path: tokenFile)
        token = try file.read()
    }

    /// The body of the answer; throws when there is none, or it is a refusal.
    package func ask(_ path: String) throws(SinkProblem) -> [UInt8] {
        let socket = try connected()
        defer { close(socket) }
        let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(authorization)\r\n".utf8)
        guard send(socket, request, request.count, CInt(MSG_NOSIGNAL)) == request.count else { throw refusal("ask") }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while answer.count < Self.longest {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw refusal("hear") }
            if count == 0 { break }
            answer += buffer[..<count]
        }
        return try body(of: answer)
    }

    private func body(of answer: [UInt8]) throws(SinkProblem) -> [UInt8] {
        guard let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw .unusable("what answers at '\(address)' is no otagent")
        }
        let status = String(decoding: answer.dropFirst("HTTP/1.1 ".utf8.count).prefix(3), as: UTF8.self)
        switch status {
        case "200": return Array(answer[end.upperBound...])
        case "401": throw .unusable("the endpoint at '\(address)' asks for a token, or for another one")
        default: throw .unusable("the endpoint at '\(address)' answers \(status)")
        }
    }

    private func refusal(_ action: String) -> SinkProblem {
        .refused(action: action, path: address.description, Errno(rawValue: errno))
    }

    private func connected() throws(SinkProblem) -> CInt {
        switch address {
        case .unix(let path):
            guard path.utf8.count <= EndpointAddress.longestPath else { throw .unusable("'\(path)' is too long") }
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
            let socket = withUnsafePointer(to: &name) { name in
                name.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Self.connected(AF_UNIX, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            if let socket { return socket }
        case .tcp(let host, let port):
            var hints = addrinfo()
            hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
            var found: UnsafeMutablePointer<addrinfo>?
            let code = getaddrinfo(host, String(port), &hints, &found)
            guard code == 0 else { throw .unusable("cannot resolve '\(host)': \(String(cString: gai_strerror(code)))") }
            defer { freeaddrinfo(found) }
            var next = found
            while let info = next {
                if let socket = Self.connected(info.pointee.ai_family, info.pointee.ai_addr, info.pointee.ai_addrlen) {
                    return socket
                }
                next = info.pointee.ai_next
            }
        }
        throw refusal("connect to")
    }

    private static func connected(
        _ family: CInt, _ address: UnsafePointer<sockaddr>, _ length: socklen_t
    ) -> CInt? {
        let socket = socket(family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return nil }
        var patience = patience
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(socket, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        if connect(socket, address, length) == 0 { return socket }
        let error = errno
        close(socket)
        errno = error
        return nil
    }
}
