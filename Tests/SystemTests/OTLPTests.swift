import Foundation
import Glibc
import Testing

extension SystemTests {
    /// What others make of the agent's OTLP; Tests/OTLP/check.py says what must be.
    @Suite(.enabled(if: OTLPTools.areThere, "make otlp-tools"))
    struct OTLP {
        let folder: Folder
        init() throws { folder = try Folder() }

        /// Work in two cgroups, before and after a boundary, some of it through io_uring and some of it failing.
        private func work(under agent: AgentRun) throws {
            let (one, other) = (try Cgroup(), try Cgroup())
            _ = try Workload.run(in: one, folder, ["--uring", "plain"])
            _ = try Workload.run(in: other, folder)
            try agent.waitForBatches(3)
            _ = try Workload.run(in: one, folder)
            try agent.waitForBatches(2)
        }

        private func check(_ arguments: [String]) throws {
            let end = try run(OTLPTools.python, ["-B", OTLPTools.check] + arguments, in: folder)
            #expect(end.status == 0, "\(end.errors)")
        }

        @Test func `strict parsers take every request, and the last sums are what all windows came to`() throws {
            let requests = folder.path("requests.jsonl")
            let agent = try AgentRun(
                in: folder,
                outputs: """
                    [outputs.otlp]
                    type = "file"
                    path = "\(requests)"
                    format = "otlp"
                    max_batch_bytes = "16KiB"
                    """)
            try work(under: agent)
            _ = try agent.stop()
            try check(["file", requests, agent.batchFile])
        }

        @Test func `a collector passes on exactly what was counted`() throws {
            let requests = folder.path("requests.jsonl")
            let receiver = try Running(OTLPTools.python, ["-B", OTLPTools.check, "receive", requests], in: folder)
            try receiver.wait(for: "ready", until: .now + .seconds(30))
            let port = try String(contentsOfFile: "\(requests).port", encoding: .utf8)
            let collector = try OTLPTools.Collector(to: "http://127.0.0.1:\(port)", in: folder)
            let agent = try AgentRun(in: folder, outputs: output("http://127.0.0.1:\(collector.port)/v1/metrics"))
            try work(under: agent)
            let windows = try agent.stop().count
            try collector.stop()
            let passed = try String(contentsOfFile: requests, encoding: .utf8)
            #expect(passed.components(separatedBy: "\"otagent.windows\"").count - 1 == windows)
            receiver.signal(SIGKILL)
            try check(["file", requests, agent.batchFile])
        }

        @Test(.enabled(if: OTLPTools.prometheus != nil, "no Prometheus with an OTLP receiver: docs/otlp.md"))
        func `Prometheus has exactly what was counted`() throws {
            let server = try OTLPTools.Prometheus(in: folder)
            let agent = try AgentRun(in: folder, outputs: output("\(server.url)/api/v1/otlp/v1/metrics"))
            try work(under: agent)
            _ = try agent.stop()
            try check(["prometheus", server.url, agent.batchFile])
        }

        private func output(_ url: String) -> String {
            """
            [outputs.otlp]
            type = "http"
            url = "\(url)"
            format = "otlp"
            retry.max = "200ms"
            retry.initial = "50ms"
            """
        }
    }
}

extension AgentRun {
    /// Until so many more batches have been written.
    fileprivate func waitForBatches(_ count: Int) throws {
        let before = try batches()
        let deadline = ContinuousClock.now + .seconds(30)
        while try batches() < before + count {
            guard ContinuousClock.now < deadline else { throw Failure("no batches for 30 seconds") }
            usleep(20_000)
        }
    }

    private func batches() throws -> Int {
        try String(contentsOfFile: batchFile, encoding: .utf8).split(separator: "\n").count
    }
}

/// Programs that `make otlp-tools` gets.
enum OTLPTools {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    static let check = root.appending(path: "Tests/OTLP/check.py").path
    static let python = root.appending(path: ".build/otlp/venv/bin/python").path
    private static let rotel = root.appending(path: ".build/otlp/rotel-agent").path

    static var areThere: Bool { [python, rotel].allSatisfy(FileManager.default.isExecutableFile) }

    /// One that has an OTLP receiver, by the environment or by its place.
    static var prometheus: String? {
        let named = ProcessInfo.processInfo.environment["OT_PROMETHEUS"]
        return [named, root.appending(path: ".build/otlp/prometheus").path].compactMap { $0 }
            .first(where: FileManager.default.isExecutableFile)
    }

    /// A port nobody listens on now: these programs cannot say which one they got of the kernel.
    private static func freePort() throws -> UInt16 {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
            }
        }
        guard isBound else { throw Failure("no port: \(String(cString: strerror(errno)))") }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func waitForListener(on port: UInt16, of program: Running) throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(socket) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isOpen = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, size) == 0 }
            }
            if isOpen { return }
            guard ContinuousClock.now < deadline, kill(program.pid, 0) == 0 else {
                throw Failure("nobody listens on port \(port)")
            }
            usleep(20_000)
        }
    }

    /// A rotel that passes metrics on as protobuf.
    final class Collector {
        let port: UInt16
        private let running: Running

        init(to receiver: String, in folder: Folder) throws {
            port = try OTLPTools.freePort()
            // Signals are blocked in the threads of a test, and so in what they start; only some programs mind.
            let unblocked = "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, ());"
            running = try Running(
                OTLPTools.python,
                [
                    "-c", unblocked + "os.execv(sys.argv[1], sys.argv[1:])", OTLPTools.rotel, "start",
                    "--otlp-http-endpoint", "127.0.0.1:\(port)",
                    "--otlp-grpc-endpoint", "127.0.0.1:\(OTLPTools.freePort())", "--exporter", "otlp",
                    "--otlp-exporter-endpoint", receiver, "--otlp-exporter-protocol", "http",
                    "--pid-file", folder.path("rotel.pid"), "--log-file", folder.path("rotel.log"),
                ], in: folder)
            try OTLPTools.waitForListener(on: port, of: running)
        }

        /// Ends it, which passes on all that it has.
        func stop() throws {
            running.signal(SIGTERM)
            _ = try running.wait(until: .now + .seconds(30))
        }
    }

    final class Prometheus {
        let url: String
        private let running: Running

        init(in folder: Folder) throws {
            let port = try OTLPTools.freePort()
            url = "http://127.0.0.1:\(port)"
            running = try Running(
                OTLPTools.prometheus ?? "",
                [
                    "--config.file=\(folder.write("prometheus.yml", ""))",
                    "--storage.tsdb.path=\(folder.path("tsdb"))", "--web.listen-address=127.0.0.1:\(port)",
                    "--web.enable-otlp-receiver",
                ], in: folder)
            try running.wait(for: "Server is ready", until: .now + .seconds(60))
        }
    }
}
