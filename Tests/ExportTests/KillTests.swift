import Foundation
import Glibc
import Testing

@testable import Export
@testable import Model

extension FileWorkTests {
    @Suite("Files of an agent that is killed", .timeLimit(.minutes(3)))
    struct KillTests {
        /// The writer of `Tests/FileWriter` until it is killed; what it said, line by line.
        private static func run(_ path: String, round: Int, killedAfter time: Duration?) throws -> [String] {
            let program = try #require(built("file-writer"))
            let (process, pipe) = (Process(), Pipe())
            process.executableURL = URL(filePath: program)
            process.arguments = [path, "\(round)"]
            process.standardOutput = pipe
            try process.run()
            try? pipe.fileHandleForWriting.close()
            var said: [UInt8] = []
            var killAt: ContinuousClock.Instant?
            let deadline = ContinuousClock.now + .seconds(60)
            let descriptor = pipe.fileHandleForReading.fileDescriptor
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                if Glibc.poll(&poll, 1, 1) > 0 {
                    let count = read(descriptor, &buffer, buffer.count)
                    guard count > 0 else { break }
                    said += buffer[..<count]
                    // Counted from the first delivery: before it nothing of interest happens.
                    if let time, killAt == nil { killAt = .now + time }
                    if time == nil, said.suffix(5).elementsEqual("idle\n".utf8) {
                        kill(process.processIdentifier, SIGKILL)
                    }
                }
                if ContinuousClock.now > min(killAt ?? deadline, deadline) { kill(process.processIdentifier, SIGKILL) }
            }
            process.waitUntilExit()
            #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL)
            return String(decoding: said, as: UTF8.self).split(separator: "\n").map(String.init)
        }

        @Test func `killed at any moment, it leaves no torn line, and each batch it delivered once`() async throws {
            let directory = try Directory(inMemory: true)
            let path = try directory.file("a.ndjson")
            var delivered: [String] = []
            for round in 0..<40 {
                // From the first writes to the last packing.
                let said = try await FileWorkTests.apart {
                    try Self.run(path, round: round, killedAfter: .microseconds(round * round * 60))
                }
                #expect(!said.contains { $0.hasPrefix("trouble") }, "\(said)")
                delivered += said.filter { $0.hasPrefix("\(round)-") }
            }
            // The last start puts in order what the last kill left.
            var options = FileOptions(path: path)
            options.keepFiles = 100_000
            let sink = try FileSink(name: "local", options: options) { _ in }
            _ = await sink.finish(by: .after(.seconds(60)))

            let filler = String(repeating: "0123456789abcdef", count: 20)
            func lines(_ id: String) -> [String] {
                (0..<3).map { "{\"type\":\"unit\",\"id\":\"\(id)\",\"row\":\($0),\"filler\":\"\(filler)\"}" }
            }
            var count: [String: Int] = [:]
            for file in directory.archives(of: "a.ndjson") + [path] {
                let text = try unpackedText(of: file)
                #expect(text.isEmpty || text.hasSuffix("\n"), "\(file)")
                for line in text.split(separator: "\n") { count[String(line), default: 0] += 1 }
            }
            #expect(count.values.allSatisfy { $0 == 1 })
            #expect(delivered.count > 40)
            for id in delivered { #expect(lines(id).allSatisfy { count[$0] == 1 }, "\(id)") }
            // What else is there was written, but killed before it could say so: never more than one batch a round.
            let whole = Set((0..<40).flatMap { round in (0..<300).flatMap { lines("\(round)-\($0)") } })
            #expect(count.keys.allSatisfy { whole.contains($0) })
            #expect(count.count <= 3 * (delivered.count + 40))
            let names = directory.names
            #expect(names.allSatisfy { $0 == "a.ndjson" || $0.hasSuffix(".ndjson.gz") }, "\(names)")
        }
    }
}
