import Glibc
import Model
import SystemPackage

/// The work of a local endpoint, on a thread of its own: one poll for all clients, nothing waits for any of them.
struct EndpointLoop: ~Copyable {
    /// Absent before the first order.
    private var listener: EndpointListener?
    private var access: EndpointAccess?
    private let content: any EndpointContent
    private let limits: EndpointLimits
    private let events: @Sendable (EndpointEvent) -> Void
    private var connections: [Int: EndpointClient] = [:]
    private var taken = 0
    /// While the system has no descriptors to give.
    private var pausedUntil: ContinuousClock.Instant?

    init(
        _ content: any EndpointContent, limits: EndpointLimits, events: @escaping @Sendable (EndpointEvent) -> Void
    ) {
        (self.content, self.limits, self.events) = (content, limits, events)
    }

    /// Serves until `orders` say that it is over.
    mutating func run(_ orders: EndpointOrders) {
        while true {
            var waiting = [pollfd(fd: orders.wake, events: CShort(POLLIN), revents: 0)]
            let sockets = pausedUntil == nil ? listener?.sockets ?? [] : []
            waiting += sockets.map { pollfd(fd: $0, events: CShort(POLLIN), revents: 0) }
            let numbers = Array(connections.keys)
            for number in numbers {
                if let client = connections[number] {
                    waiting.append(pollfd(fd: client.connection.socket, events: client.connection.events, revents: 0))
                }
            }
            poll(&waiting, nfds_t(waiting.count), timeout())
            let now = ContinuousClock.now
            if let until = pausedUntil, now >= until { pausedUntil = nil }
            if waiting[0].revents != 0 {
                switch orders.take() {
                case .stop: return
                case .move(let listener, let access): (self.listener, self.access) = (listener, access)
                case nil: break
                }
            }
            // Their sockets are closed now, if it listens elsewhere.
            let listening = Set(listener?.sockets ?? [])
            for (number, entry) in zip(numbers, waiting.dropFirst(1 + sockets.count)) where entry.revents != 0 {
                serve(number, at: now)
            }
            expire(at: now)
            // Those who were here first: a new client may take a descriptor that was another's a moment ago.
            for (socket, entry) in zip(sockets, waiting.dropFirst())
            where entry.revents != 0 && listening.contains(socket) {
                accept(from: socket, at: now)
            }
        }
    }

    private func timeout() -> CInt {
        let next = connections.values.map { $0.connection.deadline }.min()
        guard let earliest = [next, pausedUntil].compactMap({ $0 }).min() else { return -1 }
        return CInt(clamping: max(ContinuousClock.now.duration(to: earliest), .zero).wholeMilliseconds)
    }

    // MARK: - Clients

    private mutating func serve(_ number: Int, at now: ContinuousClock.Instant) {
        guard let client = connections[number] else { return }
        client.connection.proceed(limits: limits, at: now) { reading in answer(reading) }
        if client.connection.phase == .closed { connections[number] = nil }
    }

    private mutating func expire(at now: ContinuousClock.Instant) {
        for (number, client) in connections {
            if client.connection.expire(at: now, limits: limits) { content.note { $0.slowConnections += 1 } }
            if client.connection.phase == .closed { connections[number] = nil }
        }
    }

    private mutating func accept(from listening: CInt, at now: ContinuousClock.Instant) {
        // As many as are there; others wait for the next turn.
        for _ in 0..<limits.connections {
            let socket = Glibc.accept(listening, nil, nil)
            guard socket >= 0 else {
                if errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM {
                    events(.noRoom("\(Errno(rawValue: errno))"))
                    pausedUntil = now + .milliseconds(200)
                }
                return
            }
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
            _ = fcntl(socket, F_SETFL, O_NONBLOCK)
            if connections.count >= limits.connections, !makeRoom() {
                content.note { $0.refusedConnections += 1 }
                close(socket)
                continue
            }
            taken += 1
            connections[taken] = EndpointClient(EndpointConnection(socket, limits: limits, at: now))
        }
    }

    /// Makes room by ending the client that has been idle for longest, else the one that has taken longest to ask: whoever
    /// asks in earnest is done at once. False when all are being answered.
    private mutating func makeRoom() -> Bool {
        for phase in [EndpointConnection.Phase.idle, .reading] {
            let some = connections.filter { $0.value.connection.phase == phase }
            if let longest = some.min(by: { $0.value.connection.deadline < $1.value.connection.deadline }) {
                if phase == .reading { content.note { $0.slowConnections += 1 } }
                connections[longest.key] = nil
                return true
            }
        }
        return false
    }

    // MARK: - Answers

    /// The answer, and whether the connection goes on; nil while the request is not whole.
    private mutating func answer(_ reading: RequestHead.Reading) -> (EndpointAnswer, Bool)? {
        let answer: EndpointAnswer
        var keepsAlive = false
        switch reading {
        case .incomplete: return nil
        case .refused(let status): answer = EndpointAnswer(status)
        case .head(let head, _):
            switch decide(head) {
            case .serve(let resource):
                answer = content.answer(resource, to: head)
                keepsAlive = head.keepsAlive
            case .refuse(let status):
                answer = EndpointAnswer(status)
                keepsAlive = head.keepsAlive && head.method != .other
            }
        }
        content.note { $0.note(answer.status) }
        return (answer, keepsAlive)
    }

    private mutating func decide(_ head: RequestHead) -> EndpointPolicy.Decision {
        var secret: String?
        do throws(SinkProblem) { secret = try access?.token?.read() } catch {
            // The page itself is for everybody, and nothing else for anybody.
            events(.noToken("\(error)"))
        }
        return access?.policy.decide(head) { shown in secret.map { shown.isSameSecret(as: $0) } ?? false }
            ?? .refuse(.unavailable)
    }
}

/// A connection in a dictionary, which has room for references only.
final class EndpointClient {
    var connection: EndpointConnection
    init(_ connection: consuming EndpointConnection) { self.connection = connection }
}

/// Who is let in, and the token they need.
package struct EndpointAccess: Sendable {
    var policy: EndpointPolicy
    var token: SecretFile?

    package init(_ address: EndpointAddress, tokenFile: String?) {
        let binding: EndpointPolicy.Binding =
            switch address {
            case .tcp(let host, _): .tcp(host: host)
            case .unix: .unix
            }
        policy = EndpointPolicy(binding: binding, hasToken: tokenFile != nil)
        token = tokenFile.map { SecretFile(path: $0) }
    }

    /// Throws when there is to be a token and it cannot be read.
    package func probe() throws(SinkProblem) {
        var token = token
        _ = try token?.read()
    }
}
