import Foundation
import Model
import Testing

@testable import Export

@Suite("HTTP sink with a spool", .timeLimit(.minutes(1)))
struct SpooledSinkTests {
    private let log = EventLog()
    private let directory: Directory
    private var folder: String { directory.path + "/state/spool/collector" }

    init() throws { directory = try Directory() }

    private func sink(_ url: String, _ change: (inout HTTPOptions) -> Void = { _ in }) throws -> HTTPSink {
        var options = HTTPOptions(url: url)
        options.retry.initial = .milliseconds(1)
        options.retry.max = .milliseconds(5)
        // The windows of the tests are always the same.
        options.spool.maxAge = .seconds(1 << 40)
        change(&options)
        return try HTTPSink(
            name: "collector", options: options, version: "1.2.3", spool: folder, events: log.record)
    }

    private func files(_ aside: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder + aside).filter { $0.hasSuffix(".otb") }.sorted()
    }

    @Test func `what nobody took waits on disk, and goes out after the next start as it was`() async throws {
        let collector = try FakeCollector([.status(503), .status(503), .status(200)])
        defer { collector.stop() }
        let first = try sink(collector.url) {
            $0.retry.initial = .seconds(60)
            $0.retry.max = .seconds(60)
        }
        first.accept([payload(1), payload(2)])
        _ = await log.nextRetry()
        let account = await first.finish(by: .now)
        #expect(account.waitingRows == 6 && account.spooledRows == 6 && account.droppedRows == 0 && account.adds)
        #expect(try files().count == 2)

        let second = try sink(collector.url)
        second.accept([payload(3)])
        await log.upToDelivery(of: "here-3")
        let end = await second.finish(by: .after(.seconds(5)))
        #expect(end.foundRows == 6 && end.deliveredRows == 9 && end.adds)
        #expect(try files().isEmpty)
        let requests = collector.received
        #expect(Set(requests.map { $0.headers["idempotency-key"] }) == ["here-1", "here-2", "here-3"])
        let firstOnes = requests.filter { $0.headers["idempotency-key"] == "here-1" }
        #expect(firstOnes.count >= 2 && firstOnes.allSatisfy { $0 == firstOnes[0] })
        #expect(requests.suffix(2).map { $0.headers["idempotency-key"] } == ["here-2", "here-3"])
    }

    @Test func `a file is not for everybody`() async throws {
        let sink = try sink("http://127.0.0.1:1/")
        sink.accept([payload(1)])
        _ = await sink.finish(by: .now)
        let manager = FileManager.default
        for (path, mode) in [(folder, 0o750), (folder + "/rejected", 0o750), (folder + "/" + (try files()[0]), 0o640)] {
            let found = try #require(try manager.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
            #expect(found & ~mode == 0, "\(path)")
        }
    }

    @Test func `what is never taken lies in rejected`() async throws {
        let collector = try FakeCollector([.status(400), .status(200)])
        defer { collector.stop() }
        let sink = try sink(collector.url)
        sink.accept([payload(1), payload(2)])
        await log.upToDelivery(of: "here-2")
        let account = await sink.finish(by: .after(.seconds(5)))
        #expect(account.rejectedRows == 3 && account.deliveredRows == 3 && account.adds)
        #expect(try files().isEmpty && files("/rejected").count == 1)
    }

    /// A file stands where the folder should be: the agent has to count on.
    @Test func `a folder that cannot be made costs durability and nothing else`() async throws {
        let collector = try FakeCollector([.status(200)])
        defer { collector.stop() }
        _ = try directory.file("state", "in the way")
        let sink = try sink(collector.url)
        sink.accept([payload(1)])
        let events = await log.upToDelivery(of: "here-1")
        guard case .notSpooled(let reason) = events.first else {
            Issue.record("\(events)")
            return
        }
        #expect(reason.hasPrefix("cannot use '") && reason.hasSuffix("/state/spool/collector': Not a directory"))
        #expect(await sink.finish(by: .after(.seconds(5))).deliveredRows == 3)
    }

    /// Beyond what memory holds, and all of it a hole.
    @Test func `a file stretched by a terabyte costs that batch alone`() async throws {
        let first = try sink("http://127.0.0.1:1/")
        first.accept((1...6).map { payload($0) })
        _ = await first.finish(by: .now)
        let stretched = try files()[5]
        let path = folder + "/" + stretched
        #expect(truncate(path, 1 << 40) == 0)

        let listing = SpoolListing(output: "collector", folder: folder)
        let batch = try #require(try listing.batches(verifying: true).last)
        #expect(batch.file == stretched && batch.damage == "it is longer than it was")
        #expect(throws: SinkProblem.self) { try listing.show(batch) { _ in } }

        let second = try sink("http://127.0.0.1:1/") { $0.spool.maxBytes = 4 << 20 }
        let account = await second.finish(by: .now)
        #expect(account.waitingPayloads == 5 && account.corruptPayloads == 1 && account.droppedPayloads == 0)
        #expect(account.adds)
        #expect(try files("/corrupt") == [stretched])
    }

    @Test func `a pipe with the name of a batch is damage, and nobody waits for it`() async throws {
        let collector = try FakeCollector([.status(200)])
        defer { collector.stop() }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        #expect(mkfifo(folder + "/00000000000000000001-3-1-2.otb", 0o600) == 0)
        try FileManager.default.createDirectory(atPath: folder + "/lost+found", withIntermediateDirectories: false)
        let sink = try sink(collector.url)
        sink.accept([payload(1)])
        await log.upToDelivery(of: "here-1")
        let account = await sink.finish(by: .after(.seconds(5)))
        #expect(account.corruptPayloads == 1 && account.adds)
        #expect(FileManager.default.fileExists(atPath: folder + "/lost+found"))
        #expect(try files("/corrupt").count == 1)
    }
}
