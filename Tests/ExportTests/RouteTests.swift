import Foundation
import Glibc
import Model
import Testing

@testable import Export

/// Whether this host has the address ::1.
private let hasIPv6: Bool = {
    guard let collector = try? FakeCollector([.status(200)], at: .ipv6) else { return false }
    collector.stop()
    return true
}()

@Suite("The way to a collector", .timeLimit(.minutes(1)))
struct RouteTests {
    private func destination(_ url: String, _ change: (inout HTTPOptions) -> Void = { _ in }) throws -> HTTPDestination
    {
        var options = HTTPOptions(url: url)
        change(&options)
        return try HTTPDestination(options, version: "1")
    }

    private let parcel = Parcel(payload(1), compression: .gzip, since: .now)

    @Test(.enabled(if: hasIPv6, "needs the address ::1")) func anAddressOfIPv6IsReached() throws {
        let collector = try FakeCollector([.status(200)], at: .ipv6)
        defer { collector.stop() }
        let directory = try Directory()
        let token = try directory.file("token", "hunter2")
        #expect(try destination(collector.url) { $0.bearerTokenFile = token }.attempt(parcel) { nil } == .delivered)
        #expect(collector.received.first?.headers["host"] == "[::1]:\(collector.port)")
    }

    @Test func aSocketTakesTheBatchWithTheURLsPathAndHost() throws {
        let directory = try Directory()
        let socket = try directory.file("collector.sock")
        let token = try directory.file("token", "hunter2")
        let collector = try FakeCollector([.status(200)], at: .file(socket))
        let destination = try destination("http://no.such.host.example/in?x=1") {
            $0.unixSocket = socket
            $0.bearerTokenFile = token
        }
        #expect(destination.attempt(parcel) { nil } == .delivered)
        let request = try #require(collector.received.first)
        #expect(request.line == "POST /in?x=1 HTTP/1.1" && request.headers["host"] == "no.such.host.example")
        #expect(request.headers["authorization"] == "Bearer hunter2")
        collector.stop()
        for errno in ["connection refused", "no such file or directory"] {
            guard
                case .kept("cannot connect to '\(socket)': \(errno)", .time(_, firm: false)) =
                    destination.attempt(parcel, deadline: { nil })
            else {
                Issue.record("not \(errno): \(destination.attempt(parcel) { nil })")
                return
            }
            unlink(socket)
        }
    }

