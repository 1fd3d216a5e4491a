import Glibc
import Model
import Synchronization
import Testing

@testable import Export

/// The endpoint with real sockets, on free ports of this host and in folders of its own.
@Suite(.timeLimit(.minutes(2))) struct EndpointServerTests {
    private func batch(_ number: Int64 = 1, units: Int = 3) -> Batch {
        let rows = (0..<units).map { number in
            let path = ByteString("/system.slice/unit-\(number).service")
            return UnitRow(
                identity: UnitIdentity(cgroupPath: path), cgroup: CgroupID(UInt64(number)), path: path,
                counters: Counters([.writes: 1, .writeBytes: 100]))
        }
        return Batch(
            sequence: UInt64(number),
            agent: AgentIdentity(version: "1", instance: "i", backend: "b", started: Timestamp(nanoseconds: 0)),
            host: HostIdentity(name: "h", id: nil, kernel: "k"),
            window: Window(start: Timestamp(nanoseconds: 0), end: Timestamp(nanoseconds: 1_000_000_000), seconds: 1),
            coverage: Coverage(notSeen: [], absent: [], attached: 1, missing: []), loss: Loss(),
            ownActivity: Counters(), rows: rows)
    }

    private func state(units: Int = 3) -> EndpointState {
        let state = EndpointState(expireAfter: .seconds(900), interval: .seconds(1), monotonic: { 0 })
        let batch = batch(units: units)
        state.begin(agent: batch.agent, host: batch.host)
        state.show(batch)
        return state
    }

    private struct Serving {
        let listener: EndpointListener
        let server: EndpointServer
        let events: Box

        var port: UInt16 { if case .tcp(_, let port) = listener.bound { port } else { 0 } }
    }

    private final class Box: Sendable {
        private let noted = Mutex<[EndpointEvent]>([])
        func note(_ event: EndpointEvent) { noted.withLock { $0.append(event) } }
        var all: [EndpointEvent] { noted.withLock { $0 } }
    }

    private func serve(
        _ address: EndpointAddress = .tcp(host: "127.0.0.1", port: 0), _ state: EndpointState? = nil,
        tokenFile: String? = nil, limits: EndpointLimits = EndpointLimits()
    ) throws(SinkProblem) -> Serving {
        let listener = try EndpointListener(address, allowRemote: false)
        let events = Box()
        let access = EndpointAccess(listener.bound, tokenFile: tokenFile)
        let server = try EndpointServer(
            listener, access: access, content: state ?? self.state(), limits: limits
        ) { events.note($0) }
        return Serving(listener: listener, server: server, events: events)
    }

    private let get = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    @Test func `every resource is answered with its type, and HEAD without a body`() async throws {
        let serving = try serve()
        let types = [
            "/": "text/html; charset=utf-8", "/page.css": "text/css; charset=utf-8",
            "/page.js": "text/javascript; charset=utf-8", "/metrics": ExpositionFormat.prometheus.contentType,
            "/healthz": "application/json", "/api/v1/units": "application/json", "/api/v1/status": "application/json",
            "/api/v1/alerts": "application/json",
        ]
        #expect(types.count == EndpointResource.allCases.count)
        for (path, type) in types {
            let rest = " \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            let whole = try Client(serving.port).ask("GET" + rest)
            let head = try Client(serving.port).ask("HEAD" + rest)
            #expect(whole.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\n"), "\(path): \(whole.prefix(200))")
            #expect(whole.count > head.count && whole.hasPrefix(head) && head.hasSuffix("\r\n\r\n"), "\(path)")
            #expect(head.contains("Content-Length: \(whole.utf8.count - head.utf8.count)\r\n"))
            for line in ["X-Content-Type-Options: nosniff", "Cache-Control: no-store", "default-src 'none'"] {
                #expect(head.contains(line))
            }
            #expect(!head.contains("Server:") && !head.contains("Access-Control"))
        }
        await serving.server.stop()
    }

    @Test func `what is not served is refused without a word of it`() async throws {
        let serving = try serve()
        for (request, status) in [
            ("GET /<script>secret HTTP/1.1\r\nHost: localhost\r\n", "404"),
            ("PUT / HTTP/1.1\r\nHost: localhost\r\n", "405"),
            ("GET /../../etc/secret HTTP/1.1\r\nHost: localhost\r\n", "404"),
            ("GET /metrics HTTP/1.1\r\nHost: secret.example\r\n", "403"), ("secret\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "s", count: 9000))", "431"),
        ] {
            let answer = try Client(serving.port).ask(request + "Connection: close\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(request.prefix(40)): \(answer.prefix(100))")
            #expect(!answer.contains("secret"))
        }
        await serving.server.stop()
    }

    @Test func `one connection asks again and again, also before it was answered`() async throws {
        let serving = try serve()
        let client = try Client(serving.port)
        let one = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let answer = try client.ask(one + one + one + one + one + get)
        #expect(answer.split(separator: "HTTP/1.1 200 OK").count == 6)
        await serving.server.stop()
    }

    @Test func `a request may come byte by byte, within its time`() async throws {
        let serving = try serve()
        let client = try Client(serving.port)
        for byte in get.utf8 { try client.send([byte]) }
        #expect(try client.readToEnd().hasPrefix("HTTP/1.1 200 OK"))
        await serving.server.stop()
    }

    @Test func `a client that does not come to an end is told so, and others are served meanwhile`() async throws {
        var limits = EndpointLimits()
        (limits.head, limits.idle, limits.leaving) = (.milliseconds(300), .milliseconds(300), .milliseconds(100))
        let state = state()
        let serving = try serve(.tcp(host: "127.0.0.1", port: 0), state, limits: limits)
        let slow = try Client(serving.port)
        try slow.send(Array("GET / HT".utf8))
        let silent = try Client(serving.port)
        #expect(try Client(serving.port).ask(get).hasPrefix("HTTP/1.1 200 OK"))
        #expect(try slow.readToEnd().hasPrefix("HTTP/1.1 408 "))
        #expect(try silent.readToEnd() == "")
        #expect(state.account.slowConnections == 1)
        await serving.server.stop()
    }

    @Test func `a client that does not read is given up, and costs the others nothing`() async throws {
        var limits = EndpointLimits()
        limits.answer = .milliseconds(500)
        let state = state(units: 10_000)
        let serving = try serve(.tcp(host: "127.0.0.1", port: 0), state, limits: limits)
        let stalled = try Client(serving.port, smallWindow: true)
        try stalled.send(Array(get.utf8))
        let small = get.replacing("metrics", with: "healthz")
        for _ in 0..<5 { #expect(try Client(serving.port).ask(small).hasPrefix("HTTP/1.1 200 OK")) }
        try await eventually { state.account.slowConnections == 1 }
        await serving.server.stop()
    }

    @Test func `of too many the idlest goes, and when none is idle the one that has taken longest to ask`()
        async throws
    {
        var limits = EndpointLimits()
        limits.connections = 2
        let state = state()
        let serving = try serve(.tcp(host: "127.0.0.1", port: 0), state, limits: limits)
        let one = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let first = try Client(serving.port)
        try first.send(Array(one.utf8))
        _ = try first.read()
        let second = try Client(serving.port)
        try second.send(Array(one.utf8))
        _ = try second.read()
        #expect(try Client(serving.port).ask(get).hasPrefix("HTTP/1.1 200 OK"))
        #expect(try first.readToEnd() == "")
        // Whoever keeps all of them busy without ever asking keeps nobody out.
        for _ in 0..<5 {
            let busy = try [Client(serving.port), Client(serving.port)]
            for client in busy { try client.send(Array("G".utf8)) }
            try await Task.sleep(for: .milliseconds(20))
            #expect(try Client(serving.port).ask(get).hasPrefix("HTTP/1.1 200 OK"))
            withExtendedLifetime(busy) {}
        }
        #expect(state.account.slowConnections >= 5 && state.account.refusedConnections == 0)
        await serving.server.stop()
    }

    @Test func `the token's file is read again when it changes`() async throws {
        let folder = try Directory()
        let file = try folder.file("token", "first\n")
        let serving = try serve(.tcp(host: "127.0.0.1", port: 0), tokenFile: file)
        func status(_ token: String, host: String = "any.example") throws -> String {
            let answer = try Client(serving.port).ask(
                "GET /metrics HTTP/1.1\r\nHost: \(host)\r\nAuthorization: Bearer \(token)\r\nConnection: close\r\n\r\n")
            return String(answer.dropFirst(9).prefix(3))
        }
        #expect(try status("first") == "200")
        #expect(try status("second") == "401")
        _ = try folder.file("token", "second-one\n")
        #expect(try status("second-one") == "200")
        #expect(try status("first") == "401")
        unlink(file)
        #expect(try status("second-one") == "401")
        #expect(serving.events.all.count == 1)
        #expect(
            try Client(serving.port).ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").hasPrefix(
                "HTTP/1.1 200"))
        await serving.server.stop()
    }

    @Test func `localhost is served at all its addresses and at one port`() async throws {
        let serving = try serve(.tcp(host: "localhost", port: 0))
        #expect(serving.port != 0)
        #expect(try Client(serving.port).ask(get).hasPrefix("HTTP/1.1 200 OK"))
        if serving.listener.sockets.count > 1 {
            #expect(try Client(serving.port, v6: true).ask(get).hasPrefix("HTTP/1.1 200 OK"))
        }
        await serving.server.stop()
    }

    @Test func `the loopback of IPv6 is served where there is one`() async throws {
        let address = EndpointAddress.tcp(host: "::1", port: 0)
        do throws(SinkProblem) {
            let serving = try serve(address)
            let request = "GET /metrics HTTP/1.1\r\nHost: [::1]:\(serving.port)\r\nConnection: close\r\n\r\n"
            let answer = (try? Client(serving.port, v6: true).ask(request)) ?? ""
            #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
            #expect("\(serving.listener.bound)" == "[::1]:\(serving.port)")
            await serving.server.stop()
        } catch {
            #expect("\(error)" == "cannot listen at '[::1]:0': Cannot assign requested address")
        }
    }

    @Test func `a port that is taken, and an address beyond this host, are told`() throws {
        let first = try EndpointListener(.tcp(host: "127.0.0.1", port: 0), allowRemote: false)
        let error = #expect(throws: SinkProblem.self) { try EndpointListener(first.bound, allowRemote: false) }
        #expect("\(error.map { "\($0)" } ?? "")" == "cannot listen at '\(first.bound)': Address already in use")
        #expect(throws: SinkProblem.self) { try EndpointListener(.tcp(host: "0.0.0.0", port: 0), allowRemote: false) }
        let open = try EndpointListener(.tcp(host: "0.0.0.0", port: 0), allowRemote: true)
        #expect(open.sockets.count == 1)
    }

    @Test func `it moves to another address while clients stay`() async throws {
        let serving = try serve()
        let client = try Client(serving.port)
        let one = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        try client.send(Array(one.utf8))
        _ = try client.read()
        let next = try EndpointListener(.tcp(host: "127.0.0.1", port: 0), allowRemote: false)
        serving.server.move(to: next, access: EndpointAccess(next.bound, tokenFile: nil))
        guard case .tcp(_, let port) = next.bound else { return }
        #expect(try Client(port).ask(get).hasPrefix("HTTP/1.1 200 OK"))
        try client.send(Array(one.utf8))
        #expect(try client.read().hasPrefix("HTTP/1.1 200 OK"))
        await serving.server.stop()
    }

    @Test func `stopping ends every connection and frees the address`() async throws {
        let serving = try serve()
        let client = try Client(serving.port)
        try client.send(Array("GET".utf8))
        #expect(try Client(serving.port).ask(get).hasPrefix("HTTP/1.1 200 OK"))
        await serving.server.stop()
        #expect(try client.readToEnd() == "")
    }
}

/// Waits for something that other threads do.
func eventually(_ time: Duration = .seconds(20), _ isSo: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + time
    while try !isSo() {
        guard ContinuousClock.now < deadline else { throw Late() }
        try await Task.sleep(for: .milliseconds(10))
    }
}

private struct Late: Error {}
