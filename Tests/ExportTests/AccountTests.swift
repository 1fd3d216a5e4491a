import Foundation
import Model
import Synchronization
import Testing

@testable import Export

/// What a batch says of its outputs, while the collector does everything a collector may do.
@Suite("What outputs say of themselves", .timeLimit(.minutes(1)))
struct AccountTests {
    private let log = EventLog()
    private let directory: Directory
    private var folder: String { directory.path + "/spool" }

    init() throws { directory = try Directory(inMemory: true) }

    private func sink(_ url: String, _ change: (inout HTTPOptions) -> Void = { _ in }) throws -> HTTPSink {
        var options = HTTPOptions(url: url)
        options.retry.initial = .milliseconds(1)
        options.retry.max = .milliseconds(5)
        options.timeout = .milliseconds(300)
        options.compression = .none
        // The windows of the tests are always the same.
        options.spool.maxAge = .seconds(1 << 40)
        change(&options)
        return try HTTPSink(name: "collector", options: options, version: "1", spool: folder, events: log.record)
    }

    /// With pauses that no test waits for.
    private static func once(_ options: inout HTTPOptions) {
        options.retry.initial = .seconds(3600)
        options.retry.max = .seconds(3600)
    }

    private func batch(_ number: UInt64, rows: Int, _ account: SinkAccount) -> Batch {
        let zero = Timestamp(nanoseconds: 0)
        var batch = Batch(
            sequence: number, agent: AgentIdentity(version: "1", instance: "here", backend: "none", started: zero),
            host: HostIdentity(name: "web-1", id: nil, kernel: "6"), window: window(Int64(number)),
            coverage: Coverage(notSeen: [], absent: [], attached: 0, missing: []), loss: Loss(),
            ownActivity: Counters(),
            rows: (0..<rows).map { row in
                UnitRow(
                    identity: UnitIdentity(kind: .service, unit: ByteString("s\(row).service")),
                    cgroup: CgroupID(UInt64(row)), path: ByteString("/s\(row)"), counters: Counters([.writes: 1]))
            })
        batch.selfReport.outputs = [OutputReport(name: "collector", kind: .http, since: zero, account: account)]
        return batch
    }

    /// The figures of the only output, as a receiver reads them.
    private func figures(_ body: [UInt8]) throws -> (rows: [String: Int], batches: [String: Int], all: [String: Any]) {
        let document = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
        let outputs = try #require((document["self"] as? [String: Any])?["outputs"] as? [[String: Any]])
        let output = try #require(outputs.first)
        return (
            try #require(output["rows"] as? [String: Int]), try #require(output["batches"] as? [String: Int]), output
        )
    }

