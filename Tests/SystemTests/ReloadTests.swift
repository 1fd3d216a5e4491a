import Foundation
import Glibc
import Testing

extension SystemTests {
    /// SIGHUP, as systemctl reload and logrotate send it.
    @Suite struct Reload {
        private let folder: Folder

        init() throws { folder = try Folder() }

        /// A collector that takes connections and never answers, and the configuration of an agent that sends there.
        private func configuration(_ port: UInt16, file: String, maxUnits: Int) throws {
            _ = try AgentRun.configuration(
                in: folder, trace: "max_units = \(maxUnits)",
                outputs: """
                    [outputs.collector]
                    type = "http"
                    url = "http://127.0.0.1:\(port)/ingest"
                    timeout = "30s"
                    spool.max_bytes = "\(1 + maxUnits % 7)MiB"

                    [outputs.second]
                    type = "file"
                    path = "\(folder.path(file))"
                    """)
        }

        @Test func `fifty reloads during an outage are each decided at once, and no batch of a file is lost`() throws {
            let collector = try SilentCollector()
            // How long a busy disk takes is another question.
            let memory = try SmallFileSystem(in: folder, size: "64m")
            let state = folder.path("state")
            try FileManager.default.createSymbolicLink(atPath: state, withDestinationPath: memory.path)
            try configuration(collector.port, file: "second-0.ndjson", maxUnits: 10_000)
            let config = folder.path("agent.toml")
            let running = try Running(built("otagent"), ["run", "--config", config], in: folder)
            try running.wait(for: "ready", until: .now + .seconds(60))
            var waits: [Duration] = []
            for number in 1...50 {
                if number % 10 == 0 {
                    try "[agent]\nintervall = \"1s\"\n".write(toFile: config, atomically: true, encoding: .utf8)
                } else {
                    try configuration(collector.port, file: "second-\(number % 3).ndjson", maxUnits: 9_000 + number)
                }
                let before = running.waitedForProcessors
                running.signal(SIGHUP)
                try running.wait(for: "(decided in ", count: number, until: .now + .seconds(60))
                waits.append(running.waitedForProcessors - before)
            }
            // The agent's own clock, from the signal to the decision; what a busy machine kept from it is none of its.
            let times = running.said.matches(of: /\(decided in (\d+) ms\)/)
                .map { Duration.milliseconds(Int($0.1) ?? 1 << 40) }
            let late = zip(times, waits).filter { $0 - $1 > .milliseconds(250) }
            #expect(times.count == 50 && late.isEmpty, "\(late) of \(times)")
            running.signal(SIGTERM)
            let end = try running.wait(until: .now + .seconds(60))
            #expect(end.status == 0, "\(end.errors)")
            #expect(end.errors.contains("unknown key 'intervall'"), "\(end.errors)")

            // The file that stays has every window; those that took turns have it, too, when they are put together.
            let kept = try Batch.all(inFile: folder.path("batches.json")).map { UInt64($0.sequence) }
            #expect(kept == (1...UInt64(kept.count)).map { $0 })
            let turns = try (0..<3).flatMap { number in
                try sequences(ofLines: folder.path("second-\(number).ndjson"))
            }
            #expect(turns.sorted() == kept)
        }

        private func sequences(ofLines path: String) throws -> [UInt64] {
            struct Line: Decodable {
                let type: String
                let sequence: UInt64
            }
            return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
                .map { try decoded(Line.self, from: String($0)) }.filter { $0.type == "batch" }.map(\.sequence)
        }

        private func seconds(_ stamp: String) throws -> Double {
            try Date(stamp, strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true))
                .timeIntervalSince1970
        }

