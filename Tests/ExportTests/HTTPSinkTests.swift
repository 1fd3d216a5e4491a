import Foundation
import Model
import Testing

@testable import Export

@Suite("HTTP sink", .timeLimit(.minutes(1)))
struct HTTPSinkTests {
    private let log = EventLog()

    private func sink(_ url: String, _ change: (inout HTTPOptions) -> Void = { _ in }) throws -> HTTPSink {
        var options = HTTPOptions(url: url)
        options.retry.initial = .milliseconds(1)
        options.retry.max = .milliseconds(5)
        change(&options)
        return try HTTPSink(name: "collector", options: options, version: "1.2.3", events: log.record)
    }

    @Test func aDeliveredBodyUnpacksToThePayload() async throws {
        let collector = try FakeCollector([.status(200)])
        defer { collector.stop() }
        let sink = try sink(collector.url) { $0.headers = ["X-Scope-OrgID": "sre", "X-Empty": ""] }
        let body = String(repeating: "{\"unit\":\"nginx.service\"}\n", count: 10_000)
        sink.accept([payload(1, body: body)])
        await log.upToDelivery(of: "here-1")
        let account = await sink.finish(by: .after(.seconds(5)))
        let request = try #require(collector.received.first)
        #expect(request.line == "POST /ingest HTTP/1.1")
        #expect(gunzipped(request.body) == Array(body.utf8))
        #expect(request.headers["content-type"] == "application/x-ndjson")
        #expect(request.headers["content-encoding"] == "gzip")
        #expect(request.headers["idempotency-key"] == "here-1")
        #expect(request.headers["user-agent"] == "otagent/1.2.3")
        #expect(request.headers["x-scope-orgid"] == "sre")
        #expect(request.headers["x-empty"] == "")
        #expect(request.headers["expect"] == nil)
        #expect(account.deliveredRows == 3 && account.rows == 3 && account.lastError == nil)
    }

    @Test func withoutCompressionTheBodyIsThePayload() async throws {
        let collector = try FakeCollector([.status(204)])
        defer { collector.stop() }
        let sink = try sink(collector.url) { $0.compression = .none }
        sink.accept([payload(1, format: .json)])
        await log.upToDelivery(of: "here-1")
        _ = await sink.finish(by: .after(.seconds(5)))
        let request = try #require(collector.received.first)
        #expect(request.body == payload(1).body)
        #expect(request.headers["content-encoding"] == nil)
        #expect(request.headers["content-type"] == "application/json")
    }

