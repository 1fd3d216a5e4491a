import Foundation
import Glibc
import Synchronization
import Testing

@testable import Export
@testable import Model

@Suite("Rotation of files", .timeLimit(.minutes(2)))
struct RotationTests {
    private let log = EventLog()

    private func sink(_ path: String, _ change: (inout FileOptions) -> Void = { _ in }) throws -> FileSink {
        var options = FileOptions(path: path)
        options.compress = .none
        options.rotateEvery = .zero
        change(&options)
        return try FileSink(name: "local", options: options, events: log.record)
    }

    /// 10 bytes with the newline.
    private func tenBytes(_ number: Int) -> Payload { payload(number, body: "{\"n\":\(1000 + number)}\n") }

    @Test func `a file is set aside before a batch that would make it too big`() async throws {
        let directory = try Directory()
        let path = try directory.file("a.ndjson")
        let sink = try sink(path) { $0.rotateSize = 25 }
        for number in 1...5 { sink.accept([tenBytes(number)]) }
        let account = await sink.finish(by: .after(.seconds(10)))
        let archives = directory.archives(of: "a.ndjson")
        #expect(account.deliveredPayloads == 5 && account.rotations == 2)
        #expect(try archives.map(text) == ["{\"n\":1001}\n{\"n\":1002}\n", "{\"n\":1003}\n{\"n\":1004}\n"])
        #expect(try text(of: path) == "{\"n\":1005}\n")
        #expect(directory.names.count == 3)
        #expect(mode(of: path) & 0o137 == 0)
    }

    @Test func `a batch bigger than a file may be gets a file of its own`() async throws {
        let directory = try Directory()
        let sink = try sink(try directory.file("a")) { $0.rotateSize = 5 }
        for number in 1...3 { sink.accept([tenBytes(number)]) }
        _ = await sink.finish(by: .after(.seconds(10)))
        #expect(directory.archives(of: "a").count == 2)
        #expect(try directory.wholeText(of: "a") == "{\"n\":1001}\n{\"n\":1002}\n{\"n\":1003}\n")
    }

    @Test func `archives are packed in the background, for the same readers`() async throws {
        let directory = try Directory()
        let path = try directory.file("a.ndjson", "")
        try #require(chmod(path, 0o604) == 0)
        let sink = try sink(path) {
            $0.rotateSize = 25
            $0.compress = .gzip
        }
        for number in 1...5 { sink.accept([tenBytes(number)]) }
        _ = await sink.finish(by: .after(.seconds(60)))
        let archives = directory.archives(of: "a.ndjson")
        #expect(archives.count == 2 && archives.allSatisfy { $0.hasSuffix(".ndjson.gz") })
        #expect(directory.names.count == 3)
        let expected = (1...5).map { "{\"n\":\(1000 + $0)}\n" }.joined()
        #expect(try directory.wholeText(of: "a.ndjson") == expected)
        #expect(archives.map(mode) == [0o604, 0o640])
    }

    @Test func `a timer ends the period of a file to which nothing more is written`() async throws {
        let directory = try Directory()
        let path = try directory.file("a.ndjson")
        let sink = try sink(path) { $0.rotateEvery = .milliseconds(200) }
        sink.accept([tenBytes(1)])
        let events = await log.upTo { if case .rotated = $0 { true } else { false } }
        let archive = try #require(directory.archives(of: "a.ndjson").first)
        #expect(events.last == .rotated(archive: archive, cause: "time"))
        #expect(try text(of: archive) == "{\"n\":1001}\n")
        #expect(try text(of: path) == "")
        #expect(await sink.finish(by: .after(.seconds(10))).rotations == 1)
    }

    @Test func `a file from a period that has ended is set aside at the start`() async throws {
        let directory = try Directory()
        let path = try directory.file("a.ndjson", "{\"n\":1}\n")
        var times = [timeval(tv_sec: 1_700_000_000, tv_usec: 0), timeval(tv_sec: 1_700_000_000, tv_usec: 0)]
        try #require(utimes(path, &times) == 0)
        let sink = try sink(path) { $0.rotateEvery = .seconds(86_400) }
        await log.upTo { if case .rotated(_, "time") = $0 { true } else { false } }
        _ = await sink.finish(by: .after(.seconds(10)))
        #expect(directory.archives(of: "a.ndjson").count == 1)
        #expect(try text(of: path) == "")
    }

    @Test func `only so many archives stay, and only so many bytes`() async throws {
        for (files, bytes, stay) in [(3, 1000, 3), (100, 45, 4), (1, 1, 1)] {
            let directory = try Directory()
            let sink = try sink(try directory.file("a")) {
                ($0.rotateSize, $0.keepFiles, $0.keepBytes) = (10, files, bytes)
            }
            for number in 1...20 { sink.accept([tenBytes(number)]) }
            _ = await sink.finish(by: .after(.seconds(10)))
            let expected = (20 - stay...20).map { "{\"n\":\(1000 + $0)}\n" }.joined()
            #expect(try directory.wholeText(of: "a") == expected)
        }
    }

