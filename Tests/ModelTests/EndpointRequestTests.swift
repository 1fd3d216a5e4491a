import Model
import Testing

struct EndpointRequestTests {
    private func read(_ text: String) -> RequestHead.Reading { RequestHead.read(Array(text.utf8)) }

    private func head(_ text: String) throws -> RequestHead {
        guard case .head(let head, let length) = read(text) else { throw Unread(text: "\(read(text)): \(text)") }
        #expect(length <= text.utf8.count)
        return head
    }

    private struct Unread: Error { let text: String }

    @Test func `a request is read as far as it is looked at, and what follows is left`() throws {
        let text = "GET /metrics?x=1 HTTP/1.1\r\nhOsT:  localhost:9469 \r\nAccept: a\r\nAccept: b\r\nX: y\r\n\r\n"
        let expected = RequestHead(method: .get, path: "/metrics", host: "localhost:9469", accept: "a,b")
        #expect(read(text + "GET / HT") == .head(expected, length: text.utf8.count))
    }

    @Test func `a part of a head is waited for, but not for ever`() {
        let whole = Array("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        for count in whole.indices { #expect(RequestHead.read(whole.prefix(count)) == .incomplete) }
        let long = "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: RequestHead.longest)
        #expect(read(long) == .refused(.headTooLarge))
        #expect(RequestHead.read(Array(long.utf8).prefix(RequestHead.longest - 1)) == .incomplete)
        #expect(read(long + "\r\n\r\n") == .refused(.headTooLarge))
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true), ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false),
        ("GET / HTTP/1.0\r\n\r\n", false), ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n", false),
    ])
    func `a connection goes on as the client wishes`(_ text: String, _ keepsAlive: Bool) throws {
        #expect(try head(text).keepsAlive == keepsAlive)
    }

    @Test(arguments: [
        "GET /\r\nHost: a\r\n\r\n", "GET / HTTP/2\r\nHost: a\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", "GET /\u{e4} HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", " / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", "\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\nAuthorization: y\r\n\r\n", "\u{16}\u{3}\u{1}\r\n\r\n",
    ])
    func `what could be read in two ways is refused`(_ text: String) {
        #expect(read(text) == .refused(.badRequest), "\(text.debugDescription)")
    }

    @Test func `of other methods the body does not matter: they are told that they are not answered here`() throws {
        let post = try head("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\n\r\nhello")
        #expect(post.method == .other)
    }

    @Test func `bytes that are no text are refused`() {
        let bytes = Array("GET / HTTP/1.1\r\nHost: ".utf8) + [0xFF] + Array("\r\n\r\n".utf8)
        #expect(RequestHead.read(bytes) == .refused(.badRequest))
    }

    @Test(
        arguments: [
            (nil, .prometheus), ("", .prometheus), ("*/*", .prometheus), ("text/plain", .prometheus),
            ("application/openmetrics-text", .openMetrics), ("application/json", .prometheus),
            ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4", .openMetrics),
            ("application/openmetrics-text;version=1.0.0;q=0.3, text/plain;q=0.9", .prometheus),
            ("application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .prometheus),
            ("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;q=0.4", .openMetrics),
            ("application/openmetrics-text;q=0", .prometheus),
            ("APPLICATION/OpenMetrics-Text ; Version=1.0.0", .openMetrics),
        ] as [(String?, ExpositionFormat)])
    func `OpenMetrics is for who asks for it`(_ accept: String?, _ format: ExpositionFormat) {
        #expect(ExpositionFormat(accept: accept) == format)
    }
}

struct EndpointPolicyTests {
    private let local = EndpointPolicy(binding: .tcp(host: "127.0.0.1"), hasToken: false)

    private func decide(
        _ policy: EndpointPolicy, _ path: String, host: String? = "localhost", method: RequestHead.Method = .get,
        authorization: String? = nil
    ) -> EndpointPolicy.Decision {
        let head = RequestHead(method: method, path: path, host: host, authorization: authorization)
        return policy.decide(head) { $0.isSameSecret(as: "s3cret") }
    }