    @Test func aProxyIsAskedForThePlainURLWithItsOwnPassword() throws {
        let proxy = try FakeCollector([.status(200)])
        defer { proxy.stop() }
        let directory = try Directory()
        let password = try directory.file("password", "open:sesame\n")
        let token = try directory.file("token", "hunter2")
        let destination = try destination("http://localhost:1/ingest") {
            $0.proxy = "http://127.0.0.1:\(proxy.port)/"
            $0.proxyUsername = "sre"
            $0.proxyPasswordFile = password
            $0.bearerTokenFile = token
        }
        #expect(destination.attempt(parcel) { nil } == .delivered)
        _ = try directory.file("password", "new")
        #expect(destination.attempt(parcel) { nil } == .delivered)
        #expect(proxy.received.map(\.line) == Array(repeating: "POST http://localhost:1/ingest HTTP/1.1", count: 2))
        #expect(
            proxy.received.map { $0.headers["proxy-authorization"] }
                == ["sre:open:sesame", "sre:new"].map { "Basic " + Data($0.utf8).base64EncodedString() })
        #expect(proxy.received.allSatisfy { $0.headers["authorization"] == "Bearer hunter2" })
    }

    @Test(arguments: [(407, true), (403, true), (400, true), (413, true), (502, false), (503, false)])
    func whatAProxyRefusesIsNotAboutTheBatch(status: Int, isHeld: Bool) throws {
        let proxy = try FakeCollector([.status(status)])
        defer { proxy.stop() }
        let destination = try destination("https://localhost:1/") {
            $0.proxy = "http://127.0.0.1:\(proxy.port)"
            $0.headers = ["Authorization": "hunter2"]
            $0.retry.initial = .milliseconds(1)
            $0.retry.max = .seconds(60)
        }
        guard case .kept(let reason, .time(let delay, firm: false)) = destination.attempt(parcel, deadline: { nil })
        else {
            Issue.record("not kept")
            return
        }
        #expect(reason == "the proxy http://127.0.0.1:\(proxy.port) answered \(status)")
        #expect(isHeld ? delay == .seconds(60) : delay <= .milliseconds(1))
        #expect(proxy.received.first?.line == "CONNECT localhost:1 HTTP/1.1")
        #expect(!"\(proxy.received)".contains("hunter2"))
    }

    /// In a process of its own, for all threads share the environment.
    @Test func theEnvironmentHasNoSayInProxies() async {
        await #expect(processExitsWith: .success) {
            for name in ["http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"] {
                setenv(name, "http://127.0.0.1:1", 1)
            }
            for name in ["no_proxy", "NO_PROXY"] { setenv(name, "localhost", 1) }
            let listener = try FakeCollector([.status(200)])
            defer { listener.stop() }
            let parcel = Parcel(payload(1), compression: .none, since: .now)
            let direct = try HTTPDestination(HTTPOptions(url: listener.url), version: "1")
            try #require(direct.attempt(parcel) { nil } == .delivered)
            var options = HTTPOptions(url: "http://localhost:1/")
            options.proxy = "http://127.0.0.1:\(listener.port)"
            let proxied = try HTTPDestination(options, version: "1")
            try #require(proxied.attempt(parcel) { nil } == .delivered)
        }
    }

    @Test func aProxyThatIsNotThereIsNamed() throws {
        let gone = try FakeCollector([.hang])
        gone.stop()
        let proxy = "http://127.0.0.1:\(gone.port)"
        let destination = try destination("http://collector.example/") { $0.proxy = proxy }
        guard
            case .kept("cannot connect to the proxy \(proxy): connection refused", _) =
                destination.attempt(parcel, deadline: { nil })
        else {
            Issue.record("another reason")
            return
        }
    }

    @Test(
        arguments: [
            ("/a", "http://p:1", "unix_socket and proxy exclude each other"),
            ("a", nil, "unix_socket must be an absolute path of at most 107 bytes, without unix:"),
            (nil, "https://p:1", "the proxy must be http://HOST:PORT and nothing else"),
            (nil, "http://p:1/x", "the proxy must be http://HOST:PORT and nothing else"),
            (nil, "socks5://p:1", "the proxy's url is not valid, or contains a user name: use proxy_username"),
            (nil, "http://me:hunter2@p", "the proxy's url is not valid, or contains a user name: use proxy_username"),
        ] as [(String?, String?, String)])
    func aWayThatCannotBeIsRefused(socket: String?, proxy: String?, message: String) {
        let problem = #expect(throws: SinkProblem.self) {
            _ = try destination("https://collector.example/") {
                $0.unixSocket = socket
                $0.proxy = proxy
            }
        }
        #expect(problem?.description == message)
    }

    @Test func credentialsDoNotCrossTheNetworkInTheClear() throws {
        let allowed: [(String, (inout HTTPOptions) -> Void)] = [
            ("http://collector.example/", { $0.unixSocket = "/run/c.sock" }),
            ("http://localhost/", { $0.proxy = "http://127.0.0.1:1" }),
            ("https://collector.example/", { $0.proxy = "http://p:1" }),
        ]
        for (url, change) in allowed {
            _ = try destination(url) {
                $0.bearerTokenFile = "/t"
                change(&$0)
            }
        }
        let problem = #expect(throws: SinkProblem.self) {
            _ = try destination("http://localhost/") {
                $0.bearerTokenFile = "/t"
                $0.proxy = "http://p:1"
            }
        }
        #expect(problem?.description.hasPrefix("credentials would go to localhost unencrypted") == true)
        let proxied = #expect(throws: SinkProblem.self) {
            _ = try destination("https://collector.example/") {
                ($0.proxy, $0.proxyUsername, $0.proxyPasswordFile) = ("http://p:1", "me", "/p")
            }
        }
        #expect(proxied?.description.hasPrefix("the proxy's password would go to p unencrypted") == true)
    }

    @Test func whetherSomebodyListensIsAskedOnTheSameWay() throws {
        let directory = try Directory()
        let socket = try directory.file("c.sock")
        let listeners = [try FakeCollector([.status(200)], at: .file(socket)), try FakeCollector([.status(200)])]
        var bySocket = HTTPOptions(url: "http://no.such.host.example/")
        bySocket.unixSocket = socket
        var byProxy = HTTPOptions(url: "http://no.such.host.example/")
        byProxy.proxy = "http://127.0.0.1:\(listeners[1].port)"
        #expect(Reachability.problem(of: bySocket) == nil)
        #expect(Reachability.problem(of: byProxy) == nil)
        listeners.forEach { $0.stop() }
        #expect(Reachability.problem(of: bySocket) == "cannot connect to '\(socket)': Connection refused")
        #expect(Reachability.problem(of: byProxy)?.hasSuffix("Connection refused") == true)
    }
}
