import Foundation
import Model
import Testing

@testable import Export

@Suite("HTTP trouble", .timeLimit(.minutes(1)))
struct HTTPTroubleTests {
    private let log = EventLog()

    private func sink(_ url: String, _ change: (inout HTTPOptions) -> Void = { _ in }) throws -> HTTPSink {
        var options = HTTPOptions(url: url)
        options.retry.initial = .milliseconds(1)
        options.retry.max = .milliseconds(5)
        change(&options)
        return try HTTPSink(name: "collector", options: options, version: "1.2.3", events: log.record)
    }

    @Test func aRefusedConnectionIsSaidInWords() async throws {
        let collector = try FakeCollector([.hang])
        collector.stop()
        let sink = try sink(collector.url + "?key=hunter2")
        sink.accept([payload(1)])
        let first = await log.nextRetry()?.reason
        #expect(first == "cannot connect to \(collector.url): connection refused")
        // The same trouble has the same words, so that it can be recognised.
        #expect(await log.nextRetry()?.reason == first)
        #expect(await sink.finish(by: .now).droppedRows == 3)
    }

    @Test(arguments: [FakeCollector.Answer.hang, .trickle])
    func aCollectorThatDoesNotAnswerInTimeIsTriedAgain(answer: FakeCollector.Answer) async throws {
        let collector = try FakeCollector([answer, .status(200)])
        defer { collector.stop() }
        let sink = try sink(collector.url) { $0.timeout = .milliseconds(200) }
        sink.accept([payload(1)])
        #expect(await log.nextRetry()?.reason == "\(collector.url) did not answer within 0.2 seconds")
        await log.upToDelivery(of: "here-1")
        _ = await sink.finish(by: .after(.seconds(5)))
        #expect(collector.received.count == 2 && collector.received[0] == collector.received[1])
    }

