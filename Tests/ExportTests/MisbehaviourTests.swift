import Foundation
import Model
import Render
import Testing

@testable import Export

/// Runs what blocks on a thread of its own: tasks have only as many as the host has CPUs, and other tests wait for them.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}

/// A destination on its own, against every kind of answer that a collector may not give but does.
@Suite("A collector that misbehaves", .timeLimit(.minutes(1)))
struct MisbehaviourTests {
    private func destination(_ url: String, _ change: (inout HTTPOptions) -> Void = { _ in }) throws -> HTTPDestination
    {
        var options = HTTPOptions(url: url)
        options.retry.initial = .milliseconds(1)
        options.retry.max = .seconds(60)
        change(&options)
        return try HTTPDestination(options, version: "1")
    }

    private func parcel(_ number: Int = 1) -> Parcel { Parcel(payload(number), compression: .gzip, since: .now) }

    /// What each answer of the script comes to.
    private func outcomes(
        _ script: [FakeCollector.Answer], _ change: (inout HTTPOptions) -> Void = { _ in }
    ) async throws -> (outcomes: [Outcome], received: [FakeCollector.Request], url: String) {
        let collector = try FakeCollector(script)
        var options = HTTPOptions(url: collector.url)
        options.retry.initial = .milliseconds(1)
        options.retry.max = .seconds(60)
        change(&options)
        return try await onThread { [options] in
            defer { collector.stop() }
            let destination = try HTTPDestination(options, version: "1")
            let outcomes = script.indices.map { number in
                destination.attempt(Parcel(payload(number), compression: .gzip, since: .now)) { nil }
            }
            return (outcomes, collector.received, collector.url)
        }
    }

    // MARK: - When to come back

