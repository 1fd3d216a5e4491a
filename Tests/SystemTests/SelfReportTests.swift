import Foundation
import Glibc
import Testing

extension SystemTests {
    /// What batches say of the agent itself, in a run that goes wrong in every way.
    @Suite struct SelfReport {
        private let folder: Folder
        init() throws { folder = try Folder() }

        private struct Document: Decodable {
            struct Own: Decodable {
                struct Use: Decodable {
                    let cpuSeconds: Double
                    let residentBytes: UInt64
                    let openFds: UInt64
                    let started: String
                }

                struct Resolver: Decodable {
                    let knownCgroups: UInt64
                    let lookups: UInt64
                    let failures: UInt64
                }

                struct Config: Decodable {
                    let loaded: String
                    let lastReloadSuccessful: Bool?
                    let reloads: UInt64
                    let reloadFailures: UInt64
                }

                struct Output: Decodable {
                    let name: String
                    let rows: [String: UInt64?]
                    let batches: [String: UInt64?]
                    let spoolBytes: UInt64?
                    let state: String
                    let attempts: UInt64
                    let failures: [String: UInt64]
                    let lastFailure: String?

                    /// What the identity of docs/conservation.md lacks; nothing when it holds.
                    var imbalances: [String] {
                        func sum(_ of: [String: UInt64?], _ names: String...) -> UInt64 {
                            names.reduce(0) { $0 + ((of[$1] ?? nil) ?? 1 << 40) }
                        }
                        let (rowsIn, batchesIn) = (
                            sum(rows, "created", "found"), sum(batches, "created", "found", "split")
                        )
                        let ends = ["sent", "rejected", "dropped", "corrupt", "waiting"]
                        let rowsOut = ends.reduce(0) { $0 + sum(rows, $1) }
                        let batchesOut = ends.reduce(0) { $0 + sum(batches, $1) }
                        return (rowsIn == rowsOut ? [] : ["\(name), rows: \(rows)"])
                            + (batchesIn == batchesOut ? [] : ["\(name), batches: \(batches)"])
                    }

                    func rows(_ word: String) -> UInt64? { rows[word] ?? nil }
                }

                let kernelMemoryBytes: UInt64
                let process: Use
                let resolver: Resolver
                let config: Config
                let outputs: [Output]
            }

            let sequence: Int
            let agent: Agent
            let own: Own

            private enum CodingKeys: String, CodingKey {
                case sequence, agent
                case own = "self"
            }

            struct Agent: Decodable { let instance: String }

            func output(_ name: String) -> Own.Output? { own.outputs.first { $0.name == name } }
        }

        private struct Listed: Decodable {
            let rows: UInt64?
            let state: String
        }

        /// Whole lines only: an agent may be writing.
        private func documents() throws -> [Document] {
            let text = try String(contentsOfFile: folder.path("batches.json"), encoding: .utf8)
            guard let end = text.lastIndex(of: "\n") else { return [] }
            return try text[..<end].split(separator: "\n").map { try decoded(Document.self, from: String($0)) }
        }

        private func waitForDocument(_ what: String, _ isWanted: (Document) -> Bool) throws -> Document {
            let deadline = ContinuousClock.now + .seconds(60)
            while .now < deadline {
                if let last = try documents().last, isWanted(last) { return last }
                usleep(50_000)
            }
            throw Failure("never \(what): \(try documents().last.map { "\($0.own.outputs)" } ?? "no document")")
        }

        private func waiting() throws -> UInt64 {
            let listed = try otagent(["spool", "ls", "--json", "--config", folder.path("agent.toml")], in: folder)
            return try decoded([Listed].self, from: listed.output).filter { $0.state == "waiting" }
                .reduce(0) { $0 + ($1.rows ?? 0) }
        }

        private func start() throws -> Running {
            let running = try Running(built("otagent"), ["run", "--config", folder.path("agent.toml")], in: folder)
            try running.wait(for: "ready", until: .now + .seconds(60))
            return running
        }

        private func end(_ running: Running) throws {
            running.signal(SIGTERM)
            let end = try running.wait(until: .now + .seconds(60))
            #expect(end.status == 0, "\(end.errors)")
        }

