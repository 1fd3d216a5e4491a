import Foundation
import Glibc
import Synchronization
import Testing

@testable import Export
@testable import Model

/// Reads a file as `tail -F` does, by its inode, from one rotation to the next, and is strict about what it finds.
private struct Follower: Sendable {
    let directory: String
    let file: String
    private var descriptor: Int32 = -1
    private var inode: ino_t = 0
    private var rest: [UInt8] = []
    private(set) var lines: [String] = []

    init(_ directory: String, _ file: String) { (self.directory, self.file) = (directory, file) }

    struct Broken: Error { let text: String }

    /// Reads all there is now; throws when a file ended in the midst of a line.
    mutating func read() throws {
        if descriptor < 0, !open("\(directory)/\(file)") { return }
        while true {
            readToEnd()
            var status = stat()
            if stat("\(directory)/\(file)", &status) == 0, status.st_ino == inode { return }
            // Set aside: no more comes, but what came before that is still to be read.
            readToEnd()
            guard rest.isEmpty else { throw Broken(text: String(decoding: rest, as: UTF8.self)) }
            let finished = inode
            close(descriptor)
            descriptor = -1
            // What was the newest a moment ago may have been set aside before it was opened.
            while let path = next(after: finished), open(path), !isStill(next(after: finished)) { close(descriptor) }
            // Between a rotation's two steps there is no file: then once more from where this one ended.
            if descriptor < 0 { inode = finished }
        }
    }

    func end() { if descriptor >= 0 { close(descriptor) } }

    /// The file begun after the present one: an archive by now, or the file itself.
    private func next(after inode: ino_t) -> String? {
        let pattern = ArchivePattern(fileName: file)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let archives = names.compactMap { name in pattern.parse(name.utf8).map { ($0.name, "\(directory)/\(name)") } }
            .sorted { $0.0 < $1.0 }.map(\.1)
        var status = stat()
        guard let index = archives.firstIndex(where: { stat($0, &status) == 0 && status.st_ino == inode }) else {
            return nil
        }
        return index + 1 < archives.count ? archives[index + 1] : "\(directory)/\(file)"
    }

    /// Whether this path leads to the file that is open.
    private func isStill(_ path: String?) -> Bool {
        var status = stat()
        return path.map { stat($0, &status) == 0 && status.st_ino == inode } ?? false
    }

    private mutating func open(_ path: String) -> Bool {
        descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else { return false }
        inode = status.st_ino
        return true
    }

    private mutating func readToEnd() {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            rest += buffer[..<count]
        }
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(String(decoding: rest[..<end], as: UTF8.self))
            rest.removeFirst(end + 1)
        }
    }
}

/// A value that all threads see.
private final class Shared<Value: Sendable>: Sendable {
    private let held: Mutex<Value>
    init(_ value: Value) { held = Mutex(value) }
    var value: Value { held.withLock { $0 } }
    func set(_ value: Value) { held.withLock { $0 = value } }
}

extension FileWorkTests {
    @Suite("Files followed while they rotate", .timeLimit(.minutes(2)))
    struct FollowerTests {
        @Test func `through a thousand rotations a reader sees every line whole and once`() async throws {
            let directory = try Directory(inMemory: true)
            let log = EventLog()
            var options = FileOptions(path: try directory.file("a.ndjson"))
            (options.rotateSize, options.compress, options.keepFiles) = (1 << 10, .none, 50)
            let sink = try FileSink(name: "local", options: options, events: log.record)
            let batches = 2020
            let isWritten = Shared(false)
            let seenSoFar = Shared(0)
            // Odd ones longer, so that files end at different places.
            let lines = (0..<batches).map { number in
                "{\"n\":\(number),\"filler\":\"" + String(repeating: "x", count: 500 + number % 2 * 300) + "\"}"
            }
            // From the first file on.
            var beginning = Follower(directory.path, "a.ndjson")
            try beginning.read()
            let writing = Task { [beginning] in
                async let seen = FileWorkTests.apart {
                    var follower = beginning
                    defer { follower.end() }
                    while true {
                        let isLast = isWritten.value
                        try follower.read()
                        seenSoFar.set(follower.lines.count)
                        usleep(100)
                        if isLast { return follower.lines }
                    }
                }
                for number in 0..<batches {
                    // Archives go after a while: the reader must not fall behind by more than are kept.
                    while seenSoFar.value < number - 30 { try await Task.sleep(for: .microseconds(200)) }
                    sink.accept([payload(number, body: lines[number] + "\n")])
                }
                let account = await sink.finish(by: .after(.seconds(100)))
                isWritten.set(true)
                return (account, try await seen)
            }
            let (account, seen) = try await writing.value
            #expect(account.rotations >= 1000 && account.deliveredPayloads == UInt64(batches))
            #expect(seen.count == batches)
            #expect(seen == lines)
            #expect(directory.archives(of: "a.ndjson").count == 50)
        }

        @Test func `a thousand rotations with packing and few archives kept stay within their bounds`() async throws {
            let directory = try Directory(inMemory: true)
            var options = FileOptions(path: try directory.file("a.ndjson"))
            (options.rotateSize, options.keepFiles) = (100, 20)
            let sink = try FileSink(name: "local", options: options) { _ in }
            let line = String(repeating: "x", count: 90) + "\n"
            for number in 0..<1001 { sink.accept([payload(number, body: "\(10_000 + number)" + line)]) }
            var most = 0
            while sink.account.waitingPayloads > 0 {
                // One name may be seen plain and packed, as it is when one takes the place of the other.
                let pattern = ArchivePattern(fileName: "a.ndjson")
                most = max(most, Set(directory.names.compactMap { pattern.parse($0.utf8)?.name }).count)
                try await Task.sleep(for: .milliseconds(1))
            }
            let account = await sink.finish(by: .after(.seconds(100)))
            #expect(account.rotations == 1000)
            // Those removed and those made while the names are being read may both be among them.
            #expect(most <= 2 * 20)
            let expected = (980..<1001).map { "\(10_000 + $0)" + line }.joined()
            #expect(try directory.wholeText(of: "a.ndjson") == expected)
            #expect(
                directory.names.count == 21 && directory.archives(of: "a.ndjson").allSatisfy { $0.hasSuffix(".gz") })
        }
    }
}