    @Test func `what only looks like an archive is left alone`() async throws {
        let directory = try Directory()
        let time = "20200101T000000.000Z"
        let others = [
            "a-\(time).json", "a-\(time).ndjson.gz.gz", "a-\(time).ndjson.1", "a-20200101.ndjson", "b-\(time).ndjson",
            "a.ndjson.1", "a-\(time).ndjson.tmp", "a-old-\(time).ndjson",
        ]
        for name in others { _ = try directory.file(name, name) }
        // Their names would do, but they are no files.
        let link = "\(directory.path)/a-\(time).ndjson"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "b-\(time).ndjson")
        let folder = "\(directory.path)/a-\(time)_0002.ndjson.gz.tmp"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let own = try directory.file("a-\(time)_0003.ndjson", "{}\n")
        let sink = try sink(try directory.file("a.ndjson")) {
            ($0.rotateSize, $0.keepFiles, $0.compress) = (10, 1, .gzip)
        }
        for number in 1...4 { sink.accept([tenBytes(number)]) }
        _ = await sink.finish(by: .after(.seconds(60)))
        #expect(try others.map { try text(of: "\(directory.path)/\($0)") } == others)
        #expect(access(folder, F_OK) == 0)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "b-\(time).ndjson")
        #expect(access(own, F_OK) != 0)
        #expect(directory.names.count == others.count + 4)
    }

    /// Renaming a place where something is mounted is refused to everybody: as with a file handed to a container.
    @Test(.enabled(if: geteuid() == 0, "mounting takes root"))
    func `a file that cannot be set aside goes on growing, and that is said`() async throws {
        let directory = try Directory()
        let source = try directory.file("source", "")
        let path = try directory.file("a.ndjson", "")
        try #require(mount(source, path, "", UInt(MS_BIND), nil) == 0)
        defer { umount2(path, Int32(MNT_DETACH)) }
        let sink = try sink(path) { $0.rotateSize = 10 }
        sink.accept([tenBytes(1), tenBytes(2)])
        let events = await log.upToDelivery(of: "here-2")
        let reason = "cannot rotate '\(path)': Device or resource busy; it goes on growing"
        #expect(events.contains(.trouble(reason: reason)))
        let account = await sink.finish(by: .after(.seconds(10)))
        #expect(account.deliveredPayloads == 2 && account.rotations == 0)
        #expect(try text(of: path) == "{\"n\":1001}\n{\"n\":1002}\n")
    }

    @Test func `a name that leaves no room for those of archives is refused at the start`() throws {
        let directory = try Directory()
        let most = 255 - ArchivePattern.longestAddition
        let path = try directory.file(String(repeating: "n", count: most + 2))
        let problem = #expect(throws: SinkProblem.self) { _ = try sink(path) }
        #expect(
            problem?.description.hasSuffix("its name is too long by 2 bytes for archives to be named after it") == true)
        #expect(directory.names.isEmpty)
    }

    // MARK: With a clock of the test's own

    private final class Clock: Sendable {
        private let seconds: Mutex<Int64>
        init(_ seconds: Int64) { self.seconds = Mutex(seconds) }
        func set(_ seconds: Int64) { self.seconds.withLock { $0 = seconds } }
        var now: Timestamp { seconds.withLock { Timestamp(nanoseconds: $0 * 1_000_000_000) } }
    }

    private func destination(
        _ path: String, _ clock: Clock, _ change: (inout FileOptions) -> Void
    ) throws -> FileDestination {
        var options = FileOptions(path: path)
        options.rotateEvery = .zero
        change(&options)
        let retention = Retention(files: options.keepFiles, bytes: options.keepBytes)
        return try FileDestination(
            options: options, folder: ArchiveFolder(path: path, retention: retention), desk: FileDesk(),
            clock: { clock.now }, events: log.record, whenRotated: {})
    }

    private func write(_ number: Int, to destination: FileDestination) {
        let parcel = Parcel(lines: tenBytes(number), since: .now)
        #expect(destination.attempt(parcel) { nil } == .delivered)
    }

    @Test func `the archives of a clock that is set back stay in order`() throws {
        let directory = try Directory()
        let path = try directory.file("a")
        let clock = Clock(1_795_352_010)
        let destination = try destination(path, clock) { ($0.rotateSize, $0.keepFiles) = (10, 3) }
        for (number, seconds) in [1_795_352_010, 1_795_352_010, 1_795_352_000, 1_795_352_005, 1_795_352_020]
            .enumerated()
        {
            clock.set(Int64(seconds))
            write(number, to: destination)
        }
        #expect(
            directory.names == [
                "a", "a-20261122T125330.000Z_0002", "a-20261122T125330.000Z_0003", "a-20261122T125340.000Z",
            ])
        #expect(try directory.archives(of: "a").map(text) == (1...3).map { "{\"n\":\(1000 + $0)}\n" })
    }

    @Test func `the timer is set by the wall clock, and an empty file has none`() throws {
        let directory = try Directory()
        let path = try directory.file("a")
        let clock = Clock(7_000)
        let destination = try destination(path, clock) { $0.rotateEvery = .seconds(3600) }
        let now = ContinuousClock.now
        #expect(destination.nextChore(at: now) == nil)
        write(1, to: destination)
        #expect(destination.nextChore(at: now) == now + .seconds(200))
        // Set back by a day: the file counts as begun now.
        clock.set(7_100 - 86_400)
        #expect(destination.nextChore(at: now) == now + .seconds(100))
        destination.chore()
        #expect(directory.archives(of: "a").isEmpty)
        clock.set(7_200)
        #expect(destination.nextChore(at: now) == now)
        destination.chore()
        #expect(directory.archives(of: "a").count == 1)
        #expect(destination.nextChore(at: now) == nil)
    }
}
