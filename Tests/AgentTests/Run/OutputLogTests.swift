import Export
import Logging
import Synchronization
import Testing

@testable import Agent

/// Keeps what is logged.
final class LogKeeper: Sendable {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(keeper: self) } }

    private struct Handler: LogHandler {
        let keeper: LogKeeper
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            keeper.kept.withLock { $0.append("\(event.level): \(event.message)") }
        }
    }
}

/// What is said about an output, and how often.
@Suite struct OutputLogTests {
    private let keeper = LogKeeper()
    private let start = ContinuousClock.now

    private func note(_ log: OutputLog, _ event: SinkEvent, after seconds: Int = 0) {
        log.note(event, at: start + .seconds(seconds))
    }

    private var log: OutputLog { OutputLog(output: "web", logger: keeper.logger) }
    private let refused = SinkEvent.retrying(reason: "connection refused", delay: .seconds(1))

    @Test(
        arguments: [
            (.delivered(id: "i-1", rows: 3), "debug: output 'web': delivered i-1, 3 rows"),
            (.recovered, "info: output 'web': delivers again"),
            (
                .retrying(reason: "connection refused", delay: nil),
                "warning: output 'web': connection refused; the batches are kept and tried again"
            ),
            (
                .rejected(id: "i-1", rows: 3, reason: "answered 400"),
                "warning: output 'web': answered 400; given up: i-1, 3 rows"
            ),
            (
                .dropped(payloads: 2, rows: 9, first: "i-1", reason: "no room left"),
                "warning: output 'web': no room left: dropped 2 batches, 9 rows, from i-1"
            ),
            (
                .rotated(archive: "/a-1", cause: "size"),
                "debug: output 'web': began a new file, by size; the old one is '/a-1'"
            ),
            (
                .mended(path: "/a", bytes: 7),
                "warning: output 'web': cut a line without an end off '/a', 7 bytes"
            ),
            (.trouble(reason: "cannot pack '/a-1'"), "warning: output 'web': cannot pack '/a-1'"),
            (
                .rotated(archive: "/a\n\u{1B}[2J-1", cause: "size"),
                #"debug: output 'web': began a new file, by size; the old one is '/a\x0a\x1b[2J-1'"#
            ),
            (.trouble(reason: "no\nroom"), #"warning: output 'web': no\x0aroom"#),
            (.closed(reason: "nobody reads it"), "warning: output 'web': nobody reads it; nothing more goes there"),
        ] as [(SinkEvent, String)])
    func `each event has its line`(event: SinkEvent, line: String) {
        note(log, event)
        #expect(keeper.lines == [line])
    }

    @Test func `the same trouble is said once a minute, with how often it was`() {
        let log = log
        for second in 0..<60 { note(log, refused, after: second) }
        #expect(keeper.lines.count == 1)
        note(log, refused, after: 60)
        #expect(keeper.lines.count == 2)
        #expect(keeper.lines.last?.hasSuffix("(and 59 times since the last such line)") == true)
        note(log, refused, after: 119)
        #expect(keeper.lines.count == 2)
        note(log, refused, after: 121)
        #expect(keeper.lines.last?.hasSuffix("(and 1 times since the last such line)") == true)
    }

    @Test func `rejections of one kind are one trouble, whatever was rejected`() {
        let log = log
        for number in 1...5 { note(log, .rejected(id: "i-\(number)", rows: number, reason: "answered 400")) }
        #expect(keeper.lines.count == 1)
    }

    @Test func `another trouble is said at once`() {
        let log = log
        note(log, refused)
        note(log, .retrying(reason: "timed out", delay: nil), after: 1)
        #expect(keeper.lines.count == 2)
    }

    @Test func `troubles that take turns are each said once a minute`() {
        let log = log
        for second in 0..<50 {
            note(log, second % 2 == 0 ? refused : .retrying(reason: "timed out", delay: nil), after: second)
        }
        #expect(keeper.lines.count == 2)
    }

    @Test func `after it recovered the same trouble is news`() {
        let log = log
        note(log, refused)
        note(log, .recovered, after: 1)
        note(log, refused, after: 2)
        #expect(keeper.lines.count == 3)
        #expect(keeper.lines.last?.contains("times since") == false)
    }
}
