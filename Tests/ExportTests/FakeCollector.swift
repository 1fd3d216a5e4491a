import Dispatch
import Glibc
import Synchronization

/// A collector on this host that answers as a script says, one connection after the other; the last answer repeats.
final class FakeCollector: Sendable {
    enum Answer: Sendable {
        case status(Int, headers: [String] = [], bodyBytes: Int = 0)
        /// Reads the request and says nothing until the client gives up.
        case hang
        /// Says 200 and the beginning of a header, then nothing.
        case trickle
        /// Reads the request and resets the connection.
        case reset
        /// Says this and ends the connection: with a reset, or as usual.
        case raw(String, reset: Bool = false)
        /// Says this and keeps the connection until the client gives up.
        case open(String)
        /// Says this a byte at a time, with a pause of a few milliseconds after each.
        case drip(String)
        /// Says 200, keeps the connection, and closes it on the next request.
        case goneAway
        /// 413 for a body larger than this, else 200.
        case atMost(Int)
        /// 415 for a body that is packed, else 200.
        case plainOnly
        /// What a proxy does after CONNECT: from then on all bytes go to and fro between the client and this port.
        case tunnel(to: UInt16)
    }

    enum Place: Sendable {
        case ipv4, ipv6
        /// A socket at this path.
        case file(String)
    }

    struct Request: Sendable, Equatable {
        var line = ""
        /// Names in lower case.
        var headers: [String: String] = [:]
        var body: [UInt8] = []
    }

    struct NoSocket: Error {}

    let port: UInt16
    private let host: String
    private let listener: Int32
    private let stopped = Mutex(false)
    private let requests = Mutex<[Request]>([])
    private let ended = DispatchSemaphore(value: 0)

    init(_ script: [Answer], at place: Place = .ipv4) throws {
        let opened = try Self.listen(at: place)
        (listener, port, host) = (opened.listener, opened.port, opened.host)
        DispatchQueue(label: "fake collector").async { self.serve(script) }
    }

    private static func listen(at place: Place) throws -> (listener: Int32, port: UInt16, host: String) {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        func opened<Address>(_ address: Address, _ family: Int32) throws -> (Int32, Address) {
            let listener = socket(family, kind, 0)
            var address = address
            var size = socklen_t(MemoryLayout<Address>.size)
            let isReady = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, size) == 0 && Glibc.listen(listener, 16) == 0
                        && getsockname(listener, $0, &size) == 0
                }
            }
            if isReady { return (listener, address) }
            close(listener)
            throw NoSocket()
        }
        switch place {
        case .ipv4:
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let (listener, bound) = try opened(address, AF_INET)
            return (listener, UInt16(bigEndian: bound.sin_port), "127.0.0.1")
        case .ipv6:
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_addr = in6addr_loopback
            let (listener, bound) = try opened(address, AF_INET6)
            return (listener, UInt16(bigEndian: bound.sin6_port), "[::1]")
        case .file(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
            return (try opened(address, AF_UNIX).0, 0, "collector")
        }
    }

    var url: String { "http://\(host)" + (port == 0 ? "" : ":\(port)") + "/ingest" }
    var received: [Request] { requests.withLock { $0 } }

    /// From now on connections are refused.
    func stop() {
        stopped.withLock { $0 = true }
        shutdown(listener, Int32(SHUT_RDWR))
        ended.wait()
        close(listener)
    }

    private func serve(_ script: [Answer]) {
        var script = script[...]
        while !stopped.withLock({ $0 }) {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { break }
            if let request = read(from: client), let answer = script.first {
                if script.count > 1 { script.removeFirst() }
                requests.withLock { $0.append(request) }
                give(answer, to: client, for: request)
            }
            close(client)
        }
        ended.signal()
    }

    private func give(_ answer: Answer, to client: Int32, for request: Request) {
        switch answer {
        case .status(let status, let headers, let bodyBytes):
            let lines = ["HTTP/1.1 \(status) Scripted", "Content-Length: \(bodyBytes)", "Connection: close"] + headers
            write(lines.joined(separator: "\r\n") + "\r\n\r\n", to: client)
            var left = bodyBytes
            while left > 0 {
                let piece = [UInt8](repeating: 0x78, count: min(left, 1 << 16))
                guard send(client, piece, piece.count, Int32(MSG_NOSIGNAL)) > 0 else { return }
                left -= piece.count
            }
        case .hang: waitForEnd(of: client)
        case .trickle:
            write("HTTP/1.1 200 Scripted\r\nContent-Length: 10", to: client)
            waitForEnd(of: client)
        case .reset: resetAtClose(client)
        case .raw(let text, let reset):
            write(text, to: client)
            if reset { resetAtClose(client) }
        case .open(let text):
            write(text, to: client)
            waitForEnd(of: client)
        case .drip(let text):
            for byte in text.utf8 {
                write(String(UnicodeScalar(byte)), to: client)
                // Ends early when the client goes away.
                var peer = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
                if poll(&peer, 1, 5) > 0 { return }
            }
        case .goneAway:
            write("HTTP/1.1 200 Scripted\r\nContent-Length: 0\r\n\r\n", to: client)
            var byte: UInt8 = 0
            _ = recv(client, &byte, 1, 0)
        case .atMost(let limit):
            give(.status(request.body.count > limit ? 413 : 200), to: client, for: request)
        case .plainOnly:
            let isPacked = request.headers["content-encoding"] != nil
            give(.status(isPacked ? 415 : 200), to: client, for: request)
        case .tunnel(let port): relay(client, to: port)
        }
    }

    private func resetAtClose(_ client: Int32) {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }

    private func relay(_ client: Int32, to port: UInt16) {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(server) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        (address.sin_addr.s_addr, address.sin_port) = (UInt32(0x7F00_0001).bigEndian, port.bigEndian)
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return }
        write("HTTP/1.1 200 Connected\r\n\r\n", to: client)
        var ends = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while poll(&ends, 2, -1) > 0 {
            for (from, to) in [(0, 1), (1, 0)] where ends[from].revents != 0 {
                let count = recv(ends[from].fd, &buffer, buffer.count, 0)
                guard count > 0, send(ends[to].fd, buffer, count, Int32(MSG_NOSIGNAL)) == count else { return }
            }
        }
    }

    private func write(_ text: String, to client: Int32) {
        let bytes = Array(text.utf8)
        _ = send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    private func waitForEnd(of client: Int32) {
        var byte: UInt8 = 0
        while recv(client, &byte, 1, 0) > 0 {}
    }

    private func read(from client: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            if let request = parse(bytes) { return request }
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    /// The request, once all of it is there.
    private func parse(_ bytes: [UInt8]) -> Request? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        var lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        var request = Request(line: String(lines.removeFirst()))
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            request.headers[line[..<colon].lowercased()] = String(value)
        }
        request.body = Array(bytes[end.upperBound...])
        return request.body.count >= Int(request.headers["content-length"] ?? "0") ?? 0 ? request : nil
    }
}
