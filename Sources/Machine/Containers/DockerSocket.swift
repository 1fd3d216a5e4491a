internal import Glibc
internal import Model
internal import Synchronization

/// The API of docker, or podman's like it, over a unix socket: one request for one container.
package final class DockerSocket: Sendable {
    package let path: String
    private let timeout: Duration
    /// After one that was too slow: until when nobody is asked, and how long that is, in nanoseconds.
    private let rest = Mutex<(until: Int64, length: Int64)>((0, 0))
    /// Who serves it, though another user was to be asked, and whether that was said.
    private let disbelieved = Mutex<(user: UInt32, isSaid: Bool)?>(nil)
    private let clock: @Sendable () -> Int64

    /// An answer has some KiB; with many mounts and labels, some more.
    static let maxAnswerBytes = 4 << 20
    /// Short at first: dockerd says nothing about a container while it starts it.
    private static let rests: ClosedRange<Int64> = 1_000_000_000...30_000_000_000

    /// - Parameter clock: nanoseconds, never set back; what a rest is measured by.
    package init(path: String, timeout: Duration, clock: @escaping @Sendable () -> Int64 = { Clock.monotonic }) {
        (self.path, self.timeout, self.clock) = (path, timeout, clock)
    }

    /// What the daemon says about a container; nil when it does not know it, or belongs to another user.
    func container(_ id: ByteString, servedBy user: UInt32) throws(LookupFailure) -> ContainerDetails? {
        guard ContainerQuestion.isLongID(id.bytes), let name = id.text else { return nil }
        let started = Clock.monotonic
        guard rest.withLock({ $0.until <= clock() }) else { throw LookupFailure("\(path) did not answer in time") }
        let (seconds, attoseconds) = timeout.components
        let deadline = started + seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        do throws(LookupFailure) {
            var connection = try Connection(path, deadline: deadline)
            guard let peer = connection.peer, peer == user else {
                disbelieve(connection.peer)
                return nil
            }
            // Without the chunks of HTTP/1.1: the answer is over when the connection is.
            try connection.send(
                "GET /containers/\(name)/json HTTP/1.0\r\nHost: otagent\r\nAccept: application/json\r\n\r\n")
            let answer = try connection.receive(limit: Self.maxAnswerBytes)
            rest.withLock { $0.length = 0 }
            return try Self.read(answer, about: id, from: path)
        } catch {
            if Clock.monotonic >= deadline {
                let now = clock()
                rest.withLock { rest in
                    rest.length = min(max(rest.length * 2, Self.rests.lowerBound), Self.rests.upperBound)
                    rest.until = now + rest.length
                }
            }
            throw error
        }
    }

    /// That somebody else serves it than root, once for each who does; nil when there is nothing to say.
    func takeRemark(superuser: UInt32) -> String? {
        disbelieved.withLock { disbelieved in
            guard let (user, isSaid) = disbelieved, !isSaid, user != superuser else { return nil }
            disbelieved?.isSaid = true
            return """
                \(path) is served by user \(user): what it says is believed about that user's own containers only, and \
                not about those of the system, whose names only a socket of root's can tell
                """
        }
    }

    private func disbelieve(_ peer: UInt32?) {
        guard let peer else { return }
        disbelieved.withLock { if $0?.user != peer { $0 = (peer, false) } }
    }

    private static func read(
        _ answer: [UInt8], about id: ByteString, from path: String
    ) throws(LookupFailure) -> ContainerDetails? {
        let end = Array("\r\n\r\n".utf8)
        let start = answer.indices.dropLast(end.count - 1).first { answer[$0...].starts(with: end) }
        let words = answer.prefix { $0 != UInt8(ascii: "\r") }.split(separator: UInt8(ascii: " "))
        guard let start, words.count >= 2, words[0].starts(with: Array("HTTP/1.".utf8)) else {
            throw LookupFailure("the answer of \(path) is no HTTP")
        }
        switch String(decoding: words[1], as: UTF8.self) {
        case "404": return nil
        case "200": break
        case let status: throw LookupFailure("\(path) answered \(status.prefix(8))")
        }
        let body = Array(answer[(start + end.count)...])
        let container = try StateFile.json(DockerContainer.self, in: body, named: "the answer of \(path)")
        return try container.details(for: id, runtime: nil, source: "the answer of \(path)")
    }
}

/// A connection to a unix socket that gives up at its deadline, whatever the peer does.
private struct Connection: ~Copyable {
    private let descriptor: CInt
    private let path: String
    private let deadline: Int64

    init(_ path: String, deadline: Int64) throws(LookupFailure) {
        (self.path, self.deadline) = (path, deadline)
        let kind = [SOCK_STREAM, SOCK_CLOEXEC, SOCK_NONBLOCK].reduce(0) { $0 | CInt($1.rawValue) }
        descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw LookupFailure("no socket: \(Self.reason)") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { place in
            guard bytes.count < place.count else { return false }
            place.copyBytes(from: bytes)
            return true
        }
        guard fits else { throw LookupFailure("\(path) is too long for a socket") }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        // A full queue is told at once: unix sockets have no connection that is under way.
        guard result == 0 else { throw LookupFailure("cannot connect to \(path): \(Self.reason)") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private static var reason: String { String(cString: strerror(errno)) }

    /// The user who listens there; nil when the kernel does not say.
    var peer: UInt32? {
        // struct ucred: process, user and group; Glibc's module does not have it.
        var credentials: [UInt32] = [0, 0, 0]
        var size = socklen_t(12)
        return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 ? credentials[1] : nil
    }

    mutating func send(_ text: String) throws(LookupFailure) {
        var rest = Array(text.utf8)
        while !rest.isEmpty {
            try wait(for: POLLOUT)
            let sent = Glibc.send(descriptor, rest, rest.count, CInt(MSG_NOSIGNAL))
            if sent > 0 {
                rest.removeFirst(sent)
            } else if errno != EAGAIN && errno != EINTR {
                throw LookupFailure("\(path) closed the connection")
            }
        }
    }

    mutating func receive(limit: Int) throws(LookupFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            try wait(for: POLLIN)
            let got = recv(descriptor, &chunk, chunk.count, 0)
            if got == 0 { return bytes }
            if got > 0 {
                bytes += chunk.prefix(got)
                if bytes.count > limit { throw LookupFailure("\(path) answered with more than \(limit) bytes") }
            } else if errno != EAGAIN && errno != EINTR {
                throw LookupFailure("the connection to \(path) broke off")
            }
        }
    }

    private func wait(for event: CInt) throws(LookupFailure) {
        while true {
            let left = deadline - Clock.monotonic
            guard left > 0 else { throw LookupFailure("\(path) did not answer in time") }
            var polled = pollfd(fd: descriptor, events: CShort(event), revents: 0)
            if poll(&polled, 1, CInt(clamping: left / 1_000_000 + 1)) > 0 { return }
        }
    }
}
