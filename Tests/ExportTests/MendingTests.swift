import Foundation
import Glibc
import Render
import Testing

@testable import Export
@testable import Model

extension FileWorkTests {
    /// What an agent that was killed left behind, put right by the next one.
    @Suite("Files after a crash", .timeLimit(.minutes(2)))
    struct MendingTests {
        private let log = EventLog()

        private func sink(_ path: String, _ change: (inout FileOptions) -> Void = { _ in }) throws -> FileSink {
            var options = FileOptions(path: path)
            change(&options)
            return try FileSink(name: "local", options: options, events: log.record)
        }

        private static let line = "{\"type\":\"batch\",\"n\":0}\n"

        @Test(arguments: [
            ("", "", 0), (line, line, 0), ("\n", "\n", 0), (line + line, line + line, 0),
            // Ours, cut anywhere; also where the power failed and zeros were left.
            (line + "{", line, 1), (line + "{\"type\":\"unit\",\"x", line, 17), ("{\"type\":\"ba", "", 11),
            (line + "{\"schema\":\"otagent.batch/1\"", line, 27), (line + "\0\0\0", line, 3), ("\0", "", 1),
            (line + "{\"type\":\"u\0\0", line, 12),
            // Somebody else's: nothing is taken away.
            ("not ours", "not ours\n", 0), (line + "{\"key\": 1}", line + "{\"key\": 1}\n", 0),
            ("{\n  \"a\": 1\n}", "{\n  \"a\": 1\n}\n", 0),
        ])
        func `a torn line of ours is cut off, one of others gets an end`(
            before: String, kept: String, cut: Int
        ) async throws {
            let directory = try Directory()
            let path = try directory.file("a.ndjson", before)
            let sink = try sink(path)
            sink.accept([payload(1)])
            let events = await log.upToDelivery(of: "here-1")
            #expect(events.contains(.mended(path: path, bytes: cut)) == (cut > 0))
            #expect(await sink.finish(by: .after(.seconds(10))).tornLines == (cut > 0 ? 1 : 0))
            #expect(try text(of: path) == kept + "{\"n\":1}\n")
        }

        @Test func `a whole batch begins as mending expects it, in every format`() throws {
            let zero = Timestamp(nanoseconds: 0)
            let batch = Batch(
                sequence: 7, agent: AgentIdentity(version: "1", instance: "here", backend: "none", started: zero),
                host: HostIdentity(name: "web-1", id: nil, kernel: "6"),
                window: Window(start: zero, end: zero, seconds: 0),
                coverage: Coverage(notSeen: [], absent: [], attached: 0, missing: []), loss: Loss(),
                ownActivity: Counters(), rows: [])
            let directory = try Directory()
            for format in BatchFormat.allCases {
                var bodies: [[UInt8]] = []
                var shaper = BatchShaper(format: format, maxBytes: 1 << 20)
                shaper.render(batch) { bodies.append($0.body) }
                for line in bodies.flatMap({ $0.split(separator: UInt8(ascii: "\n")) }) {
                    for count in (1...40).filter({ $0 <= line.count }) + [line.count] {
                        let path = try directory.file("a")
                        try Data(line.prefix(count)).write(to: URL(fileURLWithPath: path))
                        var file = try AppendFile(path: path)
                        #expect(try file.mendEnd() == count)
                    }
                }
            }
        }

        @Test(arguments: [16 << 20, (16 << 20) - 1])
        func `a line without an end is looked for in the last 16 MiB and no farther`(length: Int) async throws {
            let directory = try Directory()
            let path = try directory.file("a.ndjson", Self.line + "{\"type\":\"")
            // Mostly a hole: the file takes no room.
            let size = Self.line.utf8.count + length
            try #require(truncate(path, off_t(size)) == 0)
            let sink = try sink(path)
            sink.accept([payload(1)])
            _ = await sink.finish(by: .after(.seconds(60)))
            let text = try text(of: path)
            if length < 16 << 20 {
                #expect(text == Self.line + "{\"n\":1}\n")
            } else {
                #expect(text.utf8.count == size + 1 + 8 && text.hasSuffix("\0\n{\"n\":1}\n"))
            }
        }

        private static let time = "20200101T000000.000Z"

        @Test func `what packing left unfinished is finished`() async throws {
            let directory = try Directory()
            let time = Self.time
            _ = try directory.file("a-\(time).ndjson", "plain\n")
            _ = try directory.file("a-\(time).ndjson.gz.tmp", "half")
            // Killed between the rename and the removal of the plain one.
            _ = try directory.file("a-\(time)_0002.ndjson", "both\n")
            let packed = URL(fileURLWithPath: try directory.file("a-\(time)_0002.ndjson.gz"))
            try Data(try #require(Gzip.compressed(Array("both\n".utf8)))).write(to: packed)
            let inode = try FileManager.default.attributesOfItem(atPath: packed.path)[.systemFileNumber] as? Int
            _ = try directory.file("a-\(time)_0004.ndjson.gz.tmp", "nothing is left of this one")
            let sink = try sink(try directory.file("a.ndjson"))
            _ = await sink.finish(by: .after(.seconds(60)))
            #expect(
                directory.names == [
                    "a-\(time).ndjson.gz", "a-\(time)_0002.ndjson.gz", "a.ndjson",
                ])
            #expect(try directory.wholeText(of: "a.ndjson") == "plain\nboth\n")
            #expect(try FileManager.default.attributesOfItem(atPath: packed.path)[.systemFileNumber] as? Int == inode)
        }