        @Test(.enabled(if: installed("python3") != nil, "there is no python3"))
        func `rows add up in every batch through an outage, drops, a restart, damage and refusals`() throws {
            // Each row alone is a batch here, and so a block on disk: a few hundred cgroups are more than the spool may hold.
            _ = try AgentRun.configuration(
                in: folder,
                outputs: """
                    [outputs.collector]
                    type = "http"
                    url = "http://collector/ingest"
                    unix_socket = "\(folder.path("collector"))"
                    compression = "none"
                    max_batch_bytes = "1KiB"
                    retry.initial = "20ms"
                    retry.max = "100ms"
                    spool.max_bytes = "1MiB"
                    """)
            let cgroup = try Cgroup()
            let outage = try start()
            _ = try Workload.storm(400, in: cgroup, folder, together: true)
            let full = try waitForDocument("dropped anything") {
                guard let output = $0.output("collector") else { return false }
                return (output.rows("dropped") ?? 0) > 0 && output.state == "backing_off"
            }
            let collector = try #require(full.output("collector"))
            #expect(collector.lastFailure == "connect" && collector.failures.keys.sorted() == ["connect"])
            // As many as a MiB holds, each a row alone in one to four blocks of 4 KiB: it is longer while the kernel measures programs.
            #expect(collector.rows("sent") == 0 && (collector.rows("created") ?? 0) >= 64)
            #expect((collector.spoolBytes ?? 0) > 0 && (collector.spoolBytes ?? .max) <= 1 << 20)
            try end(outage)

            let left = try waiting()
            let spool = folder.path("state") + "/spool/collector/"
            let files = try FileManager.default.contentsOfDirectory(atPath: spool).filter { $0.hasSuffix(".otb") }
                .sorted()
            let damaged = try #require(files.dropFirst(3).first { $0.split(separator: "-")[1] == "1" })
            var bytes = try Data(contentsOf: URL(filePath: spool + damaged))
            bytes[bytes.count - 20] ^= 4
            try bytes.write(to: URL(filePath: spool + damaged))

            let server = try Running(
                installed("python3") ?? "", ["-c", Self.collector, folder.path("collector"), folder.path("taken")],
                in: folder)
            try server.wait(for: "listens", until: .now + .seconds(30))
            let recovery = try start()
            let recovered = try waitForDocument("delivered everything") {
                guard let output = $0.output("collector"), $0.agent.instance != full.agent.instance else {
                    return false
                }
                return output.rows("waiting") == 0 && (output.rows("sent") ?? 0) > 0
            }
            let last = try #require(recovered.output("collector"))
            #expect(last.rows("found") == left && last.rows("corrupt") == 1 && last.rows("dropped") == 0)
            #expect(last.rows("rejected") == 2 && last.failures["http_4xx"] == 2 && last.failures["http_5xx"] == 3)
            #expect(last.state == "ready" && last.lastFailure == nil)
            recovery.signal(SIGHUP)
            try recovery.wait(for: " reloaded; outputs", until: .now + .seconds(20))
            _ = try waitForDocument("told of the reload") { $0.own.config.reloads == 1 }
            try end(recovery)
            // What the test's own threads hold back, a program that they start holds back, too.
            server.signal(SIGKILL)
            _ = try server.wait(until: .now + .seconds(30))

            // Of every output, in every batch of both lives.
            let documents = try documents()
            #expect(documents.flatMap(\.own.outputs).flatMap(\.imbalances) == [])
            #expect(documents.allSatisfy { $0.own.outputs.map(\.name) == ["local", "collector"] })
            // And the collector has what the agent says it sent, to the row.
            let taken = try String(contentsOfFile: folder.path("taken"), encoding: .utf8).split(separator: "\n")
                .compactMap { UInt64($0) }.reduce(0, +)
            let final = try #require(documents.last?.output("collector"))
            #expect(taken >= (final.rows("sent") ?? .max))
            let afterwards = try #require(documents.last).own
            #expect(afterwards.process.residentBytes > 1 << 20 && afterwards.process.cpuSeconds > 0)
            #expect(afterwards.process.openFds > 10 && afterwards.kernelMemoryBytes > 1 << 20)
            #expect(afterwards.resolver.knownCgroups > 0)
            #expect(
                afterwards.config.lastReloadSuccessful == true && afterwards.config.loaded > afterwards.process.started)
            #expect(documents.first?.own.config.lastReloadSuccessful == nil)
        }

        /// Answers 503, 400, 503, 400 and 503 first, then takes everything and writes down how many rows that was.
        private static let collector = """
            import http.server, json, socketserver, sys
            script = [503, 400, 503, 400, 503]
            class Collector(http.server.BaseHTTPRequestHandler):
                def do_POST(self):
                    body = self.rfile.read(int(self.headers["content-length"]))
                    status = script.pop(0) if script else 200
                    if status == 200:
                        with open(sys.argv[2], "a") as taken: print(len(json.loads(body)["units"]), file=taken)
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                def log_message(self, *_): pass
            class Server(socketserver.UnixStreamServer):
                def get_request(self): return super().get_request()[0], ("local", 0)
            with Server(sys.argv[1], Collector) as server:
                print("listens", file=sys.stderr, flush=True)
                server.serve_forever()
            """

        @Test func `an agent that stood still for three windows tells of one long one, and loses nothing`() throws {
            let cgroup = try Cgroup()
            let agent = try AgentRun(in: folder)
            let deadline = ContinuousClock.now + .seconds(30)
            while try Batch.all(inFile: agent.batchFile).isEmpty, .now < deadline { usleep(20_000) }
            agent.running.signal(SIGSTOP)
            let stopped = ContinuousClock.now
            defer { agent.running.signal(SIGCONT) }
            let truth = try Workload.run(in: cgroup, folder)
            // The stall is what is tested, so it has to last.
            while stopped.duration(to: .now) < .milliseconds(3500) { usleep(20_000) }
            agent.running.signal(SIGCONT)
            let batches = try agent.stop()
            let long = try #require(batches.max { $0.window.seconds < $1.window.seconds })
            #expect(long.window.seconds >= 3.4, "\(batches.map(\.window.seconds))")
            #expect(batches.count { $0.window.seconds > 2 } == 1, "\(batches.map(\.window.seconds))")
            #expect(batches.allSatisfy { $0.window.gapBefore == 0 })
            #expect(zip(batches, batches.dropFirst()).allSatisfy { $0.window.end == $1.window.start })
            #expect(batches.map(\.sequence) == Array(1...batches.count))
            #expect(truth.counters.writes > 0)
            #expect(batches.counters(of: truth.cgroupId).differences(from: truth) == [])
        }
    }
}
