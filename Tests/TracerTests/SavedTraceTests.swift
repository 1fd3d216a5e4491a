import Foundation
import Model
import Render
import RunScripts
import Testing

@testable import Tracer

private func line(_ members: String) -> String {
    "{\"pid\":1,\"cgid\":1,\"comm\":\"c\",\"flags\":0,\"mode\":0,\(members)}\n"
}

private func table(_ rows: String) -> String { "pid,cgid,comm,kind,flags,mode,filename,return\n\(rows)" }

@Suite("Saved traces")
struct SavedTraceTests {
    /// Rows with all that can be in one.
    private var rich: [TraceEvent] {
        var events = RunScript.build.events
        events[0].actor.comm = ByteString([0xFF, 0x0A])
        events[0].actor.unit = "a \"b\".service"
        events[0].actor.container = ByteString([0xFE])
        events[0].root = .other
        events[1].filename = "\u{FFFD}"
        events[2].actor.cgroup = CgroupID(.max)
        events[3].arguments = [ByteString([0x80]), "", "\u{1F600}\n"]
        events[3].areArgumentsCut = true
        events[4].via = .sqpoll
        events[4].opcode = .openat2
        events[4].filename = ByteString([0x80, 0x22, 0x2C])
        events[5].time = nil
        return events
    }

    private func written(_ events: [TraceEvent], _ format: TraceFormat) -> [UInt8] {
        var writer = TraceWriter(TraceWriter.Options(format, isWide: true, showsOperations: true))
        writer.begin()
        for event in events { writer.append(event) }
        writer.end()
        return writer.bytes
    }

    private func read(_ bytes: [UInt8]) throws -> [TraceEvent] { try SavedTrace(bytes, name: "t").events() }

    private func mistake(_ text: String) -> String {
        do {
            _ = try read(Array(text.utf8))
            return "none"
        } catch { return "\(error)" }
    }

    /// What CSV has no column for.
    private func withoutWhatCSVLacks(_ events: [TraceEvent]) -> [TraceEvent] {
        events.map { event in
            var event = event
            event.actor.container = nil
            (event.root, event.resolution, event.file, event.arguments) = (nil, nil, nil, nil)
            (event.areArgumentsCut, event.opcode) = (false, nil)
            return event
        }
    }

    @Test(
        "What is written as JSON or JSONL is read back whole, whatever is in the names",
        arguments: [TraceFormat.json, .jsonl])
    func lossless(_ format: TraceFormat) throws {
        let bytes = written(rich, format)
        #expect(try read(bytes) == rich)
        #expect(written(try read(bytes), format) == bytes)
    }