    @Test func `each resource has its path, and nothing else has one`() {
        for resource in EndpointResource.allCases {
            #expect(decide(local, resource.rawValue) == .serve(resource))
            #expect(decide(local, resource.rawValue, method: .head) == .serve(resource))
        }
        for path in [
            "/x", "//", "/metrics/", "/../metrics", "/%6Detrics", "/api/v1/units/..", "/page.html", "/Metrics",
        ] {
            #expect(decide(local, path) == .refuse(.notFound))
        }
        #expect(decide(local, "/metrics", method: .other) == .refuse(.otherMethod))
    }

    @Test(arguments: [
        "localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:9469", "127.1.2.3", "[::1]", "[::1]:9469",
    ])
    func `names of this host are served`(_ host: String) { #expect(decide(local, "/", host: host) == .serve(.page)) }

    @Test(
        arguments: [
            "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.evil.example", "", ":9469", "[::1",
            "[::2]",
            "localhost:x", "[::1]x", "10.0.0.1", "localhost:80@evil", "127.0.0.256", "localhost:80:80", nil,
        ] as [String?])
    func `a name that anybody may have lead here is not`(_ host: String?) {
        #expect(decide(local, "/metrics", host: host) == .refuse(.forbiddenHost))
        #expect(decide(EndpointPolicy(binding: .unix, hasToken: false), "/metrics", host: host) == .serve(.metrics))
        let token = EndpointPolicy(binding: .tcp(host: "0.0.0.0"), hasToken: true)
        #expect(decide(token, "/metrics", host: host, authorization: "Bearer s3cret") == .serve(.metrics))
    }

    @Test func `the name that the configuration has is served`() {
        #expect(
            decide(EndpointPolicy(binding: .tcp(host: "Box"), hasToken: false), "/", host: "box:1") == .serve(.page))
    }

    @Test(
        arguments: [
            (nil, false), ("Bearer s3cret", true), ("bearer  s3cret", true), ("Bearer s3cre", false),
            ("Bearer s3cretX", false),
            ("Bearer ", false), ("Basic s3cret", false), ("s3cret", false), ("Bearer S3cret", false),
        ] as [(String?, Bool)])
    func `with a token, data is for those who have it and the page for all`(_ shown: String?, _ isLetIn: Bool) {
        let policy = EndpointPolicy(binding: .tcp(host: "0.0.0.0"), hasToken: true)
        for resource in EndpointResource.allCases {
            let decision = decide(policy, resource.rawValue, host: "any.example", authorization: shown)
            let isOpen = isLetIn || [.page, .style, .script].contains(resource)
            #expect(decision == (isOpen ? .serve(resource) : .refuse(.needsToken)))
        }
    }

    @Test func `secrets are the same or not, whatever their lengths`() {
        #expect("abc".isSameSecret(as: "abc"))
        for (one, other) in [("abc", "abd"), ("abc", "ab"), ("ab", "abab"), ("", "a"), ("a", "")] {
            #expect(!one.isSameSecret(as: other))
        }
    }
}

struct EndpointHealthTests {
    private func health(_ turned: Int64?, _ closed: Int64?, at now: Int64) -> EndpointHealth {
        var signs = EndpointHealth.Signs()
        (signs.began, signs.turned, signs.closed) = (
            0, turned.map { $0 * 1_000_000_000 }, closed.map { $0 * 1_000_000_000 }
        )
        return EndpointHealth(signs, interval: 10_000_000_000, at: now * 1_000_000_000)
    }

    @Test func `it is fine while the loop turns and windows close`() {
        #expect(health(nil, nil, at: 4) == .fine)
        #expect(health(18, nil, at: 19) == .fine)
        #expect(health(100, 90, at: 104) == .fine)
    }

    @Test func `it says what has stopped`() {
        #expect(
            EndpointHealth(EndpointHealth.Signs(), interval: 1, at: 1)
                == .sick("starting: the programs are not loaded yet"))
        #expect(health(10, 10, at: 16) == .sick("the loop that reads the counters has not turned for 6 seconds"))
        #expect(health(40, 10, at: 41) == .sick("no window has closed for 31 seconds"))
    }
}
