import Export
import Foundation
import Logging
import Model
import Testing

@testable import Agent

/// What `otagent spool` shows and does.
@Suite(.timeLimit(.minutes(1))) struct SpoolInspectionTests {
    private final class Folder {
        let path = NSTemporaryDirectory() + "otagent-spool-tests-" + UUID().uuidString
        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private let folder: Folder
    private var settings = Settings()

    init() throws {
        folder = try Folder()
        settings.agent.stateDir = folder.path
        // Nobody listens on port 1.
        var options = HTTPOptions(url: "http://127.0.0.1:1/")
        options.retry.max = .milliseconds(10)
        // The windows of the tests are always the same.
        options.spool.maxAge = .seconds(1 << 40)
        settings.outputs = [OutputSettings(name: "web", kind: .http(options))]
    }

    private var spool: String { StateDirectory.spool(of: "web", in: folder.path) }

    /// Leaves batches behind as an agent does whose collector is away.
    private func fill(_ count: Int = 2) async throws {
        guard case .http(let options) = settings.outputs[0].kind else { return }
        let sink = try HTTPSink(name: "web", options: options, version: "1", spool: spool) { _ in }
        for number in 1...count {
            let start = Timestamp(nanoseconds: 1_795_348_800_000_000_000 + Int64(number) * 10_000_000_000)
            let window = Window(
                start: start, end: Timestamp(nanoseconds: start.nanoseconds + 10_000_000_000), seconds: 10)
            let payload = Payload(id: "6f1c-\(number)", format: .json, body: Array("{}\n".utf8), rows: number)
            sink.accept([payload], sequence: UInt64(number), window: window)
        }
        _ = await sink.finish(by: .now)
    }

    private func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: spool).filter { $0.hasSuffix(".otb") }.sorted()
    }

    @Test func `a spool that was never used has nothing to show`() throws {
        let (text, bad) = try SpoolInspection(settings, output: nil).list(json: false)
        #expect(text.isEmpty && bad == 0)
        #expect(try SpoolInspection(settings, output: "web").list(json: true).text == "[]\n")
    }

    @Test func `ls has a line for each batch, also of outputs that are not configured any more`() async throws {
        try await fill()
        let text = try SpoolInspection(settings, output: nil).list(json: false).text
        let start = "web  waiting  6f1c-1  2026-11-22T12:00:10.000Z/2026-11-22T12:00:20.000Z  1 rows  "
        #expect(text.hasPrefix(start) && text.split(separator: "\n").count == 2, "\(text)")
        var emptied = settings
        emptied.outputs = []
        #expect(try SpoolInspection(emptied, output: "web").list(json: false).text.hasPrefix(start))
        do {
            _ = try SpoolInspection(settings, output: "wbe")
            Issue.record("there is no such output")
        } catch let refusal as Refusal {
            #expect(refusal.status == .badArguments)
            #expect(refusal.description == "no output 'wbe' has a spool; those with one are web")
        }
    }

    @Test func `ls as JSON has a member for each thing`() async throws {
        try await fill(1)
        try Data("x".utf8).write(to: URL(filePath: "\(spool)/co\nre"))
        let text = try SpoolInspection(settings, output: nil).list(json: true).text
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        #expect(rows.count == 2)
        #expect(rows[0]["id"] as? String == "6f1c-1" && rows[0]["rows"] as? Int == 1)
        #expect(rows[0]["state"] as? String == "waiting" && rows[0]["damage"] is NSNull)
        #expect(rows[1]["damage"] as? String == "it is no spooled batch" && rows[1]["rows"] is NSNull)
        #expect(rows[1]["file"] as? String == "co\nre")
        #expect(try SpoolInspection(settings, output: nil).list(json: false).text.contains("co\\u{a}re"))
    }

    @Test func `verify reads every byte and changes nothing`() async throws {
        try await fill(3)
        let inspection = try SpoolInspection(settings, output: nil)
        #expect(try inspection.list(json: false, verifying: true).bad == 0)
        let bad = URL(filePath: "\(spool)/\(try files()[1])")
        var bytes = try Data(contentsOf: bad)
        bytes[bytes.count - 3] ^= 4
        try bytes.write(to: bad)
        let (text, count) = try inspection.list(json: false, verifying: true)
        #expect(count == 1)
        #expect(text.hasSuffix("3 files, 1 of them bad\n") && text.contains("its checksum is wrong"), "\(text)")
        #expect(try files().count == 3)
    }

    @Test func `purge says what it would remove, and removes it only when it is told to`() async throws {
        try await fill()
        let inspection = try SpoolInspection(settings, output: nil)
        #expect(try inspection.purge(really: false).contains("would remove 2 batches, 3 rows, "))
        #expect(try files().count == 2)
        let state = try StateDirectory(folder.path)
        #expect(throws: Refusal.self) { try inspection.purge(really: true) }
        _ = consume state
        #expect(try inspection.purge(really: true).hasPrefix("removed 2 batches, 3 rows, "))
        #expect(try files().isEmpty)
    }

    @Test func `drain says what is left`() async throws {
        try await fill()
        let drain = SpoolDrain(settings, logger: LogKeeper().logger)
        let wishes = AsyncStream<Signals.Wish> { _ in }
        let left = try await drain.run(output: nil, within: .milliseconds(200), wishes: wishes)
        #expect(left == 2)
        #expect(try files().count == 2)
        await #expect(throws: Refusal.self) {
            try await drain.run(output: "wbe", within: .milliseconds(200), wishes: wishes)
        }
    }

    @Test func `a start names the spools that no output has, and nothing else`() async throws {
        try await fill()
        var renamed = settings
        renamed.outputs[0] = OutputSettings(name: "new", kind: settings.outputs[0].kind)
        let hostile = StateDirectory.spool(of: "a\nb", in: folder.path)
        try FileManager.default.createDirectory(atPath: hostile + "/corrupt", withIntermediateDirectories: true)
        let quiet = LogKeeper()
        SpoolOrphans.warn(settings, quiet.logger)
        #expect(quiet.lines.isEmpty)
        try Data("x".utf8).write(to: URL(filePath: hostile + "/corrupt/core"))
        let log = LogKeeper()
        SpoolOrphans.warn(renamed, log.logger)
        let lines = log.lines
        #expect(lines.count == 2 && lines.allSatisfy { !$0.contains("\n") })
        #expect(lines.first?.contains("named 'a\\u{a}b': 0 batches (0 rows) wait in ") == true, "\(lines)")
        #expect(lines.last?.contains("named 'web': 2 batches (3 rows) wait in \(spool) and are not sent") == true)
        #expect(lines.last?.contains("otagent spool drain --output web --as OUTPUT") == true)
    }

    @Test func `an output that is gone is drained as another, whatever the bounds of that are`() async throws {
        try await fill()
        var options = HTTPOptions(url: "http://127.0.0.1:1/")
        options.retry.max = .milliseconds(10)
        (options.spool.maxBytes, options.spool.maxAge) = (4096, .seconds(1))
        var renamed = settings
        renamed.outputs = [OutputSettings(name: "new", kind: .http(options))]
        let drain = SpoolDrain(renamed, logger: LogKeeper().logger)
        let wishes = AsyncStream<Signals.Wish> { _ in }
        let left = try await drain.run(output: "web", as: "new", within: .milliseconds(200), wishes: wishes)
        #expect(left == 2)
        #expect(try files().count == 2)
        for (output, successor) in [("wbe", "new"), ("../spool/web", "new"), ("new", "new"), ("web", "nwe")] {
            await #expect(throws: Refusal.self, "\(output) as \(successor)") {
                try await drain.run(output: output, as: successor, within: .milliseconds(200), wishes: wishes)
            }
        }
        await #expect(throws: Refusal.self) {
            try await drain.run(output: nil, as: "new", within: .milliseconds(200), wishes: wishes)
        }
    }

    @Test func `the time to drain is that of all outputs together`() async throws {
        var many = settings
        let kind = settings.outputs[0].kind
        try await fill()
        let names = ["web", "b", "c", "d", "e", "f"]
        many.outputs = names.map { OutputSettings(name: $0, kind: kind) }
        for name in names.dropFirst() {
            try FileManager.default.copyItem(
                atPath: spool, toPath: StateDirectory.spool(of: name, in: folder.path))
        }
        let drain = SpoolDrain(many, logger: LogKeeper().logger)
        let clock = ContinuousClock()
        let start = clock.now
        let left = try await drain.run(output: nil, within: .seconds(2), wishes: AsyncStream { _ in })
        #expect(left == 12 && clock.now - start < .seconds(8))
    }

    @Test func `drain is refused while an agent has the lock`() async throws {
        let state = try StateDirectory(folder.path)
        let drain = SpoolDrain(settings, logger: LogKeeper().logger)
        do {
            _ = try await drain.run(output: nil, within: .seconds(1), wishes: AsyncStream { _ in })
            Issue.record("it was not refused")
        } catch let refusal as Refusal {
            #expect(refusal.description.contains("another otagent is using it; stop the agent first"))
        }
        _ = consume state
    }
}