    @Test func retriesAreByteIdenticalAndKeepTheOrder() async throws {
        let collector = try FakeCollector([.status(503), .reset, .status(429), .status(200)])
        defer { collector.stop() }
        let sink = try sink(collector.url)
        sink.accept((1...3).map { payload($0) })
        let events = await log.upToDelivery(of: "here-3")
        let account = await sink.finish(by: .after(.seconds(5)))
        let requests = collector.received
        #expect(
            requests.map { $0.headers["idempotency-key"] }
                == ["here-1", "here-1", "here-1", "here-1", "here-2", "here-3"])
        #expect(requests[1...3].allSatisfy { $0 == requests[0] })
        #expect(events.contains(.recovered))
        #expect(account.deliveredPayloads == 3 && account.payloads == 3)
    }

    @Test(arguments: [400, 406, 409, 411, 412, 413, 422, 501, 505])
    func aPayloadThatIsNeverTakenIsRejectedAndTheNextOneFollows(status: Int) async throws {
        let collector = try FakeCollector([.status(status), .status(200)])
        defer { collector.stop() }
        let sink = try sink(collector.url)
        sink.accept([payload(1, rows: 5), payload(2, rows: 2)])
        let events = await log.upToDelivery(of: "here-2")
        let account = await sink.finish(by: .after(.seconds(5)))
        #expect(events.first == .rejected(id: "here-1", rows: 5, reason: "\(collector.url) answered \(status)"))
        #expect(account.rejectedRows == 5 && account.deliveredRows == 2 && account.rows == 7)
    }

    /// What is packed in a way the collector does not know goes there plain, and all that follows at once.
    @Test func aCollectorThatCannotUnpackIsRemembered() async throws {
        let collector = try FakeCollector([.status(415), .status(200), .status(200)])
        defer { collector.stop() }
        let sink = try sink(collector.url)
        sink.accept([payload(1, rows: 5)])
        _ = await log.upToDelivery(of: "here-1")
        sink.accept([payload(2, rows: 2)])
        _ = await log.upToDelivery(of: "here-2")
        let account = await sink.finish(by: .after(.seconds(5)))
        let requests = collector.received
        #expect(requests.map { $0.headers["content-encoding"] } == ["gzip", nil, nil])
        #expect(requests.map { $0.headers["idempotency-key"] } == ["here-1", "here-1", "here-2"])
        #expect(account.deliveredRows == 7 && account.rejectedRows == 0)
    }

    /// A collector that refuses even the plain form will never take it.
    @Test func aCollectorThatCannotReadThePlainFormEitherRejects() async throws {
        let collector = try FakeCollector([.status(415), .status(415), .status(200)])
        defer { collector.stop() }
        let sink = try sink(collector.url)
        sink.accept([payload(1, rows: 5), payload(2, rows: 2)])
        _ = await log.upToDelivery(of: "here-2")
        let account = await sink.finish(by: .after(.seconds(5)))
        #expect(account.rejectedRows == 5 && account.deliveredRows == 2)
    }

    @Test(arguments: [
        ("70", Duration.seconds(70)), ("99999", .seconds(900)), ("Fri, 31 Dec 2100 23:59:59 GMT", .seconds(900)),
    ])
    func theCollectorSaysWhenToComeBack(retryAfter: String, delay: Duration) async throws {
        let collector = try FakeCollector([.status(503, headers: ["Retry-After: \(retryAfter)"])])
        defer { collector.stop() }
        let sink = try sink(collector.url)
        sink.accept([payload(1)])
        let retry = try #require(await log.nextRetry())
        #expect(retry.reason == "\(collector.url) answered 503")
        #expect(retry.delay == delay)
        #expect(sink.account.waitingRows == 3 && sink.account.lastError == retry.reason)
        // It asked for more time than there is: no use in waiting for the deadline.
        let account = await sink.finish(by: .after(.seconds(5)))
        #expect(account.droppedRows == 3 && collector.received.count == 1)
    }

    /// Whose disk hangs must not hold up the windows, nor grow without end.
    @Test func aDiskThatHangsIsNotWaitedFor() async throws {
        let collector = try FakeCollector([.status(200), .status(200)])
        defer { collector.stop() }
        let sink = try sink(collector.url)
        sink.queue.suspend()
        // Each returns, though nothing is written.
        await sink.accept(batch(1, rows: 15_000))
        await sink.accept(batch(2, rows: 4_000))
        await sink.accept(batch(3, rows: 4_000))
        let events = await log.upTo { if case .dropped = $0 { true } else { false } }
        #expect(events == [.dropped(payloads: 1, rows: 4_000, first: "here-3", reason: "the spool's disk hangs")])
        sink.queue.resume()
        await withCheckedContinuation { done in sink.queue.async { done.resume() } }
        let account = await sink.finish(by: .now)
        #expect(account.createdRows == 23_000 && account.rows == 23_000, "\(account)")
    }

    private func batch(_ sequence: UInt64, rows: Int) -> Batch {
        let zero = Timestamp(nanoseconds: 0)
        let row = UnitRow(
            identity: UnitIdentity(kind: .cgroup), cgroup: CgroupID(1), path: "/a", counters: Counters([.writes: 1]))
        return Batch(
            sequence: sequence, agent: AgentIdentity(version: "1", instance: "here", backend: "none", started: zero),
            host: HostIdentity(name: "web-1", id: nil, kernel: "6"), window: window(Int64(sequence)),
            coverage: Coverage(notSeen: [], absent: [], attached: 0, missing: []), loss: Loss(),
            ownActivity: Counters(), rows: Array(repeating: row, count: rows))
    }

    @Test(arguments: ["-5", "soon", "Fri, 01 Jan 1999 00:00:00 GMT"])
    func aSenselessRetryAfterCountsAsNone(retryAfter: String) async throws {
        let collector = try FakeCollector([.status(503, headers: ["Retry-After: \(retryAfter)"]), .status(200)])
        defer { collector.stop() }
        let sink = try sink(collector.url)
        sink.accept([payload(1)])
        await log.upToDelivery(of: "here-1")
        #expect(await sink.finish(by: .after(.seconds(5))).deliveredRows == 3)
    }

    @Test(arguments: [401, 403, 404, 405, 407, 410, 421, 301, 302, 307, 308])
    func whatSomebodyMustMendIsTriedAtTheSlowestPace(status: Int) async throws {
        let collector = try FakeCollector([.status(status), .status(200)])
        defer { collector.stop() }
        let sink = try sink(collector.url) { $0.retry.max = .milliseconds(20) }
        sink.accept([payload(1)])
        #expect(try #require(await log.nextRetry()).delay == .milliseconds(20))
        await log.upToDelivery(of: "here-1")
        _ = await sink.finish(by: .after(.seconds(5)))
    }

    @Test func theBoundDropsTheOldestAndNoRowIsForgotten() async throws {
        let collector = try FakeCollector([.status(401)])
        defer { collector.stop() }
        let sink = try sink(collector.url) {
            $0.compression = .none
            $0.spool.maxBytes = 100
            $0.retry.max = .seconds(60)
        }
        let body = String(repeating: "x", count: 40)
        sink.accept([payload(1, rows: 1, body: body)])
        _ = await log.nextRetry()
        for number in 2...5 { sink.accept([payload(number, rows: number, body: body)]) }
        for number in 1...3 {
            let events = await log.upTo { _ in true }
            let id = "here-\(number)"
            #expect(events == [.dropped(payloads: 1, rows: number, first: id, reason: "too much is waiting")])
        }
        let account = sink.account
        #expect(account.droppedRows == 1 + 2 + 3 && account.waitingRows == 4 + 5)
        #expect(account.rows == 15 && account.payloads == 5)
        let final = await sink.finish(by: .now)
        #expect(final.droppedRows == 15 && final.waitingRows == 0)
    }

    @Test func whatWaitsForTooLongIsDropped() async throws {
        let collector = try FakeCollector([.status(503), .status(200)])
        defer { collector.stop() }
        let sink = try sink(collector.url) { $0.spool.maxAge = .zero }
        sink.accept([payload(1)])
        let events = await log.upTo { if case .dropped = $0 { true } else { false } }
        #expect(events.last == .dropped(payloads: 1, rows: 3, first: "here-1", reason: "it waited for too long"))
        #expect(await sink.finish(by: .now).rows == 3)
    }

    @Test(arguments: [FakeCollector.Answer.hang, .trickle])
    func finishingWithADeadCollectorEndsByItsDeadline(answer: FakeCollector.Answer) async throws {
        let collector = try FakeCollector([answer])
        defer { collector.stop() }
        let sink = try sink(collector.url) { $0.timeout = .seconds(60) }
        sink.accept([payload(1), payload(2)])
        let start = ContinuousClock.now
        let account = await sink.finish(by: start + .milliseconds(200))
        // Not by that of the request.
        #expect(start.duration(to: .now) < .seconds(30))
        #expect(account.droppedRows == 6 && account.rows == 6)
        // Whoever comes too late is counted as well.
        sink.accept([payload(3)])
        #expect(sink.account.droppedRows == 9)
        #expect(await sink.finish(by: .now).rows == 9)
    }

    @Test func finishingDeliversWhatABackoffHeldBack() async throws {
        let collector = try FakeCollector([.status(503), .status(200)])
        defer { collector.stop() }
        let sink = try sink(collector.url) {
            $0.retry.initial = .seconds(60)
            $0.retry.max = .seconds(60)
        }
        sink.accept([payload(1), payload(2)])
        _ = await log.nextRetry()
        let account = await sink.finish(by: .after(.seconds(20)))
        #expect(account.deliveredRows == 6 && account.droppedRows == 0)
    }
}
