import Glibc
import SystemPackage

/// Open sockets at an address of the local endpoint; closed, and a socket file removed, with the last reference.
package final class EndpointListener: Sendable {
    package let address: EndpointAddress
    /// Where it listens in fact: with the port that the system chose where 0 was asked for.
    package let bound: EndpointAddress
    let sockets: [CInt]
    /// The socket file that was made, to remove no other.
    private let file: FileStamp?

    /// - Parameter allowRemote: whether it may listen where others than this host's programs can come.
    package init(_ address: EndpointAddress, allowRemote: Bool) throws(SinkProblem) {
        self.address = address
        switch address {
        case .tcp(let host, let port):
            sockets = try Self.listen(host, port, allowRemote)
            bound = .tcp(host: host, port: sockets.first.flatMap(Self.port) ?? port)
            file = nil
        case .unix(let path):
            sockets = [try UnixSocketFile.listen(path)]
            bound = address
            file = FileStamp(linkAt: path)
        }
    }

    deinit {
        if case .unix(let path) = address, let file, FileStamp(linkAt: path) == file { unlink(path) }
        for socket in sockets { close(socket) }
    }

    /// At every address that the host has: localhost mostly has two.
    private static func listen(_ host: String, _ port: UInt16, _ allowRemote: Bool) throws(SinkProblem) -> [CInt] {
        var hints = addrinfo()
        (hints.ai_socktype, hints.ai_flags) = (CInt(SOCK_STREAM.rawValue), AI_PASSIVE)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        guard code == 0 else {
            throw .unusable("cannot resolve '\(host)' to listen there: \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(found) }
        var sockets: [CInt] = []
        var failure: CInt = EADDRNOTAVAIL
        var next = found
        while let info = next {
            next = info.pointee.ai_next
            guard allowRemote || isLoopback(info.pointee) else {
                for socket in sockets { close(socket) }
                throw .unusable("'\(host)' leads beyond this host: listening there needs allow_remote and a token_file")
            }
            // One port for all, also where the system chooses it.
            let chosen = port == 0 ? sockets.first.flatMap(Self.port) ?? 0 : port
            let (socket, error) = open(info.pointee, port: chosen)
            if let socket {
                sockets.append(socket)
                continue
            }
            failure = error
            // Hosts without IPv6 have a localhost with it all the same.
            if error == EADDRNOTAVAIL || error == EAFNOSUPPORT { continue }
            break
        }
        let hasFailed = failure != EADDRNOTAVAIL && failure != EAFNOSUPPORT
        guard !sockets.isEmpty, !hasFailed else {
            for socket in sockets { close(socket) }
            throw .refused(
                action: "listen at", path: EndpointAddress.tcp(host: host, port: port).description,
                Errno(rawValue: failure))
        }
        return sockets
    }

    private static func open(_ info: addrinfo, port: UInt16) -> (socket: CInt?, error: CInt) {
        let kind = info.ai_socktype | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let socket = Glibc.socket(info.ai_family, kind, info.ai_protocol)
        guard socket >= 0 else { return (nil, errno) }
        var yes: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, size)
        if info.ai_family == AF_INET6 { setsockopt(socket, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &yes, size) }
        var address = sockaddr_storage()
        memcpy(&address, info.ai_addr, Int(info.ai_addrlen))
        withUnsafeMutableBytes(of: &address) { bytes in
            // The port is at the same place in both.
            bytes.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
        }
        let isOpen = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, info.ai_addrlen) == 0 }
                && Glibc.listen(socket, 64) == 0
        }
        if isOpen { return (socket, 0) }
        let error = errno
        close(socket)
        return (nil, error)
    }

    /// Whatever a name is taken for, this is where it leads.
    private static func isLoopback(_ info: addrinfo) -> Bool {
        let bytes = UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen))
        if info.ai_family == AF_INET { return bytes[4] == 127 }
        return info.ai_family == AF_INET6 && bytes[8..<23].allSatisfy { $0 == 0 } && bytes[23] == 1
    }

    private static func port(of socket: CInt) -> UInt16? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isKnown = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) == 0 }
        }
        guard isKnown else { return nil }
        return withUnsafeBytes(of: &address) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) }
    }
}