    private static func date(in seconds: TimeInterval) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "UTC")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.string(from: Date(timeIntervalSinceNow: seconds))
    }

    @Test(
        arguments: [429, 503, 403],
        [
            ("7", 7...7), (date(in: 600), 250...601), ("901", 900...900), (date(in: 1_000_000), 900...900),
            ("99999999999999999999999", 900...900), ("Fri, 31 Dec 9999 23:59:59 GMT", 900...900),
        ] as [(String, ClosedRange<Int>)])
    func whenToComeBackIsHonouredWithinReason(status: Int, asked: (String, ClosedRange<Int>)) async throws {
        let (text, wanted) = asked
        let got = try await outcomes([.status(status, headers: ["Retry-After: \(text)"])]) {
            $0.retry.max = .seconds(5)
        }
        guard case .kept(_, .time(let delay, firm: true)) = got.outcomes[0] else {
            Issue.record("\(got.outcomes)")
            return
        }
        #expect(.seconds(wanted.lowerBound) <= delay && delay <= .seconds(wanted.upperBound), "\(delay)")
    }

    @Test(arguments: [429, 503], ["-5", "0", "soon", "", "Fri, 01 Jan 1999 00:00:00 GMT", "Fri, 99 Jan", "0x10"])
    func aSenselessTimeIsNone(status: Int, text: String) async throws {
        let got = try await outcomes([.status(status, headers: ["Retry-After: \(text)"])])
        guard case .kept("\(got.url) answered \(status)", .time(let delay, firm: false)) = got.outcomes[0] else {
            Issue.record("\(got.outcomes)")
            return
        }
        #expect(delay <= .milliseconds(1))
    }

    @Test func aStormWidensThePausesUntilTheFirstSuccess() async throws {
        let storm = [FakeCollector.Answer](repeating: .status(503), count: 12)
        let got = try await outcomes(storm + [.status(200), .status(503)]) { $0.retry.max = .milliseconds(64) }
        for (number, outcome) in got.outcomes.enumerated() where number != 12 {
            guard case .kept(_, .time(let delay, firm: false)) = outcome else {
                Issue.record("\(number): \(outcome)")
                continue
            }
            #expect(delay <= .milliseconds(number == 13 ? 1 : min(1 << number, 64)), "\(number)")
        }
        #expect(got.outcomes[12] == .delivered)
    }

    // MARK: - Answers that are odd

    @Test(arguments: [
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nuntil the end", "HTTP/1.0 202 \r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nmore than it says",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nless than it says",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "HTTP/1.1 299 Odd\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense",
    ])
    func whatWasTakenIsTaken(answer: String) async throws {
        #expect(try await outcomes([.raw(answer)]).outcomes == [.delivered])
        #expect(try await outcomes([.drip(answer)]).outcomes == [.delivered])
    }

    @Test(arguments: [
        "", "\r\n", "HTTP/1.1", "HTTP/1.1 \r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        // Heads that were cut, as by somebody who died over them.
        "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nX-Slow: xxx",
        "HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\n", "HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\nno",
    ])
    func whatIsNoAnswerIsTriedAgainForTheSameReason(answer: String) async throws {
        let got = try await outcomes([.raw(answer), .raw(answer)])
        let reasons = got.outcomes.map { if case .kept(let reason, .time(_, firm: false)) = $0 { reason } else { "" } }
        #expect(reasons[0] == reasons[1] && reasons[0].contains(got.url), "\(got.outcomes)")
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello", nil),
        ("HTTP/1.1 200 OK\r\n\r\n", nil), ("HTTP/1.0 204 \n\n", nil),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx", nil),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", nil),
        ("HTTP/1.1 200 OK\r\n\(json)\r\n\r\n{}", nil),
        ("HTTP/1.1 400 No\r\n\(json)\r\n\r\n{}", 400), ("HTTP/1.1 413 No\r\n\r\n", 413),
    ])
    func anAnswerThatNeverEndsCountsByItsStatus(answer: String, status: Int?) async throws {
        let got = try await outcomes([.open(answer)]) { $0.timeout = .milliseconds(300) }
        let reason = "\(got.url) answered \(status ?? 0)"
        let expected: Outcome =
            switch status {
            case nil: .delivered
            case 413?: .tooLarge(reason: reason)
            default: .rejected(reason: reason)
            }
        #expect(got.outcomes == [expected])
    }

    /// That of a body that may say something of the rows is: see the next test.
    @Test func theEndOfAnAnswerWhoseBodyNobodyNeedsIsNotWaitedFor() async throws {
        let start = ContinuousClock.now
        let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello"
        let got = try await outcomes([.open(answer), .open(answer)]) { $0.timeout = .seconds(50) }
        #expect(got.outcomes == [.delivered, .delivered])
        #expect(start.duration(to: .now) < .seconds(45))
    }

    @Test func whenItIsTimeToStopAStatusThatCameCounts() async throws {
        let collector = try FakeCollector([.open("HTTP/1.1 200 OK\r\n\(Self.json)\r\n\r\n{")])
        let outcome = try await onThread {
            defer { collector.stop() }
            let destination = try destination(collector.url)
            var stop: ContinuousClock.Instant?
            return destination.attempt(parcel()) {
                if stop == nil, !collector.received.isEmpty { stop = .now + .milliseconds(500) }
                return stop
            }
        }
        #expect(outcome == .delivered)
    }

    @Test func whatRowsWereNotWantedCountsThoughTheAnswerNeverEnds() async throws {
        let body = #"{"partialSuccess":{"rejectedDataPoints":2}}"#
        let got = try await outcomes([.open("HTTP/1.1 200 OK\r\n\(Self.json)\r\n\r\n\(body)")]) {
            $0.timeout = .milliseconds(300)
        }
        let reason = "\(got.url) answered 200, but took only part of the data points"
        #expect(got.outcomes == [.deliveredInPart(rejectedRows: 2, reason: reason)])
    }

    @Test(arguments: ["HTTP/1.1 200 OK\r\nX: y", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 2"])
    func aHeadThatNeverEndsRunsOutOfTime(answer: String) async throws {
        let got = try await outcomes([.open(answer)]) { $0.timeout = .milliseconds(300) }
        guard case .kept("\(got.url) did not answer within 0.3 seconds", _) = got.outcomes[0] else {
            Issue.record("\(got.outcomes)")
            return
        }
    }

    @Test func aResetAfterTheHeadersTakesNothingBack() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun"
        let got = try await outcomes([.raw(answer, reset: true)])
        // A reset may overtake what was said before it.
        if case .kept = got.outcomes[0] { return }
        #expect(got.outcomes == [.delivered])
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-"])
    func aResetIsTriedAgain(answer: String) async throws {
        let got = try await outcomes([.raw(answer, reset: true)])
        guard case .kept = got.outcomes[0] else {
            Issue.record("\(got.outcomes)")
            return
        }
    }

    @Test func aByteAtATimeRunsOutOfTime() async throws {
        let answer = "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 10_000) + "\r\n\r\n"
        let got = try await outcomes([.drip(answer)]) { $0.timeout = .milliseconds(200) }
        guard case .kept("\(got.url) did not answer within 0.2 seconds", _) = got.outcomes[0] else {
            Issue.record("\(got.outcomes)")
            return
        }
    }

    @Test func aConnectionClosedBetweenRequestsCostsNoAttempt() throws {
        let collector = try FakeCollector([.goneAway, .goneAway, .status(200)])
        defer { collector.stop() }
        let destination = try destination(collector.url)
        for number in 1...3 { #expect(destination.attempt(parcel(number)) { nil } == .delivered) }
        #expect(collector.received.map { $0.headers["idempotency-key"] } == ["here-1", "here-2", "here-3"])
    }

    @Test(arguments: [301, 302, 303, 307, 308]) func nothingFollowsARedirect(status: Int) async throws {
        let elsewhere = try FakeCollector([.status(200)])
        defer { elsewhere.stop() }
        let got = try await outcomes([.status(status, headers: ["Location: \(elsewhere.url)"])])
        #expect(got.outcomes == [.kept(reason: "\(got.url) answered \(status)", .time(.seconds(60), firm: false))])
        #expect(elsewhere.received.isEmpty)
    }

    // MARK: - Answers that change the batch

    private func whole(rows: Int, _ format: BatchFormat) throws -> Parcel {
        let zero = Timestamp(nanoseconds: 0)
        let batch = Batch(
            sequence: 7, agent: AgentIdentity(version: "1", instance: "here", backend: "none", started: zero),
            host: HostIdentity(name: "web-1", id: nil, kernel: "6"), window: Window(start: zero, end: zero, seconds: 0),
            coverage: Coverage(notSeen: [], absent: [], attached: 0, missing: []), loss: Loss(),
            ownActivity: Counters(),
            rows: (0..<rows).map { number in
                // The fifth is too large by itself.
                let path = String(repeating: "x", count: number == 4 ? 9000 : 10)
                return UnitRow(
                    identity: UnitIdentity(kind: .cgroup), cgroup: CgroupID(UInt64(number)),
                    path: ByteString("/\(number)/\(path)"), counters: Counters())
            })
        let payload = try #require(BatchRenderer.payloads(batch, format: format, maxBytes: 1 << 30).first)
        return Parcel(payload, compression: .none, since: .now)
    }

    @Test(arguments: [BatchFormat.json, .ndjson]) func whatIsTooLargeGoesOutInHalvesDownToARow(
        format: BatchFormat
    ) throws {
        let collector = try FakeCollector([.atMost(5000)])
        defer { collector.stop() }
        let destination = try destination(collector.url)
        var waiting = [try whole(rows: 9, format)]
        var (delivered, rejected): ([Parcel], [Parcel]) = ([], [])
        while let parcel = waiting.popLast() {
            switch destination.attempt(parcel, deadline: { nil }) {
            case .delivered: delivered.append(parcel)
            case .tooLarge:
                if let halves = parcel.halves() { waiting += halves.reversed() } else { rejected.append(parcel) }
            case let other: Issue.record("\(other)")
            }
        }
        #expect(rejected.map(\.rows) == [1] && delivered.reduce(0) { $0 + $1.rows } == 8)
        #expect(delivered.map(\.id).allSatisfy { $0.hasPrefix("here-7/") } && Set(delivered.map(\.id)).count > 2)
        let taken = collector.received.filter { $0.body.count <= 5000 }.map { String(decoding: $0.body, as: UTF8.self) }
        for number in [0, 1, 2, 3, 5, 6, 7, 8] {
            #expect(taken.filter { $0.contains("\"path\":\"/\(number)/xxxxxxxxxx\"") }.count == 1, "\(number)")
        }
    }

    @Test func whatIsPackedInAnUnknownWayGoesOutPlain() throws {
        let collector = try FakeCollector([.plainOnly])
        defer { collector.stop() }
        let destination = try destination(collector.url)
        let packed = parcel()
        #expect(destination.attempt(packed) { nil } == .badEncoding(reason: "\(collector.url) answered 415"))
        #expect(destination.attempt(try #require(packed.weaker())) { nil } == .delivered)
        #expect(collector.received.last?.body == payload(1).body)
        #expect(collector.received.map { $0.headers["idempotency-key"] } == ["here-1", "here-1"])
    }

    static let json = "Content-Type: application/json"

    @Test(arguments: [
        (json, #"{"partialSuccess":{"rejectedDataPoints":2,"errorMessage":"old"}}"#, 2),
        (json, #"{"partialSuccess":{"rejectedDataPoints":"2"}}"#, 2),
        (json + "; charset=utf-8", #" { "partial_success" : { "rejected_data_points" : "1" } } "#, 1),
        ("content-type: Application/JSON", #"{"partialSuccess":{"rejectedDataPoints":18446744073709551615}}"#, 3),
        (json, #"{"partialSuccess":{"rejectedDataPoints":0,"errorMessage":"a warning"}}"#, 0),
        (json, #"{"partialSuccess":{}}"#, 0), (json, #"{"partialSuccess":null}"#, 0), (json, "{}", 0), (json, "", 0),
        (json, #"{"partialSuccess":{"rejectedDataPoints":-1}}"#, 0), (json, "[1,", 0), (json, "\u{FEFF}{}", 0),
        (json, #"{"partialSuccess":{"rejectedDataPoints":"#, 0),
        (json, #"{"partialSuccess":{"rejectedDataPoints":"# + "\"\"}}", 0),
        ("Content-Type: text/plain", #"{"partialSuccess":{"rejectedDataPoints":2}}"#, 0),
    ])
    func rowsThatACollectorDoesNotWantAreCounted(type: String, body: String, rejected: Int) async throws {
        let head = "HTTP/1.1 200 OK\r\n\(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        let got = try await outcomes([.raw(head + body)])
        let reason = "\(got.url) answered 200, but took only part of the data points"
        let expected = rejected == 0 ? Outcome.delivered : .deliveredInPart(rejectedRows: rejected, reason: reason)
        #expect(got.outcomes == [expected])
    }

    @Test func ofALongAnswerOnlyTheStatusCounts() async throws {
        let blanks = String(repeating: " ", count: 70_000)
        let body = blanks + #"{"partialSuccess":{"rejectedDataPoints":2}}"#
        let head = "HTTP/1.1 200 OK\r\n\(Self.json)\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        #expect(try await outcomes([.raw(head + body)]).outcomes == [.delivered])
        #expect(try await outcomes([.status(200, bodyBytes: 5 << 20)]).outcomes == [.delivered])
        let got = try await outcomes([.status(400, bodyBytes: 5 << 20)])
        #expect(got.outcomes == [.rejected(reason: "\(got.url) answered 400")])
    }

    // MARK: - Secrets

    @Test func noReasonHasASecretInItEvenIfTheCollectorQuotesIt() async throws {
        let directory = try Directory()
        let secret = try directory.file("secret", "hunter2")
        let echo =
            "HTTP/1.1 401 hunter2\r\n\(Self.json)\r\nRetry-After: hunter2\r\nContent-Length: 9\r\n\r\n\"hunter2\""
        let script: [FakeCollector.Answer] = [
            .raw(echo), .raw(echo.replacing("401", with: "400")), .raw(echo.replacing("401", with: "200")),
            .status(413),
            .status(415), .status(503), .status(307, headers: ["Location: http://hunter2@127.0.0.1/"]), .reset,
            .raw(""),
            .raw("hunter2"), .trickle, .status(200),
        ]
        let changes: [(inout HTTPOptions) -> Void] = [
            { $0.bearerTokenFile = secret },
            { ($0.username, $0.passwordFile) = ("sre", secret) },
            { $0.headers = ["X-Key": "hunter2", "Authorization": "hunter2"] },
        ]
        let encoded = Data("sre:hunter2".utf8).base64EncodedString()
        for change in changes {
            let got = try await outcomes(script) {
                change(&$0)
                $0.url += "?key=hunter2"
                $0.timeout = .milliseconds(300)
            }
            let said = "\(got.outcomes)"
            #expect(!said.contains("hunter2") && !said.contains(encoded), "\(said)")
            #expect(got.outcomes.last == .delivered && said.contains("answered 401"))
            #expect(got.received.count >= script.count)
            #expect(
                got.received.allSatisfy { "\($0.headers)".contains("hunter2") || "\($0.headers)".contains(encoded) })
        }
    }
}
