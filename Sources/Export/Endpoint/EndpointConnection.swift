import Glibc
import Model
import Render

/// One client of the local endpoint: a request, its answer, and the next, each within its time.
struct EndpointConnection: ~Copyable {
    enum Phase: Equatable {
        /// Nothing came yet, or nothing since the last answer.
        case idle
        case reading
        case writing
        /// Everything was said; what the client still sends is thrown away, so that it can read the answer.
        case leaving
        case closed
    }

    let socket: CInt
    private(set) var phase = Phase.idle
    private(set) var deadline: ContinuousClock.Instant
    private var received: [UInt8] = []
    /// Whether what came last has the end of a line in it.
    private var hasNewLine = false
    /// Sent one after the other.
    private var head: [UInt8] = []
    private var body: [UInt8] = []
    private var sent = 0
    private var keepsAlive = true
    private var dropped = 0

    init(_ socket: CInt, limits: EndpointLimits, at now: ContinuousClock.Instant) {
        self.socket = socket
        deadline = now + limits.idle
        received.reserveCapacity(1024)
    }

    deinit { close(socket) }

    /// What the client is waited for.
    var events: CShort { CShort(phase == .writing ? POLLOUT : POLLIN) }

    /// Goes on as far as it can without waiting.
    ///
    /// - Parameter answer: what becomes of a request that was read.
    mutating func proceed(
        limits: EndpointLimits, at now: ContinuousClock.Instant,
        answer: (RequestHead.Reading) -> (EndpointAnswer, Bool)?
    ) {
        // A client that sends requests all the time must not keep the others waiting.
        for _ in 0..<4 {
            switch phase {
            case .idle, .reading:
                guard receive(limits: limits, at: now) else { return }
                // A head ends with a line: who sends byte by byte has it read once a line.
                guard hasNewLine || received.count >= RequestHead.longest else { return }
                take(limits: limits, at: now, answer: answer)
                if phase != .writing { return }
            case .writing:
                guard send() else { return }
                finish(limits: limits, at: now)
                if phase == .idle || phase == .reading { take(limits: limits, at: now, answer: answer) }
                if phase != .writing { return }
            case .leaving: return drain()
            case .closed: return
            }
        }
    }

    /// Ends what took too long; says whether a client was to blame.
    mutating func expire(at now: ContinuousClock.Instant, limits: EndpointLimits) -> Bool {
        guard now >= deadline else { return false }
        switch phase {
        case .reading:
            let answer = EndpointAnswer(.tooSlow)
            begin(answer, isHead: false, keepsAlive: false, limits: limits, at: now)
            if send() { finish(limits: limits, at: now) }
            return true
        case .writing:
            phase = .closed
            return true
        case .idle, .leaving, .closed:
            phase = .closed
            return false
        }
    }

    mutating func end() { phase = .closed }

    // MARK: - Reading

    /// False when nothing came for now, or it is over.
    private mutating func receive(limits: EndpointLimits, at now: ContinuousClock.Instant) -> Bool {
        var buffer = InlineArray<4096, UInt8>(repeating: 0)
        let size = buffer.count
        var span = buffer.mutableSpan
        let count = span.withUnsafeMutableBytes { recv(socket, $0.baseAddress, size, 0) }
        if count < 0, errno == EAGAIN || errno == EINTR { return false }
        guard count > 0 else {
            phase = .closed
            return false
        }
        hasNewLine = false
        for position in 0..<count {
            received.append(buffer[position])
            if buffer[position] == UInt8(ascii: "\n") { hasNewLine = true }
        }
        if phase == .idle { (phase, deadline) = (.reading, now + limits.head) }
        return true
    }

    /// Looks whether a whole head has come.
    private mutating func take(
        limits: EndpointLimits, at now: ContinuousClock.Instant,
        answer: (RequestHead.Reading) -> (EndpointAnswer, Bool)?
    ) {
        if received.isEmpty { return }
        if phase == .idle { (phase, deadline) = (.reading, now + limits.head) }
        let reading = RequestHead.read(received)
        guard let (answer, keepsAlive) = answer(reading) else { return }
        var isHead = false
        if case .head(let head, let length) = reading {
            isHead = head.method == .head
            received.removeFirst(length)
        }
        begin(answer, isHead: isHead, keepsAlive: keepsAlive, limits: limits, at: now)
    }

    // MARK: - Writing

    private mutating func begin(
        _ answer: EndpointAnswer, isHead: Bool, keepsAlive: Bool, limits: EndpointLimits,
        at now: ContinuousClock.Instant
    ) {
        let responseHead = ResponseHead(
            answer.status, contentType: answer.contentType, length: answer.body.count, keepsAlive: keepsAlive)
        (head, body, sent) = (responseHead.bytes, isHead ? [] : answer.body, 0)
        self.keepsAlive = keepsAlive
        (phase, deadline) = (.writing, now + limits.answer)
    }

    /// Whether all is sent.
    private mutating func send() -> Bool {
        while sent < head.count + body.count {
            let isHead = sent < head.count
            let offset = isHead ? sent : sent - head.count
            let count = (isHead ? head : body).withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
                let flags = CInt(MSG_NOSIGNAL | (isHead && !body.isEmpty ? MSG_MORE : 0))
                return Glibc.send(socket, rest.baseAddress, rest.count, flags)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return false }
            guard count > 0 else {
                phase = .closed
                return false
            }
            sent += count
        }
        return true
    }

    private mutating func finish(limits: EndpointLimits, at now: ContinuousClock.Instant) {
        // A large body is shared with others, and not kept for a client that is idle.
        (head, body, sent) = ([], [], 0)
        if keepsAlive {
            (phase, deadline) = (.idle, now + limits.idle)
        } else {
            shutdown(socket, CInt(SHUT_WR))
            (phase, deadline) = (.leaving, now + limits.leaving)
        }
    }

    private mutating func drain() {
        var buffer = InlineArray<4096, UInt8>(repeating: 0)
        let size = buffer.count
        var span = buffer.mutableSpan
        let count = span.withUnsafeMutableBytes { recv(socket, $0.baseAddress, size, 0) }
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        dropped += max(count, 0)
        if count <= 0 || dropped > 256 << 10 { phase = .closed }
    }
}

/// How much of the agent clients may take.
package struct EndpointLimits: Sendable, Equatable {
    package var connections = 64
    /// From the first byte of a request to the end of its head.
    package var head = Duration.seconds(5)
    /// Between two requests.
    package var idle = Duration.seconds(75)
    /// For taking an answer.
    package var answer = Duration.seconds(30)
    /// For hearing that it is over.
    package var leaving = Duration.seconds(1)

    package init() {}
}