        /// Of a plain archive and a packed one of the same name, the plain one is right unless the other is its equal.
        @Test func `a packed archive that does not hold what the plain one does is made anew`() async throws {
            let content = Array(String(repeating: "{\"n\":1}\n", count: 20_000).utf8)
            let whole = try #require(Gzip.compressed(content))
            var flipped = whole
            flipped[flipped.count / 2] ^= 0x10
            var wrongSum = whole
            wrongSum[wrongSum.count - 8] ^= 1
            let cases = [
                [], Array(whole.prefix(1)), Array(whole.dropLast()), whole + [0], whole + whole, flipped, wrongSum,
                content,
                try #require(Gzip.compressed(Array(content.dropLast()))),
                try #require(Gzip.compressed(content + [10])),
            ]
            for packed in cases {
                let directory = try Directory()
                let plain = try directory.file("a-\(Self.time)", String(decoding: content, as: UTF8.self))
                try Data(packed).write(to: URL(fileURLWithPath: plain + ".gz"))
                #expect(try !GzipFile.isWhole(plain + ".gz", of: plain) { false })
                let sink = try sink(try directory.file("a"))
                _ = await sink.finish(by: .after(.seconds(60)))
                #expect(directory.names == ["a", "a-\(Self.time).gz"])
                #expect(try [UInt8](Data(contentsOf: URL(fileURLWithPath: plain + ".gz"))) == whole)
            }
        }

        @Test func `packing that is stopped leaves nothing half done`() throws {
            let directory = try Directory()
            let plain = try directory.file("plain", String(repeating: "0123456789abcdef", count: 100_000))
            for chunk in 1...5 {
                var asked = 0
                #expect(throws: GzipFile.Failure.abandoned) {
                    try GzipFile.pack(plain, to: plain + ".tmp") {
                        asked += 1
                        return asked == chunk
                    }
                }
                #expect(directory.names == ["plain"])
            }
        }

        @Test func `packing that there is no time for is left to the next start`() async throws {
            let directory = try Directory()
            let plain = try directory.file("a-\(Self.time)", String(repeating: "0123456789abcdef\n", count: 300_000))
            let first = try sink(try directory.file("a"))
            let start = ContinuousClock.now
            _ = await first.finish(by: .now)
            #expect(start.duration(to: .now) < .seconds(20))
            // Stopped at any moment: the archive is there in one form or the other, or for a moment in both.
            await eventually("the half packed archive goes", within: .seconds(60)) {
                access(plain + ".gz.tmp", F_OK) != 0
            }
            #expect(access(plain, F_OK) == 0 || access(plain + ".gz", F_OK) == 0)
            let second = try sink(try directory.file("a"))
            _ = await second.finish(by: .after(.seconds(60)))
            #expect(directory.names == ["a", "a-\(Self.time).gz"])
        }

        @Test func `an archive that cannot be packed keeps no other from it, and is told of`() async throws {
            let directory = try Directory()
            _ = try directory.file("a-\(Self.time)", "one\n")
            _ = try directory.file("a-\(Self.time)_0002", "two\n")
            // The name of the unfinished copy is taken by what is no file.
            let obstacle = "\(directory.path)/a-\(Self.time).gz.tmp"
            try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: false)
            let sink = try sink(try directory.file("a"))
            let events = await log.upTo { if case .trouble = $0 { true } else { false } }
            #expect(events.last == .trouble(reason: "cannot create '\(obstacle)': File exists"))
            sink.accept([payload(1)])
            await log.upToDelivery(of: "here-1")
            _ = await sink.finish(by: .after(.seconds(60)))
            #expect(directory.archives(of: "a").map { $0.hasSuffix(".gz") } == [false, true])
        }

        @Test func `a probe changes nothing that is there`() throws {
            let directory = try Directory()
            let path = try directory.file("a.ndjson", Self.line + "{\"type\":\"un")
            _ = try directory.file("a-\(Self.time).ndjson", "plain\n")
            _ = try directory.file("a-\(Self.time).ndjson.gz.tmp", "half")
            let before = directory.names
            try FileSink.probe(FileOptions(path: path))
            try FileSink.probe(FileOptions(path: try directory.file("b.ndjson")))
            #expect(directory.names == before)
            #expect(try text(of: path) == Self.line + "{\"type\":\"un")
            #expect(throws: SinkProblem.self) { try FileSink.probe(FileOptions(path: directory.path + "/no/a")) }
        }
    }
}
