import Glibc

/// A client of the endpoint that says exactly what it is told to.
final class Client {
    struct Failed: Error { let error: CInt }

    private let socket: CInt

    init(_ port: UInt16, v6: Bool = false, smallWindow: Bool = false) throws {
        socket = Glibc.socket(v6 ? AF_INET6 : AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if smallWindow {
            var size: CInt = 4096
            setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        }
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { bytes in
            bytes.storeBytes(of: sa_family_t(v6 ? AF_INET6 : AF_INET), toByteOffset: 0, as: sa_family_t.self)
            bytes.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
            if v6 {
                bytes[23] = 1
            } else {
                bytes.storeBytes(of: UInt32(0x7F00_0001).bigEndian, toByteOffset: 4, as: UInt32.self)
            }
        }
        let size = socklen_t(v6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
        let isConnected = withUnsafePointer(to: &storage) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, size) == 0 }
        }
        guard isConnected else { throw Failed(error: errno) }
    }

    deinit { close(socket) }

    /// An end that closes at once may be faster than the request.
    func send(_ bytes: [UInt8]) throws {
        guard
            Glibc.send(socket, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count || errno == EPIPE
                || errno == ECONNRESET
        else { throw Failed(error: errno) }
    }

    /// What is there, or comes next; empty at the end.
    func read() throws -> String {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(socket, &buffer, buffer.count, 0)
        if count < 0, errno == ECONNRESET { return "" }
        guard count >= 0 else { throw Failed(error: errno) }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    func readToEnd() throws -> String {
        var text = ""
        while case let more = try read(), !more.isEmpty { text += more }
        return text
    }

    func ask(_ request: String) throws -> String {
        try send(Array(request.utf8))
        return try readToEnd()
    }
}
