import Foundation
import Glibc
import Model
import Testing

@testable import Export

@Suite("File sink", .timeLimit(.minutes(1)))
struct FileSinkTests {
    private let log = EventLog()

    private func sink(_ path: String, _ change: (inout FileOptions) -> Void = { _ in }) throws -> FileSink {
        var options = FileOptions(path: path)
        change(&options)
        return try FileSink(name: "local", options: options, events: log.record)
    }

    @Test func linesAreAppendedToWhatIsThere() async throws {
        let directory = try Directory()
        let path = try directory.file("a.ndjson", "before\n")
        let sink = try sink(path)
        sink.accept([payload(1), payload(2, body: "{}", format: .json), payload(3)])
        let account = await sink.finish(by: .after(.seconds(5)))
        #expect(try text(of: path) == "before\n{\"n\":1}\n{}\n{\"n\":3}\n")
        #expect(account.deliveredRows == 9 && account.payloads == 3)
    }

    @Test func aBatchIsRenderedInTheFormatOfTheOutput() async throws {
        let directory = try Directory()
        let path = try directory.file("a.json")
        let sink = try sink(path) { $0.format = .json }
        let zero = Timestamp(nanoseconds: 0)
        let batch = Batch(
            sequence: 7, agent: AgentIdentity(version: "1", instance: "here", backend: "none", started: zero),
            host: HostIdentity(name: "web-1", id: nil, kernel: "6"), window: Window(start: zero, end: zero, seconds: 0),
            coverage: Coverage(notSeen: [], absent: [], attached: 0, missing: []), loss: Loss(),
            ownActivity: Counters(), rows: [])
        await sink.accept(batch)
        #expect(await sink.finish(by: .after(.seconds(5))).deliveredPayloads == 1)
        let lines = try text(of: path).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 2 && lines[0].contains("\"batch_id\":\"here-7\"") && lines[1].isEmpty)
    }

    @Test func aNewFileIsNotForEverybodyToRead() async throws {
        let directory = try Directory()
        let path = try directory.file("a.ndjson")
        _ = await (try sink(path)).finish(by: .now)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o137 == 0 && status.st_mode & 0o600 == 0o600)
    }

    @Test func aFileMovedAwayIsOpenedAnew() async throws {
        let directory = try Directory()
        let path = try directory.file("a.ndjson")
        let moved = try directory.file("a.ndjson.1")
        let sink = try sink(path)
        sink.accept([payload(1)])
        await log.upToDelivery(of: "here-1")
        try FileManager.default.moveItem(atPath: path, toPath: moved)
        sink.accept([payload(2)])
        await log.upToDelivery(of: "here-2")
        try FileManager.default.removeItem(atPath: path)
        sink.accept([payload(3)])
        await log.upToDelivery(of: "here-3")
        _ = await sink.finish(by: .after(.seconds(5)))
        #expect(try text(of: moved) == "{\"n\":1}\n")
        #expect(try text(of: path) == "{\"n\":3}\n")
    }

    @Test func aFileTruncatedInPlaceGoesOnAtItsBeginning() async throws {
        let directory = try Directory()
        let path = try directory.file("a.ndjson")
        let sink = try sink(path)
        sink.accept([payload(1)])
        await log.upToDelivery(of: "here-1")
        #expect(truncate(path, 0) == 0)
        sink.accept([payload(2)])
        _ = await sink.finish(by: .after(.seconds(5)))
        #expect(try text(of: path) == "{\"n\":2}\n")
    }

    @Test func whatCannotBeWrittenWaitsForTheDirectoryToComeBack() async throws {
        let directory = try Directory()
        // Only the last directory of a path is made again.
        let logs = directory.path + "/logs/here"
        let path = logs + "/a.ndjson"
        try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
        let sink = try sink(path)
        try FileManager.default.removeItem(atPath: directory.path + "/logs")
        sink.accept([payload(1)])
        let retry = try #require(await log.nextRetry())
        #expect(retry.reason == "cannot open '\(path)': No such file or directory" && retry.delay == nil)
        #expect(sink.account.waitingRows == 3 && sink.account.lastError == retry.reason)
        try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
        sink.reopen()
        let events = await log.upToDelivery(of: "here-1")
        #expect(events.first == .recovered)
        sink.accept([payload(2)])
        #expect(await sink.finish(by: .after(.seconds(5))).deliveredRows == 6)
        #expect(try text(of: path) == "{\"n\":1}\n{\"n\":2}\n")
    }

    @Test func onAFullDeviceTheOldestAreDroppedAndCounted() async throws {
        let sink = try sink("/dev/full") { $0.maxWaitingBytes = 20 }
        for number in 1...4 {
            sink.accept([payload(number)])
            #expect(await log.nextRetry()?.reason == "cannot write to '/dev/full': No space left on device")
        }
        #expect(sink.account.droppedPayloads == 2 && sink.account.waitingPayloads == 2)
        let account = await sink.finish(by: .after(.seconds(5)))
        #expect(account.droppedRows == 12 && account.rows == 12)
    }

    @Test(.enabled(if: geteuid() == 0, "mounting a small file system takes root"))
    func aFullDiskKeepsWholeLinesOnly() async throws {
        let directory = try Directory()
        let disk = directory.path + "/disk"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
        try #require(mount("none", disk, "tmpfs", 0, "size=64k") == 0)
        defer { umount2(disk, Int32(MNT_DETACH)) }
        let path = disk + "/a.ndjson"
        let sink = try sink(path)
        let line = String(repeating: "x", count: 29_999) + "\n"
        sink.accept((1...3).map { payload($0, body: line) })
        #expect(await log.nextRetry()?.reason == "cannot write a whole batch to '\(path)': is there room?")
        #expect(try text(of: path) == line + line)
        #expect(truncate(path, 0) == 0)
        sink.reopen()
        await log.upToDelivery(of: "here-3")
        #expect(try text(of: path) == line)
        #expect(await sink.finish(by: .after(.seconds(5))).deliveredRows == 9)
    }

    @Test func whatCannotBeOpenedIsRefusedAtTheStart() throws {
        let directory = try Directory()
        let target = try directory.file("target", "")
        let link = try directory.file("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        let pipe = try directory.file("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        let cases = [
            (directory.path + "/no/a", "cannot open '\(directory.path)/no/a': No such file or directory"),
            (directory.path, "cannot open '\(directory.path)': Is a directory"),
            (link, "cannot use '\(link)': it is a symbolic link"),
            (pipe, "cannot use '\(pipe)': it is not a regular file"),
            (target + "/a", "cannot open '\(target)/a': Not a directory"),
        ]
        for (path, message) in cases {
            let problem = #expect(throws: SinkProblem.self) { _ = try sink(path) }
            #expect(problem?.description == message)
        }
        let reader = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(reader) }
        let problem = #expect(throws: SinkProblem.self) { _ = try sink(pipe) }
        #expect(problem?.description == "cannot use '\(pipe)': it is not a regular file")
    }

    @Test func aLookTellsTheWrongKindAndChangesNothing() throws {
        let directory = try Directory()
        let target = try directory.file("target", "kept")
        let link = try directory.file("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: directory.path + "/nowhere")
        let pipe = try directory.file("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        for (path, what) in [
            (link, "it is a symbolic link"), (pipe, "it is not a regular file"),
            (directory.path, "it is not a regular file"),
        ] {
            let problem = #expect(throws: SinkProblem.self) { try FileSink.look(FileOptions(path: path)) }
            #expect(problem?.description == "cannot use '\(path)': \(what)")
        }
        for path in [target, directory.path + "/new", directory.path + "/no/new", "/dev/null"] {
            try FileSink.look(FileOptions(path: path))
        }
        #expect(try text(of: target) == "kept")
        #expect(access(directory.path + "/new", F_OK) != 0)
    }
}