    private func expectIdentity(_ bodies: [[UInt8]]) throws {
        for body in bodies {
            let (rows, batches, _) = try figures(body)
            func sum(_ of: [String: Int], _ names: String...) -> Int { names.reduce(0) { $0 + (of[$1] ?? -1_000_000) } }
            #expect(
                sum(rows, "created", "found") == sum(rows, "sent", "rejected", "dropped", "corrupt", "waiting"),
                "\(rows)")
            #expect(
                sum(batches, "created", "found", "split")
                    == sum(batches, "sent", "rejected", "dropped", "corrupt", "waiting"), "\(batches)")
        }
    }

    @Test func `the identity is in every batch, whatever a collector answers, and at every moment between`()
        async throws
    {
        let script: [FakeCollector.Answer] = [
            .status(503), .status(429, headers: ["Retry-After: 1"]), .reset, .hang, .status(401), .status(307),
            .raw("SSH-2.0-OpenSSH_9.2\r\n"), .status(200), .status(400), .status(413), .status(200), .status(422),
            .status(200),
        ]
        let collector = try FakeCollector(script)
        defer { collector.stop() }
        let sink = try sink(collector.url)
        let done = Mutex(false)
        async let looks = onThread {
            var (looks, wrong) = (0, [SinkAccount]())
            while !done.withLock({ $0 }) {
                let account = sink.account
                if !account.adds { wrong.append(account) }
                looks += 1
                usleep(50)
            }
            return (looks, wrong)
        }
        var created = 0
        for number in 1...12 as ClosedRange<UInt64> {
            let rows = Int(number) + 1
            await sink.accept(batch(number, rows: rows, sink.account))
            created += rows
        }
        await log.upToDelivery(of: "here-12")
        let end = await sink.finish(by: .after(.seconds(10)))
        done.withLock { $0 = true }
        let (count, wrong) = try await looks
        #expect(count > 10 && wrong.isEmpty, "\(wrong.first.map { "\($0)" } ?? "")")

        try expectIdentity(collector.received.map(\.body))
        #expect(end.adds && end.waitingRows == 0 && end.createdRows == UInt64(created))
        #expect(end.splitPayloads == 1 && end.rejectedPayloads == 2 && end.droppedRows == 0)
        let attempts = end.attempts
        #expect(attempts.count == UInt64(collector.received.count))
        #expect(
            attempts.failures == [
                .http5xx: 1, .http429: 1, .connection: 2, .timeout: 1, .http4xx: 4, .http3xx: 1,
            ])
        #expect(attempts.retryAfter == 1 && attempts.lastFailure == nil && attempts.state == .ready)
        #expect(
            attempts.lastSuccess.map { abs($0.nanoseconds - Timestamp.current.nanoseconds) < 60_000_000_000 } == true)
    }

    @Test func `what a start finds, what is damaged and what is dropped are in the batches that follow`() async throws {
        let first = try sink("http://127.0.0.1:1/")
        for number in 1...4 as ClosedRange<UInt64> { await first.accept(batch(number, rows: 5, first.account)) }
        let left = await first.finish(by: .now)
        #expect(left.adds && left.waitingRows == 20 && left.spooledRows == 20)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".otb") }.sorted()
        let damaged = folder + "/" + files[1]
        var bytes = try Data(contentsOf: URL(filePath: damaged))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(filePath: damaged))
        try FileManager.default.removeItem(atPath: folder + "/" + files[2])

        let collector = try FakeCollector([.status(400), .status(200)])
        defer { collector.stop() }
        let second = try sink(collector.url)
        #expect(second.account.foundRows == 15 && second.account.adds)
        await second.accept(batch(5, rows: 7, second.account))
        await log.upToDelivery(of: "here-5")
        await second.accept(batch(6, rows: 1, second.account))
        await log.upToDelivery(of: "here-6")
        _ = await second.finish(by: .after(.seconds(5)))
        let last = try #require(collector.received.last)
        try expectIdentity([last.body])
        let (rows, batches, all) = try figures(last.body)
        #expect(rows["found"] == 15 && rows["created"] == 7 && rows["corrupt"] == 5 && rows["rejected"] == 5)
        #expect(rows["sent"] == 12 && rows["dropped"] == 0 && rows["waiting"] == 0 && rows["spooled"] == 0)
        #expect(batches["found"] == 3 && batches["corrupt"] == 1 && batches["rejected"] == 1)
        #expect(all["state"] as? String == "ready" && all["last_failure"] is NSNull)
        #expect(all["rotations"] is NSNull && all["torn_lines"] is NSNull)
    }

    @Test(arguments: [
        (401, AttemptFailure.http4xx, AttemptAccount.State.held), (503, .http5xx, .backingOff),
        (429, .http429, .backingOff),
        (302, .http3xx, .held), (400, .http4xx, .ready),
    ])
    func whereItStandsIsOneWord(status: Int, failure: AttemptFailure, state: AttemptAccount.State) async throws {
        let collector = try FakeCollector([.status(status)])
        defer { collector.stop() }
        let sink = try sink(collector.url, Self.once)
        await sink.accept(batch(1, rows: 1, sink.account))
        await log.upTo {
            switch $0 {
            case .retrying, .rejected: true
            default: false
            }
        }
        let attempts = sink.account.attempts
        #expect(attempts.count == 1 && attempts.failures == [failure: 1])
        #expect(attempts.lastFailure == failure && attempts.state == state && attempts.lastSuccess == nil)
        _ = await sink.finish(by: .now)
    }

    @Test func `a token that cannot be read holds the output`() async throws {
        let held = try sink("http://127.0.0.1:1/") {
            Self.once(&$0)
            $0.bearerTokenFile = "/nonexistent/token"
        }
        await held.accept(batch(1, rows: 1, held.account))
        _ = await log.nextRetry()
        #expect(held.account.attempts.state == .held && held.account.attempts.lastFailure == .credentials)
        _ = await held.finish(by: .now)
    }

    @Test func `a collector that is not there does not`() async throws {
        let refused = try sink("http://127.0.0.1:1/", Self.once)
        await refused.accept(batch(2, rows: 1, refused.account))
        _ = await log.nextRetry()
        #expect(refused.account.attempts.state == .backingOff && refused.account.attempts.lastFailure == .connect)
        _ = await refused.finish(by: .now)
    }

    @Test func `a file that cannot be written to says so, and has no spool`() async throws {
        let path = try directory.file("lines")
        let sink = try FileSink(name: "file", options: FileOptions(path: path), events: log.record)
        sink.accept([payload(1)])
        await log.upToDelivery(of: "here-1")
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        sink.accept([payload(2)])
        _ = await log.nextRetry()
        let account = sink.account
        #expect(account.adds && account.waitingRows == 3 && account.deliveredRows == 3)
        #expect(account.attempts.failures == [.write: 1] && account.attempts.state == .backingOff)
        #expect(account.attempts.lastSuccess != nil)
        _ = await sink.finish(by: .now)
    }
}
