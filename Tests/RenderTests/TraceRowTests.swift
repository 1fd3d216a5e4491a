import Foundation
import Model
import Testing

@testable import Render

@Suite("Rows of a trace")
struct TraceRowTests {
    private func written(
        _ events: [TraceEvent], _ format: TraceFormat, isWide: Bool = false, showsOperations: Bool = false,
        isColoured: Bool = false, architecture: Architecture = .x86_64
    ) -> [UInt8] {
        var writer = TraceWriter(
            TraceWriter.Options(
                format, isWide: isWide, showsOperations: showsOperations, isColoured: isColoured,
                architecture: architecture))
        writer.begin()
        for event in events { writer.append(event) }
        writer.end()
        return writer.bytes
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test(
        "The rows that the first opentrace printed are the same to the byte in CSV, and whole in the other formats",
        arguments: TraceFormat.allCases)
    func seed(_ format: TraceFormat) throws {
        try expectGolden(written(TraceFixture.seed, format), "opens-seed.\(format.rawValue)")
    }

    @Test("All that a row can have, and as little as one can have", arguments: TraceFormat.allCases)
    func wide(_ format: TraceFormat) throws {
        try expectGolden(written(TraceFixture.wide, format, isWide: true), "opens-wide.\(format.rawValue)")
    }

    @Test("Each operation but opens, with both of its names", arguments: TraceFormat.allCases)
    func operations(_ format: TraceFormat) throws {
        let events = TraceFixture.operations
        try expectGolden(
            written(events, format, isWide: true, showsOperations: true), "operations-wide.\(format.rawValue)")
        if format == .csv {
            #expect(
                written(events, format, showsOperations: true)
                    == written(events, format, isWide: true, showsOperations: true))
        }
        if format == .text { try expectGolden(written(events, format, showsOperations: true), "operations.text") }
    }

    @Test("Colours stand around words and leave the columns where they are")
    func colours() throws {
        let bytes = written(TraceFixture.wide, .text, isWide: true, isColoured: true)
        try expectGolden(bytes, "opens-coloured.text")
        let plain = text(bytes).replacing(/\u{1B}\[[0-9]+m/, with: "")
        #expect(plain == text(written(TraceFixture.wide, .text, isWide: true)))
    }

    @Test("A trace without rows is a whole document")
    func empty() {
        #expect(text(written([], .csv)) == "pid,cgid,comm,kind,flags,mode,filename,return\n")
        #expect(text(written([], .json)) == "[]\n")
        #expect(text(written([], .jsonl)).isEmpty)
        #expect(text(written([], .text)).hasPrefix("    PID COMM"))
    }

    @Test("CSV keeps every byte of a name, and its quotes keep the row together")
    func csvBytes() {
        let event = TraceFixture.event(comm: "a\"b,c", filename: ByteString([0x2F, 0xFF, 0x0A, 0x22, 0x2C, 0x0D]))
        let expected =
            Array("1,7,\"a\"\"b,c\",openat,0,0,\"".utf8) + [0x2F, 0xFF, 0x0A, 0x22, 0x22, 0x2C, 0x0D]
            + Array("\",3\n".utf8)
        #expect(
            written([event], .csv).dropFirst("pid,cgid,comm,kind,flags,mode,filename,return\n".utf8.count)
                == expected[...])
    }

    @Test("JSON has the bytes beside what is not UTF-8")
    func jsonBytes() throws {
        let event = TraceFixture.event(comm: ByteString([0xFE]), filename: ByteString([0x2F, 0xFF, 0x0A]))
        let line = text(written([event], .jsonl))
        #expect(line.contains(#""comm":"\#u{FFFD}","comm_raw":"/g==","#))
        #expect(
            line.contains(
                #""filename":"/\#u{FFFD}\n","filename_raw":"L/8K","fname":"/\#u{FFFD}\n","fname_raw":"L/8K","#))
        let plain = text(written([TraceFixture.event(comm: "c", filename: "/\u{FFFD}")], .jsonl))
        #expect(plain.contains(#""filename":"/\#u{FFFD}","fname""#))
    }

    @Test(
        "A file name cannot give orders to the terminal",
        arguments: [
            (Array("/a\u{1B}[2J".utf8), "/a\\x1b[2J"), (Array("a\nb\r\t".utf8), "a\\x0ab\\x0d\\x09"),
            ([0x61, 0xFF, 0xC3, 0xBC, 0xC3], "a\\xff\u{FC}\\xc3"), ([0x9B, 0x32, 0x4A], "\\x9b2J"),
            (Array("\u{9B}2J".utf8), "\\x9b2J"), ([0xC0, 0x8A], "\\xc0\\x8a"), ([0xED, 0xA0, 0x80], "\\xed\\xa0\\x80"),
            (Array("\u{202E}x".utf8), "\\u{202e}x"), ([0xFF, 0x1B, 0x5B], "\\xff\\x1b["), ([], "\"\""),
            (Array("\u{E000}\u{1F600}".utf8), "\u{E000}\u{1F600}"),
        ] as [([UInt8], String)])
    func terminal(_ name: [UInt8], _ shown: String) throws {
        let event = TraceFixture.event(comm: "c", filename: ByteString(name))
        let lines = text(written([event], .text)).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3)
        #expect(lines[1].hasSuffix("O_RDONLY".padding(toLength: 35, withPad: " ", startingAt: 0) + shown))
    }

    @Test("Text has the flags of the architecture, and errors by name")
    func decoded() {
        var event = TraceFixture.event(comm: "c", filename: "f", flags: 0o40000, result: -2)
        #expect(text(written([event], .text)).contains(" ENOENT       - O_RDONLY|O_DIRECT  "))
        #expect(text(written([event], .text, architecture: .arm64)).contains("O_RDONLY|O_DIRECTORY  "))
        event = TraceFixture.event(comm: "c", filename: "f", result: .min)
        #expect(text(written([event], .text)).contains(" -2147483648 "))
        event = TraceFixture.event(comm: "c", filename: "f", result: nil)
        #expect(text(written([event], .text)).contains("       ?       - O_RDONLY"))
    }

    @Test("What was taken is not written again")
    func take() throws {
        var writer = TraceWriter(TraceWriter.Options(.json))
        writer.begin()
        var all: [UInt8] = []
        for event in TraceFixture.wide {
            writer.append(event)
            all += writer.take()
            #expect(writer.bytes.isEmpty)
        }
        writer.end()
        all += writer.take()
        #expect(all == written(TraceFixture.wide, .json))
        #expect(try JSONSerialization.jsonObject(with: Data(all)) is [Any])
    }

    @Test("A moment has all its nanoseconds")
    func exactTime() {
        #expect(Timestamp(nanoseconds: 1_795_348_800_000_000_001).exactText == "2026-11-22T12:00:00.000000001Z")
        #expect(Timestamp(nanoseconds: -1).exactText == "1969-12-31T23:59:59.999999999Z")
        #expect(Timestamp(nanoseconds: .min).exactText == "1677-09-21T00:12:43.145224192Z")
        #expect(Timestamp(nanoseconds: .max).exactText == "2262-04-11T23:47:16.854775807Z")
    }
}
