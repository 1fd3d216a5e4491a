import Foundation
import Glibc
import Model
import Testing

@testable import Export

/// A collector behind TLS, with a certificate for `collector.test` that it signed itself.
private final class TLSCollector {
    private static let script = """
        import http.server, ssl, sys
        class Collector(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200 if self.headers["Host"].startswith("localhost") else 400)
                self.end_headers()
            def log_message(self, *arguments): pass
        server = http.server.HTTPServer(("127.0.0.1", 0), Collector)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        if "client" in sys.argv[3]:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(sys.argv[1])
        if "old" in sys.argv[3]: context.maximum_version = ssl.TLSVersion.TLSv1_2
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print(server.server_port, flush=True)
        server.serve_forever()
        """

    let certificate: String
    let key: String
    let url: String
    private let directory: Directory
    private let server = Process()

    static let isPossible = ["/usr/bin/openssl", "/usr/bin/python3"].allSatisfy(FileManager.default.fileExists)

    init(_ mode: String = "plain") throws {
        directory = try Directory()
        (certificate, key) = (try directory.file("cert.pem"), try directory.file("key.pem"))
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=collector.test", "-addext", "subjectAltName=DNS:collector.test",
            "-keyout", key, "-out", certificate,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        let output = Pipe()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        server.arguments = ["-c", Self.script, certificate, key, mode]
        server.standardOutput = output
        server.standardError = FileHandle.nullDevice
        try server.run()
        let port = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        url = "https://localhost:" + port.trimmingCharacters(in: .whitespacesAndNewlines) + "/"
    }

    func stop() {
        // The child has the signal mask of a thread of the test runner, and so may never get a SIGTERM.
        kill(server.processIdentifier, SIGKILL)
        server.waitUntilExit()
    }
}

/// One at a time: each waits for programs to start, on a thread that tests in other suites need.
@Suite(
    "TLS", .serialized, .timeLimit(.minutes(1)), .enabled(if: TLSCollector.isPossible, "needs openssl and python3"))
struct TLSTests {
    /// The first event of a payload sent with these options.
    private func outcome(_ collector: TLSCollector, _ change: (inout TLSOptions) -> Void) async throws -> SinkEvent? {
        var options = HTTPOptions(url: collector.url)
        change(&options.tls)
        let log = EventLog()
        let sink = try HTTPSink(name: "collector", options: options, version: "1", events: log.record)
        sink.accept([payload(1)])
        let event = await log.upTo { _ in true }.first
        _ = await sink.finish(by: .now)
        return event
    }

    @Test func theIssuerAndTheNameAreVerified() async throws {
        let collector = try TLSCollector()
        defer { collector.stop() }
        let trouble = "no trusted connection to \(collector.url): "
        let unknown = SinkEvent.retrying(
            reason: trouble + "SSL certificate problem: self-signed certificate", delay: .seconds(60))
        #expect(try await outcome(collector) { _ in } == unknown)

        let misnamed = try await outcome(collector) { $0.caFile = collector.certificate }
        guard case .retrying(let reason, Duration.seconds(60))? = misnamed else {
            Issue.record("a certificate for another name was taken: \(String(describing: misnamed))")
            return
        }
        #expect(reason.hasPrefix(trouble) && reason.contains("localhost"))

        let delivered = SinkEvent.delivered(id: "here-1", rows: 3)
        let named = try await outcome(collector) {
            $0.caFile = collector.certificate
            $0.serverName = "collector.test"
        }
        #expect(named == delivered)
        #expect(try await outcome(collector) { $0.insecureSkipVerify = true } == delivered)
    }