    @Test("CSV loses the columns it has not, and nothing else")
    func csv() throws {
        let bytes = written(rich, .csv)
        let events = try read(bytes)
        let expected = withoutWhatCSVLacks(rich)
        #expect(events.count == expected.count)
        for (event, other) in zip(events, expected) { #expect(event == other) }
        #expect(written(events, .csv) == bytes)
        // By way of the others.
        #expect(try read(written(try read(written(events, .json)), .jsonl)) == events)
    }

    @Test("The rows of the first opentrace are read, and any columns in any order")
    func seed() throws {
        let text =
            "pid,cgid,comm,kind,flags,mode,filename,return\r\n2530,4235,\"systemd\",openat,524865,438,\"a\"\"b\",-2\n"
        let event = try #require(try read(Array(text.utf8)).first)
        #expect(event.filename == "a\"b")
        #expect(event.actor.comm == "systemd")
        #expect(event.facts.result == -2)
        #expect(event.operation == .open)
        let other = "pid,op,return,filename,cgid,mode,comm,kind,flags,created\n1,rename,,\"\",2,0,,rename,0,true\n"
        let second = try #require(try read(Array(other.utf8)).first)
        #expect(second.operation == .rename)
        #expect(second.facts.result == nil)
        #expect(second.filename == "")
        #expect(second.facts.created == true)
    }

    @Test("A byte order mark is nothing", arguments: [TraceFormat.csv, .json, .jsonl])
    func mark(_ format: TraceFormat) throws {
        let bytes = written(rich, format)
        #expect(try read([0xEF, 0xBB, 0xBF] + bytes) == (try read(bytes)))
    }

    @Test("Documents that others have written are read: blanks, order, members that are left out")
    func foreign() throws {
        let text = """

              [ { "kind" : "openat", "flags" : 0, "mode": 0,
                  "pid": 7, "cgid": 18446744073709551615, "comm": "\\u0041" , "new_member": {} } ]
            """
        let event = try #require(try read(Array(text.utf8)).first)
        #expect(event.actor.tid == 7)
        #expect(event.actor.cgroup == CgroupID(.max))
        #expect(event.actor.comm == "A")
        #expect(event.facts.result == nil)
        #expect(try read([]).isEmpty)
        #expect(try read(Array("[]".utf8)).isEmpty)
        #expect(try read(Array(" \n\n".utf8)).isEmpty)
        #expect(try read(Array("pid,cgid,comm,kind,flags,mode,filename,return".utf8)).isEmpty)
    }

    @Test(
        "A mistake has its line, and says what is wrong",
        arguments: [
            ("hello", "t:1: this is no trace: it begins neither as JSON nor with the header of a CSV trace"),
            (
                "    PID COMM",
                "t:1: the format text is for people and cannot be read back; save traces as jsonl, json or csv"
            ),
            ("{}\n", "t:1: the row has no member \"pid\""),
            ("\n{\"pid\":1}\n", "t:2: the row has no member \"cgid\""),
            ("{\"pid\":-1}\n", "t:1: a number is not of the right kind, or too large"),
            ("{\"pid\":1.5}\n", "t:1: a number is not of the right kind, or too large"),
            ("{\"pid\":\"x\"}\n", "t:1: \"pid\" is not of the right type"),
            ("{\"pid\":null}\n", "t:1: \"pid\" must not be null"),
            ("{pid}\n{}", "t:1: this is not JSON"),
            (line(#""kind":"opnat""#), "t:1: \"kind\" is \"opnat\", which it cannot be; did you mean \"openat\"?"),
            (line(#""kind":"open","time":"now""#), "t:1: \"time\" is no moment such as 2026-11-22T12:00:00.000000000Z"),
            (line(#""kind":"open","dev":"8","ino":1"#), "t:1: \"dev\" is not a major and a minor number such as 8:1"),
            (line(#""kind":"open","path":"x","path_raw":"-""#), "t:1: \"path_raw\" is no base64"),
            (line(#""kind":"open","argv":["x"],"argv_raw":[]"#), "t:1: \"argv_raw\" has not as many items as \"argv\""),
            (line(#""kind":"lost""#), "t:1: a row of the kind \"lost\" has no member \"lost\""),
            (line(#""kind":"lost","lost":{"dropped":1}"#), "t:1: the row has no member \"unwritten\""),
            (
                line(#""kind":"Uring","opcode":"openatt""#),
                "t:1: \"opcode\" is \"openatt\", which it cannot be; did you mean \"openat\"?"
            ),
            ("[\n{}\n", "t:2: the array has no end: the trace was cut off (jsonl can be read up to there)"),
            ("[\n{},\n{}\n]", "t:2: the row has no member \"pid\""), ("[1]", "t:1: the row is not of the right type"),
            ("pid,cgid\n", "t:1: the column \"comm\" is missing"),
            ("pid,pidd\n", "t:1: a trace has no column \"pidd\"; did you mean \"pid\"?"),
            ("pid,pid\n", "t:1: there are two columns \"pid\""),
            (table("1,2,\"c\",open,0,0,\"f\"\n"), "t:2: the row has 7 fields and the header 8"),
            (table("1,2,\"c\",open,0,x,\"f\",3\n"), "t:2: \"mode\" is \"x\", which is no such number"),
            (table("1,2,\"c\",open,0,,\"f\",3\n"), "t:2: \"mode\" is missing"),
            (table("1,2,\"c\"d,open,0,0,\"f\",3\n"), "t:2: a field goes on behind its quotes"),
            (table("1,2,c\"d,open,0,0,\"f\",3\n"), "t:2: a quote stands in the middle of a field"),
            (
                table("1,2,\"\n\n\",open,0,0,\"f\",3\n1,2,c,opened,0,0,f,3\n"),
                "t:5: \"kind\" is \"opened\", which it cannot be; did you mean \"open\"?"
            ),
        ])
    func mistakes(_ text: String, _ expected: String) { #expect(mistake(text) == expected) }

    @Test("The torn end of a trace is said and left out", arguments: [TraceFormat.jsonl, .csv])
    func torn(_ format: TraceFormat) throws {
        let bytes = written(Array(rich.prefix(3)), format)
        let whole = try read(bytes)
        let start = try #require(bytes.dropLast().lastIndex(of: 0x0A)) + 1
        for end in [start + 1, start + 20, bytes.count - 5] {
            let trace = try SavedTrace(Array(bytes[..<end]), name: "t")
            var events: [TraceEvent] = []
            let ending = try trace.read { events.append($0) }
            #expect(events == Array(whole.dropLast()))
            #expect(ending.cutOff?.hasSuffix("the last row is cut off and left out") == true)
            #expect(!ending.isWhole)
        }
        let trace = try SavedTrace(bytes, name: "t")
        #expect(try trace.read { _ in } == SavedTrace.End())
    }

    private var account: TraceAccount {
        var account = TraceAccount()
        account.rows = 3
        (account.unwritten, account.unread) = (1, 2)
        (account.loss.dropped, account.loss.missedRuns, account.loss.unfollowed) = (12, 3, 4)
        (account.loss.unknownResults, account.loss.unresolvedPaths) = (5, 6)
        return account
    }

    private func written(_ events: [TraceEvent], _ format: TraceFormat, _ account: TraceAccount) -> [UInt8] {
        var writer = TraceWriter(TraceWriter.Options(format, isWide: true, showsOperations: true))
        writer.begin()
        for event in events { writer.append(event) }
        writer.end(account)
        return writer.bytes
    }

    @Test("What was lost is in the trace, and read back as it was", arguments: [TraceFormat.json, .jsonl])
    func losses(_ format: TraceFormat) throws {
        var account = account
        for missed in [3, nil] as [UInt64?] {
            account.loss.missedRuns = missed
            let trace = try SavedTrace(written(Array(rich.prefix(3)), format, account), name: "t")
            var events: [TraceEvent] = []
            let ending = try trace.read { events.append($0) }
            #expect(events == Array(rich.prefix(3)))
            var expected = account
            expected.rows = 0
            #expect(ending == SavedTrace.End(account: expected))
            #expect(!ending.isWhole)
            let remark = try #require(ending.remarks(of: "t").first)
            #expect(remark.hasPrefix("t: not everything is in this trace: 12 lost because the buffer was full; "))
            #expect(remark.contains("; 4 processes not followed, because there were too many"))
        }
    }

    @Test("Traces put together have lost what all of them have, and rows after that")
    func sumOfLosses() throws {
        let one = written(Array(rich.prefix(3)), .jsonl, account)
        let trace = try SavedTrace(one + one, name: "t")
        #expect(try trace.events().count == 6)
        let ending = try trace.read { _ in }
        #expect(ending.account?.loss.dropped == 24)
        #expect(ending.account?.loss.missedRuns == 6)
        #expect(ending.account?.unread == 4)
    }

    @Test("A row without a result or a path is there: with no more than that, the trace lacks nothing")
    func lacksNothing() throws {
        var account = TraceAccount()
        (account.loss.unknownResults, account.loss.unresolvedPaths) = (1, 2)
        let ending = try SavedTrace(written(rich, .jsonl, account), name: "t").read { _ in }
        #expect(ending.isWhole)
        #expect(
            ending.remarks(of: "t") == [
                "t: not everything is in this trace: 1 row without a result, which never became known; "
                    + "2 rows without the path they should have"
            ])
    }

    @Test("CSV has no place for what was lost, and a whole trace says nothing")
    func saysNothing() throws {
        #expect(written(rich, .csv, account) == written(rich, .csv))
        #expect(written(rich, .text, account) == written(rich, .text))
        var whole = TraceAccount()
        whole.rows = 5
        whole.loss.filtered = 9
        #expect(written(rich, .json, whole) == written(rich, .json))
    }

    @Test("Whatever is in a file, it is read or refused with a sentence", arguments: [TraceFormat.json, .jsonl, .csv])
    func garbled(_ format: TraceFormat) {
        let whole = written(rich, format)
        var state: UInt64 = 42
        func chance(_ below: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % below
        }
        var (refused, accepted) = (0, 0)
        for _ in 0..<400 {
            var bytes = whole
            for _ in 0...chance(3) {
                let place = chance(bytes.count)
                switch chance(4) {
                case 0: bytes = Array(bytes[..<place])
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(UInt8(chance(256)), at: place)
                default: bytes[place] = UInt8(chance(256))
                }
                if bytes.isEmpty { bytes = whole }
            }
            do {
                let events = try read(bytes)
                // And what was read can be worked with.
                _ = RunSummary(RunHistory(of: events)).text(of: RunHistory(of: events))
                accepted += 1
            } catch {
                #expect(error is SavedTrace.Mistake, "\(error)")
                refused += 1
            }
        }
        #expect(refused > 20)
        #expect(accepted > 5)
    }

    @Test("A file that cannot be read says why")
    func unreadable() {
        #expect(
            throws: SavedTrace.Mistake(
                file: "/nowhere/x", line: nil, reason: "cannot be read: No such file or directory")
        ) {
            _ = try SavedTrace(reading: "/nowhere/x")
        }
        #expect(throws: SavedTrace.Mistake(file: "/", line: nil, reason: "cannot be read: Is a directory")) {
            _ = try SavedTrace(reading: "/")
        }
    }
}