@Suite("Standard output sink", .timeLimit(.minutes(1)))
struct StdoutSinkTests {
    private let log = EventLog()

    private func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    private func sink(_ descriptor: Int32, _ change: (inout StdoutOptions) -> Void = { _ in }) throws -> StdoutSink {
        var options = StdoutOptions()
        change(&options)
        return try StdoutSink(name: "terminal", options: options, descriptor: descriptor, events: log.record)
    }

    private func read(_ descriptor: Int32, count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < count {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return bytes
    }

    /// More than a pipe holds, so that writes are partial, with and without O_NONBLOCK.
    @Test(arguments: [0, O_NONBLOCK]) func aSlowReaderGetsEveryByte(flags: Int32) async throws {
        let (reading, writing) = try pipe()
        defer { close(reading) }
        #expect(fcntl(writing, F_SETFL, flags) == 0)
        let sink = try sink(writing)
        let body = String(repeating: "0123456789abcde\n", count: 20_000)
        sink.accept([payload(1, body: body), payload(2)])
        let expected = Array(body.utf8) + payload(2).body
        #expect(read(reading, count: expected.count) == expected)
        #expect(await sink.finish(by: .after(.seconds(5))).deliveredPayloads == 2)
        close(writing)
    }

    @Test func aReaderThatHasGoneIsSaidOnceAndTheRestIsDropped() async throws {
        let (reading, writing) = try pipe()
        close(reading)
        defer { close(writing) }
        let sink = try sink(writing)
        sink.accept([payload(1)])
        await log.upTo { $0 == .closed(reason: "nobody reads standard output any more") }
        sink.accept([payload(2)])
        let account = await sink.finish(by: .after(.seconds(20)))
        #expect(account.droppedRows == 6 && account.rows == 6)
    }

    @Test(arguments: [0, O_NONBLOCK]) func aReaderThatReadsNothingHoldsNobodyUp(flags: Int32) async throws {
        let (reading, writing) = try pipe()
        #expect(fcntl(writing, F_SETFL, flags) == 0)
        let sink = try sink(writing) { $0.maxWaitingBytes = 1 << 20 }
        let body = String(repeating: "0123456789abcde\n", count: 20_000)
        for number in 1...10 { sink.accept([payload(number, body: body)]) }
        #expect(sink.account.droppedPayloads > 0 && sink.account.rows == 30)
        let start = ContinuousClock.now
        let account = await sink.finish(by: start + .milliseconds(200))
        // It would last for ever; a crowded machine takes seconds to come back to a task.
        #expect(start.duration(to: .now) < .seconds(60))
        #expect(account.rows == 30 && account.waitingRows == 0 && account.deliveredRows == 0)
        // The write that still waits fails once nobody can read; the descriptor must not be reused before that.
        close(reading)
    }

    private static let pathOnly: Int32 = 0o10000000  // O_PATH, which Glibc does not show to Swift.

    @Test func aClosedDescriptorIsRefusedAtTheStart() throws {
        for descriptor in [-1, open("/dev/null", O_RDONLY | O_CLOEXEC), open("/", Self.pathOnly | O_CLOEXEC)] {
            defer { if descriptor >= 0 { close(descriptor) } }
            let problem = #expect(throws: SinkProblem.self) { _ = try sink(descriptor) }
            #expect(problem?.description == "cannot write to 'standard output': Bad file descriptor")
        }
    }
}
