import Logging
import Testing

@testable import Agent

@Suite struct LogLinesTests {
    @Test(arguments: [
        (Logger.Level.trace, "<7>", "trace"), (.debug, "<7>", "debug"), (.info, "<6>", "info"),
        (.notice, "<5>", "note"), (.warning, "<4>", "warning"), (.error, "<3>", "error"),
        (.critical, "<2>", "critical"),
    ])
    func `a person reads the time and a word, the journal a priority`(
        level: Logger.Level, priority: String, word: String
    ) {
        let time = "2026-11-22T12:00:00Z"
        #expect(LogLines.line("ready", level, time: nil) == "\(priority)ready\n")
        #expect(LogLines.line("ready", level, time: time) == "\(time) \(word): ready\n")
    }

    @Test func `every line of a text is of its level`() {
        #expect(LogLines.line("one\n<0>two", .info, time: nil) == "<6>one\n<6><0>two\n")
        #expect(LogLines.line("one\r\n<0>two", .info, time: nil) == "<6>one\n<6><0>two\n")
        #expect(LogLines.line("one\ntwo", .error, time: "T") == "T error: one\nT error: two\n")
    }

    @Test func `an empty text is a line`() {
        #expect(LogLines.line("", .info, time: "T") == "T info: \n")
    }

    @Test(arguments: [nil, "", "1:2", "not a stream"] as [String?])
    func `another stream than the journal's is not the journal`(stream: String?) {
        // What standard error is here does not matter: no such device and inode.
        let lines = LogLines(environment: stream.map { ["JOURNAL_STREAM": $0] } ?? [:])
        #expect(!lines.isJournal)
    }
}