    @Test func aResetConnectionIsTriedAgain() async throws {
        let collector = try FakeCollector([.reset, .status(200)])
        defer { collector.stop() }
        let sink = try sink(collector.url)
        sink.accept([payload(1)])
        #expect(
            await log.nextRetry()?.reason == "the connection to \(collector.url) broke off: connection reset by peer")
        await log.upToDelivery(of: "here-1")
        _ = await sink.finish(by: .after(.seconds(5)))
    }

    @Test func ofAnEndlessAnswerOnlyTheBeginningIsRead() async throws {
        let collector = try FakeCollector([.status(200, bodyBytes: 5 << 20), .status(400, bodyBytes: 5 << 20)])
        defer { collector.stop() }
        let sink = try sink(collector.url)
        sink.accept([payload(1), payload(2)])
        let events = await log.upTo { if case .rejected("here-2", _, _) = $0 { true } else { false } }
        #expect(events.first == .delivered(id: "here-1", rows: 3))
        _ = await sink.finish(by: .after(.seconds(5)))
    }

    @Test func aRedirectIsNotFollowedAndTheTokenStaysHere() async throws {
        let elsewhere = try FakeCollector([.status(200)])
        let collector = try FakeCollector([.status(307, headers: ["Location: \(elsewhere.url)"]), .status(200)])
        defer {
            collector.stop()
            elsewhere.stop()
        }
        let directory = try Directory()
        let token = try directory.file("token", "hunter2\n")
        let sink = try sink(collector.url) { $0.bearerTokenFile = token }
        sink.accept([payload(1)])
        let events = await log.upToDelivery(of: "here-1")
        _ = await sink.finish(by: .after(.seconds(5)))
        #expect(events.first == .retrying(reason: "\(collector.url) answered 307", delay: .milliseconds(5)))
        #expect(elsewhere.received.isEmpty)
        #expect(collector.received.map { $0.headers["authorization"] } == ["Bearer hunter2", "Bearer hunter2"])
    }

    @Test func aNewTokenIsUsedWithoutAReload() async throws {
        let directory = try Directory()
        let token = try directory.file("token", "old-token")
        let collector = try FakeCollector([.status(401), .status(200)])
        defer { collector.stop() }
        let sink = try sink(collector.url) {
            $0.bearerTokenFile = token
            $0.retry.max = .seconds(60)
        }
        sink.accept([payload(1)])
        #expect(await log.nextRetry()?.delay == .seconds(60))
        _ = try directory.file("token", "new-token")
        let account = await sink.finish(by: .after(.seconds(20)))
        #expect(account.deliveredRows == 3)
        #expect(collector.received.map { $0.headers["authorization"] } == ["Bearer old-token", "Bearer new-token"])
    }

    @Test func aPasswordGoesOutAsBasicAuthentication() async throws {
        let directory = try Directory()
        let password = try directory.file("password", "open:sesame\n")
        let collector = try FakeCollector([.status(200)])
        defer { collector.stop() }
        let sink = try sink(collector.url) {
            $0.username = "sre"
            $0.passwordFile = password
        }
        sink.accept([payload(1)])
        await log.upToDelivery(of: "here-1")
        _ = await sink.finish(by: .after(.seconds(5)))
        let expected = "Basic " + Data("sre:open:sesame".utf8).base64EncodedString()
        #expect(collector.received.first?.headers["authorization"] == expected)
    }

    @Test(arguments: [
        (nil, "cannot read 'PATH': No such file or directory"),
        ("", "cannot use 'PATH': it is empty"),
        ("hunter2\r\nX-Evil: 1", "cannot use 'PATH': it contains control characters"),
    ])
    func aTokenThatCannotBeReadHoldsThePayloadsBack(content: String?, reason: String) async throws {
        let directory = try Directory()
        let token = try directory.file("token", content)
        let collector = try FakeCollector([.status(200)])
        defer { collector.stop() }
        let sink = try sink(collector.url) {
            $0.bearerTokenFile = token
            $0.retry.max = .seconds(60)
        }
        sink.accept([payload(1)])
        let retry = try #require(await log.nextRetry())
        #expect(retry.reason == reason.replacing("PATH", with: token))
        #expect(retry.delay == .seconds(60))
        #expect(collector.received.isEmpty)
        _ = try directory.file("token", "right")
        #expect(await sink.finish(by: .after(.seconds(20))).deliveredRows == 3)
    }

    @Test(arguments: [
        ("ftp://host/x", [:], false, "the url must begin with http:// or https://, not ftp://"),
        (
            "http://me:hunter2@host/x", [:], false,
            "the url is not valid, or contains a user name: use username and password_file"
        ),
        (
            "http://host:99999/", [:], false,
            "the url is not valid, or contains a user name: use username and password_file"
        ),
        ("http://host/", ["a b": "c"], false, "'a b' cannot be the name of a header"),
        ("http://host/", ["a": "c\r\nd: e"], false, "the value of header 'a' contains control characters"),
        ("http://host/", ["Host": "x"], false, "the header 'Host' is set by the output itself"),
        (
            "http://collector.example/", [:], true,
            "credentials would go to collector.example unencrypted: use https, or set allow_insecure_auth = true"
        ),
        (
            "http://127.0.0.1.example/", ["Authorization": "x"], false,
            "credentials would go to 127.0.0.1.example unencrypted: use https, or set allow_insecure_auth = true"
        ),
    ])
    func whatCouldNeverWorkIsRefusedAtTheStart(
        url: String, headers: [String: String], token: Bool, message: String
    ) throws {
        let problem = #expect(throws: SinkProblem.self) {
            _ = try sink(url) {
                $0.headers = headers
                $0.bearerTokenFile = token ? "/token" : nil
            }
        }
        #expect(problem?.description == message)
    }

    @Test(arguments: [
        ("http://127.0.0.1:1/x", true), ("http://localhost/x", true), ("http://[::1]:8080/", true),
        ("http://127.1.2.3/", true), ("http://10.0.0.1/", false), ("https://localhost.example/", false),
    ])
    func loopbackIsRecognised(url: String, isLoopback: Bool) throws {
        #expect(try Endpoint(url).isLoopback == isLoopback)
    }

    @Test func messagesShowNoQuery() throws {
        #expect(try Endpoint("https://host/in/gest?key=hunter2#part").shown == "https://host:443/in/gest")
    }
}
