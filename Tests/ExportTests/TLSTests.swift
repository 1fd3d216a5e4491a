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
        if sys.argv[3] == "client":
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(sys.argv[1])
        if sys.argv[3] == "old": context.maximum_version = ssl.TLSVersion.TLSv1_2
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

@Suite("TLS", .timeLimit(.minutes(1)), .enabled(if: TLSCollector.isPossible, "needs openssl and python3"))
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
        guard case .retrying? = event else {
            Issue.record("TLS 1.2 was taken: \(String(describing: event))")
            return
        }
    }
}