        @Test func `a signal at any moment of the start costs nothing`() throws {
            let config = try AgentRun.configuration(in: folder)
            for number in 0..<4 {
                let running = try Running(
                    built("otagent"), ["run", "--config", config, "--duration", "1s"], in: folder)
                // From when the program's own code runs; before that it is the loader, which answers to nobody.
                try running.waitForFirstCode(until: .now + .seconds(20))
                usleep(UInt32(number * 4000))
                running.signal(SIGHUP)
                let end = try running.wait(until: .now + .seconds(60))
                #expect(end.status == 0, "after \(number * 4000) us: \(end.status) \(end.errors)")
                #expect(end.errors.contains("reloaded; outputs: kept 'local'"), "\(end.errors)")
            }
        }

        @Test func `a stop at the start is followed before the programs are there, and leaves nothing`() throws {
            let config = try AgentRun.configuration(in: folder)
            for (arguments, status) in [([], 0), (["--once"], 1)] as [([String], Int32)] {
                let running = try Running(built("otagent"), ["run", "--config", config] + arguments, in: folder)
                try running.waitForFirstCode(until: .now + .seconds(20))
                running.signal(SIGTERM)
                let end = try running.wait(until: .now + .seconds(60))
                #expect(end.status == status, "\(end.errors)")
                #expect(end.errors.contains("told to stop before anything was counted"), "\(end.errors)")
                #expect(!end.errors.contains("ready"), "\(end.errors)")
                #expect(try Batch.all(inFile: folder.path("batches.json")).isEmpty)
            }
        }

        @Test func `who asks to stop twice does not wait for the collector, and what waits is kept`() throws {
            let collector = try SilentCollector()
            let config = try AgentRun.configuration(
                in: folder, shutdownTimeout: "50s",
                outputs: """
                    [outputs.collector]
                    type = "http"
                    url = "http://127.0.0.1:\(collector.port)/ingest"
                    timeout = "60s"
                    """)
            let running = try Running(built("otagent"), ["run", "--config", config], in: folder)
            try running.wait(for: "ready", until: .now + .seconds(60))
            running.signal(SIGTERM)
            try running.waitForNoPendingSignal(until: .now + .seconds(20))
            running.signal(SIGTERM)
            // Sooner than `shutdown_timeout`, of which this is most.
            let end = try running.wait(until: .now + .seconds(40))
            #expect(end.status == 0, "\(end.errors)")
            #expect(end.errors.contains("told to stop once more"), "\(end.errors)")
            #expect(end.errors.contains("wait in the spool for the next start"), "\(end.errors)")
            let kept = try FileManager.default.contentsOfDirectory(atPath: folder.path("state/spool/collector"))
            let windows = try Batch.all(inFile: folder.path("batches.json")).count
            #expect(windows > 0 && kept.count { $0.hasSuffix(".otb") } == windows, "\(kept)")
        }

        @Test func `the first window after a restart says how long nobody counted`() throws {
            var ends: [Double] = []
            var starts: [(start: Double, gap: Double)] = []
            for _ in 0..<2 {
                let agent = try AgentRun(in: folder, arguments: ["--duration", "2s"])
                let end = try agent.running.wait(until: .now + .seconds(60))
                #expect(end.status == 0, "\(end.errors)")
                let batches = try Batch.all(inFile: agent.batchFile)
                let first = try #require(batches.last { $0.sequence == 1 })
                starts.append((try seconds(first.window.start), first.window.gapBefore))
                ends.append(try seconds(#require(batches.last).window.end))
            }
            #expect(starts[0].gap == 0)
            #expect(abs(starts[1].gap - (starts[1].start - ends[0])) < 0.01)
            #expect(starts[1].gap > 0)
        }
    }
}

/// Takes connections and never says a word.
private final class SilentCollector {
    private let listener: Int32
    let port: UInt16

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, length) == 0 && listen(listener, 128) == 0
                    && getsockname(listener, generic, &length) == 0
            }
        }
        guard bound else { throw Failure("cannot listen: \(String(cString: strerror(errno)))") }
        (self.listener, port) = (listener, UInt16(bigEndian: address.sin_port))
    }

    deinit { close(listener) }
}
