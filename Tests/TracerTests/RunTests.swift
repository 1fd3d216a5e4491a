import Foundation
import Glibc
import Model
import Render
import Testing
import Tracer

/// Events from a list on their way to a file.
@Suite struct RunTests {
    let folder: Folder
    let stop = StopSign()
    let said = Said()

    init() throws { folder = try Folder() }

    private func rows(
        _ format: TraceFormat = .csv, to output: TraceOutput, filter: TraceFilter = TraceFilter(),
        whenAbandoned: TraceRows.Abandonment = .endsTrace
    ) -> TraceRows {
        TraceRows(
            TraceWriter.Options(format, architecture: .x86_64), to: output, filter: filter, stop: stop,
            whenAbandoned: whenAbandoned, say: said.say)
    }

    private func run(_ source: FakeSource, _ consumers: [any TraceConsumer]) async -> TraceRun.Result {
        let trace = TraceRun(source, to: consumers, namesOwners: false, stop: stop)
        return await HostTrace.run(trace, for: nil, stop: stop, signals: AsyncStream { $0.finish() })
    }

    private func file(_ name: String = "rows") throws -> TraceOutput {
        try .open("\(folder.path)/\(name)", owner: nil, existing: .refuse)
    }

    @Test func `all batches and those of the end are rows, in their order`() async throws {
        let source = FakeSource(
            [[Events.open("a"), Events.open("b")], [Events.open("c")]], last: [Events.open("d")], stop: stop)
        let result = await run(source, [rows(to: try file())])
        #expect(
            try folder.text("rows") == """
                pid,cgid,comm,kind,flags,mode,filename,return
                1,7,"cat",openat,0,0,"a",3
                1,7,"cat",openat,0,0,"b",3
                1,7,"cat",openat,0,0,"c",3
                1,7,"cat",openat,0,0,"d",3

                """)
        #expect(result.account.rows == 4)
        #expect(result.account.isWhole)
        #expect(result.failure == nil)
        #expect(said.all == [])
    }

    @Test func `what nobody asked for is counted as filtered`() async throws {
        var loss = TraceLoss()
        loss.filtered = 10
        let source = FakeSource(
            [[Events.open("a"), Events.open("b", comm: "cc1"), Events.open("c")]], loss: loss, stop: stop)
        let filter = TraceFilter(comm: try PathGlob("cc*"))
        let result = await run(source, [rows(to: try file(), filter: filter)])
        #expect(result.account.rows == 1)
        #expect(result.account.filtered == 12)
        #expect(try folder.text("rows").split(separator: "\n").count == 2)
    }

    @Test func `an array of JSON is whole, also without a row`() async throws {
        let result = await run(FakeSource([[]], stop: stop), [rows(.json, to: try file())])
        #expect(try folder.text("rows") == "[]\n")
        #expect(result.account.rows == 0)
    }

    @Test func `an array of JSON is whole when the source fails`() async throws {
        let result = await run(FakeSource([[Events.open("a")]], fails: true), [rows(.json, to: try file())])
        #expect(result.failure == "the buffer is gone")
        let array = try JSONSerialization.jsonObject(with: Data(folder.text("rows").utf8)) as? [[String: Any]]
        #expect(array?.count == 1)
        #expect(array?.first?["fname"] as? String == "a")
    }

    @Test(arguments: [TraceFormat.json, .jsonl]) func `what was lost is the last row of the file`(
        format: TraceFormat
    ) async throws {
        var loss = TraceLoss()
        loss.dropped = 3
        let result = await run(
            FakeSource([[Events.open("a")]], loss: loss, stop: stop), [rows(format, to: try file())])
        #expect(result.account.rows == 1)
        let trace = try SavedTrace(Array(folder.text("rows").utf8), name: "rows")
        #expect(try trace.events().count == 1)
        #expect(try trace.read { _ in }.account?.loss.dropped == 3)
    }

    @Test func `an array of which no row could be written still says what was lost`() async throws {
        var rows = rows(.json, to: try file())
        rows.begin()
        rows.end(TraceEnd(started: Timestamp(nanoseconds: 0), ended: Timestamp(nanoseconds: 0), loss: lossOf(7)))
        let trace = try SavedTrace(Array(folder.text("rows").utf8), name: "rows")
        #expect(try trace.events().isEmpty)
        #expect(try trace.read { _ in }.account?.loss.dropped == 7)
    }

    private func lossOf(_ dropped: UInt64) -> TraceLoss {
        var loss = TraceLoss()
        loss.dropped = dropped
        return loss
    }

    @Test func `rows are written while the trace goes on`() async throws {
        let trace = TraceRun(
            FakeSource([[Events.open("a")]]), to: [rows(to: try file())], namesOwners: false, stop: stop)
        let running = Task { [stop] in
            await HostTrace.run(trace, for: nil, stop: stop, signals: AsyncStream { $0.finish() })
        }
        let deadline = ContinuousClock.now + .seconds(120)
        while try folder.text("rows").split(separator: "\n").count < 2, ContinuousClock.now < deadline {
            await Task.yield()
        }
        #expect(try folder.text("rows").hasSuffix("\"a\",3\n"))
        stop.ask(.end)
        #expect(await running.value.account.rows == 1)
    }

    @Test func `a full disk is said once and its rows are lost`() async throws {
        let output = try TraceOutput.open("/dev/full", owner: nil, existing: .refuse)
        let source = FakeSource([[Events.open("a")], [Events.open("b"), Events.open("c")]], stop: stop)
        let result = await run(source, [rows(to: output)])
        #expect(said.all == ["cannot write /dev/full: No space left on device; the rows from here on are lost"])
        #expect(result.account.rows == 0)
        #expect(result.account.unwritten == 3)
        #expect(!result.account.isWhole)
    }

    /// A limit of the process would hold for other tests, too.
    @Test(.enabled(if: geteuid() == 0, "needs root to mount a small file system"))
    func `a disk that fills up leaves whole rows only`() async throws {
        let small = folder.path + "/small"
        try FileManager.default.createDirectory(atPath: small, withIntermediateDirectories: false)
        try #require(mount("tmpfs", small, "tmpfs", 0, "size=64k") == 0)
        defer { umount2(small, Int32(MNT_DETACH)) }
        let batch = (0..<1000).map { Events.open(ByteString("file-\($0)")) }
        let output = try TraceOutput.open("\(small)/rows", owner: nil, existing: .refuse)
        let result = await run(FakeSource([batch, batch, batch, batch], stop: stop), [rows(.json, to: output)])
        #expect(said.all.count == 1)
        #expect(result.account.rows + result.account.unwritten == 4000)
        #expect(result.account.unwritten > 0)
        let written = try String(contentsOfFile: "\(small)/rows", encoding: .utf8)
        #expect(written.isEmpty || written.hasSuffix("}\n]\n") || written.hasSuffix("[\n]\n") || written == "[]\n")
        if !written.isEmpty {
            let trace = try SavedTrace(Array(written.utf8), name: "rows")
            #expect(UInt64(try trace.events().count) == result.account.rows)
        }
    }

    /// A pipe with a reader; closing that is up to the test.
    private func pipe() throws -> (output: TraceOutput, reader: Int32) {
        signal(SIGPIPE, SIG_IGN)
        let path = folder.path + "/pipe"
        try #require(mkfifo(path, 0o600) == 0)
        let reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        try #require(reader >= 0)
        return (try .open(path, owner: nil, existing: .refuse), reader)
    }

    @Test func `a reader that has enough ends the trace of a host`() async throws {
        let (output, reader) = try pipe()
        close(reader)
        // Without an event: it is seen all the same.
        let result = await run(FakeSource([]), [rows(to: output)])
        #expect(result.account.unwritten == 0)
        #expect(result.account.isWhole)
        #expect(said.all == [])
    }

    @Test func `a reader that has enough does not end the trace of a command`() async throws {
        let (output, reader) = try pipe()
        close(reader)
        let batches = (0..<50).map { _ in [Events.open("a")] }
        let result = await run(FakeSource(batches, stop: stop), [rows(to: output, whenAbandoned: .goesOn)])
        // It is not what was wanted either: rows are lacking, and that is said.
        #expect(result.account.unread == 50)
        #expect(result.account.rows == 0)
    }

    @Test func `who does not read is not waited for when there is hurry`() async throws {
        let (output, reader) = try pipe()
        defer { close(reader) }
        // More than any pipe holds.
        let batch = (0..<50_000).map { Events.open(ByteString("file-\($0)")) }
        let trace = TraceRun(FakeSource([batch]), to: [rows(to: output)], namesOwners: false, stop: stop)
        let (signals, signal) = AsyncStream.makeStream(of: CInt.self)
        let running = Task { [stop] in await HostTrace.run(trace, for: nil, stop: stop, signals: signals) }
        // Until it waits for room.
        let watcher = open(output.name, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(watcher) }
        let deadline = ContinuousClock.now + .seconds(120)
        var poll = pollfd(fd: watcher, events: Int16(POLLOUT), revents: 0)
        while Glibc.poll(&poll, 1, 0) > 0, ContinuousClock.now < deadline { await Task.yield() }
        signal.yield(SIGINT)
        signal.yield(SIGINT)
        let result = await running.value
        #expect(result.account.rows + result.account.unwritten == 50_000)
        #expect(result.account.unwritten > 0)
        #expect(said.all == ["nobody takes the rows from \(output.name); the rest of them is lost"])
    }

    @Test func `a time ends the trace of a host`() async throws {
        let trace = TraceRun(
            FakeSource([[Events.open("a")]]), to: [rows(to: try file())], namesOwners: false, stop: stop)
        let result = await HostTrace.run(
            trace, for: .milliseconds(1), stop: stop, signals: AsyncStream { $0.finish() })
        #expect(result.failure == nil)
    }

    private struct Counter: TraceConsumer {
        let said: Said
        var count = 0
        mutating func take(_ event: TraceEvent, of owner: CgroupOwner?) { count += 1 }
        mutating func end(_ end: TraceEnd) { said.say("\(count) events, \(end.loss.dropped) dropped") }
    }

    @Test func `every consumer gets every event and the end`() async throws {
        var loss = TraceLoss()
        loss.dropped = 5
        let filter = TraceFilter(comm: try PathGlob("nobody"))
        let source = FakeSource([[Events.open("a"), Events.open("b")]], loss: loss, stop: stop)
        let result = await run(source, [rows(to: try file(), filter: filter), Counter(said: said)])
        #expect(said.all == ["2 events, 5 dropped"])
        #expect(result.account.rows == 0)
        #expect(result.account.lost == 5)
    }
}