    @Test func aClientCertificateIsShown() async throws {
        let collector = try TLSCollector("client")
        defer { collector.stop() }
        #expect(
            try await outcome(collector) {
                $0.insecureSkipVerify = true
                $0.certFile = collector.certificate
                $0.keyFile = collector.key
            } == .delivered(id: "here-1", rows: 3))
    }

    @Test func aProtocolThatIsTooOldIsRefused() async throws {
        let collector = try TLSCollector("old")
        defer { collector.stop() }
        let event = try await outcome(collector) {
            $0.insecureSkipVerify = true
            $0.minVersion = .tls13
        }
        guard case .retrying(let reason, Duration.seconds(60))? = event else {
            Issue.record("TLS 1.2 was taken: \(String(describing: event))")
            return
        }
        #expect(reason.hasPrefix("no trusted connection to \(collector.url): "))
    }

    /// What an attempt with these options comes to, at first and after `mend`.
    private func outcomes(
        _ url: String, _ change: (inout HTTPOptions) -> Void, mend: @escaping @Sendable () throws -> Void = {}
    ) async throws -> [Outcome] {
        var options = HTTPOptions(url: url)
        change(&options)
        return try await onThread { [options] in
            let destination = try HTTPDestination(options, version: "1")
            let parcel = Parcel(payload(1), compression: .gzip, since: .now)
            let first = destination.attempt(parcel) { nil }
            try mend()
            return [first, destination.attempt(parcel) { nil }]
        }
    }

    /// The reason, if the outcome is to wait as long as for somebody who has to act.
    private func heldReason(_ outcome: Outcome) -> String? {
        guard case .kept(let reason, .time(.seconds(60), firm: false)) = outcome else { return nil }
        return reason
    }

    @Test func aCollectorThatWantsACertificateIsHeldUntilThereIsOne() async throws {
        let collector = try TLSCollector("old client")
        defer { collector.stop() }
        let without = try await outcomes(collector.url) { $0.tls.insecureSkipVerify = true }
        #expect(without.allSatisfy { heldReason($0)?.contains(" alert ") == true }, "\(without)")

        let directory = try Directory()
        let certificate = try directory.file("cert.pem", "not a certificate\n")
        let mended = try await outcomes(collector.url) {
            $0.tls.insecureSkipVerify = true
            $0.tls.certFile = certificate
            $0.tls.keyFile = collector.key
        } mend: { [right = collector.certificate] in
            try text(of: right).write(toFile: certificate, atomically: true, encoding: .utf8)
        }
        #expect(heldReason(mended[0])?.contains(certificate) == true, "\(mended[0])")
        #expect(mended[1] == .delivered)
    }

    @Test func anAuthorityFileIsReadAgainWhenItChanges() async throws {
        let (collector, stranger) = (try TLSCollector(), try TLSCollector())
        defer {
            collector.stop()
            stranger.stop()
        }
        let directory = try Directory()
        let authorities = try directory.file("ca.pem", try text(of: stranger.certificate))
        let outcomes = try await outcomes(collector.url) {
            $0.tls.caFile = authorities
            $0.tls.serverName = "collector.test"
        } mend: { [right = collector.certificate] in
            try text(of: right).write(toFile: authorities, atomically: true, encoding: .utf8)
        }
        #expect(heldReason(outcomes[0])?.contains("certificate") == true, "\(outcomes[0])")
        #expect(outcomes[1] == .delivered)
        let missing = try await self.outcomes(collector.url) { $0.tls.caFile = directory.path + "/none.pem" }
        #expect(missing.allSatisfy { heldReason($0)?.contains(directory.path + "/none.pem") == true }, "\(missing)")
    }

    @Test func aKeyOfAnotherCertificateIsSaid() async throws {
        let (collector, stranger) = (try TLSCollector("client"), try TLSCollector())
        defer {
            collector.stop()
            stranger.stop()
        }
        let outcomes = try await outcomes(collector.url) {
            $0.tls.insecureSkipVerify = true
            $0.tls.certFile = collector.certificate
            $0.tls.keyFile = stranger.key
        }
        #expect(outcomes.allSatisfy { heldReason($0)?.contains(stranger.key) == true }, "\(outcomes)")
    }

    @Test func aProxyCarriesTLSThroughATunnelAndSeesNoSecret() async throws {
        let collector = try TLSCollector()
        defer { collector.stop() }
        let port = try #require(URL(string: collector.url)?.port)
        let proxy = try FakeCollector([.tunnel(to: UInt16(port))])
        defer { proxy.stop() }
        let directory = try Directory()
        let token = try directory.file("token", "hunter2")
        let outcomes = try await outcomes(collector.url) {
            $0.proxy = "http://127.0.0.1:\(proxy.port)"
            $0.tls.caFile = collector.certificate
            $0.tls.serverName = "collector.test"
            $0.bearerTokenFile = token
            $0.headers = ["X-Key": "hunter2"]
        }
        #expect(outcomes == [.delivered, .delivered])
        #expect(!proxy.received.isEmpty && proxy.received.allSatisfy { $0.line.hasPrefix("CONNECT ") })
        #expect(!"\(proxy.received)".contains("hunter2"))
    }

    @Test(arguments: [false, true]) func whoGoesAwayWhileTLSIsSetUpIsTriedAgainSoon(reset: Bool) async throws {
        let collector = try NoTLS(says: "", reset: reset)
        defer { collector.stop() }
        let url = "https://127.0.0.1:\(collector.port)/"
        for outcome in try await outcomes(url, { $0.retry.max = .seconds(30) }) {
            guard
                case .kept("the connection to \(url) broke off before TLS was set up", .time(let delay, firm: false)) =
                    outcome
            else {
                Issue.record("\(outcome)")
                continue
            }
            #expect(delay <= .seconds(2))
        }
    }

    @Test func whatSpeaksNoTLSIsHeldAndWhatSaysNothingRunsOutOfTime() async throws {
        let plain = try FakeCollector([.status(200)])
        defer { plain.stop() }
        let talker = try NoTLS(says: "220 mail ESMTP ready\r\n")
        defer { talker.stop() }
        let url = "https://127.0.0.1:\(talker.port)/"
        #expect(
            try await outcomes(url) { _ in }.allSatisfy { heldReason($0)?.hasPrefix("no trusted connection") == true })
        let silent = "https://127.0.0.1:\(plain.port)/"
        let outcomes = try await outcomes(silent) { $0.connectTimeout = .milliseconds(100) }
        for outcome in outcomes {
            guard case .kept("cannot connect to \(silent) within 0.1 seconds", _) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
        }
    }
}

/// A server that says something that is no TLS as soon as somebody connects, then goes away.
private final class NoTLS {
    private let process = Process()
    let port: UInt16

    private static let script = """
        import socket, struct, sys
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        while True:
            client, _ = listener.accept()
            client.sendall(sys.argv[1].encode())
            client.recv(65536)
            if sys.argv[2] == "reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        """

    init(says text: String, reset: Bool = false) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", Self.script, text, reset ? "reset" : "close"]
        process.standardOutput = output
        try process.run()
        let number = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = UInt16(number.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    func stop() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
