import Foundation
import Glibc
import Synchronization
import Testing

@testable import Export
@testable import Model

extension FileWorkTests {
    /// Other people's tools on our file, while batches are written as fast as they can be.
    @Suite("Files that others rotate", .timeLimit(.minutes(2)))
    struct LogrotateTests {
        private let log = EventLog()

        private func sink(_ path: String) throws -> FileSink {
            var options = FileOptions(path: path)
            (options.rotateSize, options.rotateEvery) = (0, .zero)
            return try FileSink(name: "local", options: options, events: log.record)
        }

        private static func body(_ number: Int) -> String {
            (0..<3).map {
                "{\"n\":\(number),\"row\":\($0),\"filler\":\"\(String(repeating: "x", count: number % 97))\"}\n"
            }
            .joined()
        }

        /// What is in the file and in those that logrotate made of it, oldest first, after so many runs during writing.
        private func contents(runs: Int, mode: String, reopens: Bool = false) async throws -> (
            texts: [String], batches: Int
        ) {
            let logrotate = try #require(installed("logrotate"))
            let directory = try Directory()
            try #require(chmod(directory.path, 0o755) == 0)
            let path = try directory.file("a.ndjson")
            let sink = try sink(path)
            let conf = try directory.file("logrotate.conf", "\(path) {\n rotate 50\n missingok\n \(mode)\n}\n")
            try #require(chmod(conf, 0o644) == 0)
            let isDone = Mutex(false)
            let writing = Task.detached {
                var number = 0
                while !isDone.withLock({ $0 }) {
                    sink.accept([payload(number, body: Self.body(number))])
                    number += 1
                    while sink.account.waitingPayloads > 2 { try? await Task.sleep(for: .microseconds(200)) }
                }
                return number
            }
            for run in 1...runs {
                let written = sink.account.deliveredPayloads
                await eventually("more is written") { sink.account.deliveredPayloads > written + 20 }
                let arguments = ["-f", "-s", "\(directory.path)/state", conf]
                let status = try await FileWorkTests.apart {
                    let process = Process()
                    process.executableURL = URL(filePath: logrotate)
                    process.arguments = arguments
                    try process.run()
                    process.waitUntilExit()
                    return process.terminationStatus
                }
                #expect(status == 0, "run \(run)")
                if reopens { sink.reopen() }
            }
            // Into the file that the last run left.
            let written = sink.account.deliveredPayloads
            await eventually("more is written") { sink.account.deliveredPayloads > written + 1 }
            isDone.withLock { $0 = true }
            let batches = await writing.value
            let account = await sink.finish(by: .after(.seconds(20)))
            #expect(account.deliveredPayloads == UInt64(batches) && account.droppedPayloads == 0)
            let older = (1...runs).reversed().map { "\(path).\($0)" }
            #expect(directory.names.count == runs + 3)
            return (try (older + [path]).map(text), batches)
        }

        @Test(
            .enabled(if: installed("logrotate") != nil, "logrotate is not installed"),
            arguments: [
                ("create 0640", false), ("create 0640", true), ("nocreate", false), ("nocreate", true),
            ])
        func `moving the file away loses nothing, with the signal and without`(mode: String, reopens: Bool) async throws
        {
            let (texts, batches) = try await contents(runs: 8, mode: mode, reopens: reopens)
            #expect(texts.allSatisfy { $0.hasSuffix("}\n") })
            #expect(texts.joined() == (0..<batches).map(Self.body).joined())
        }

        @Test(.enabled(if: installed("logrotate") != nil, "logrotate is not installed"))
        func `a copy disturbs nothing`() async throws {
            let (texts, batches) = try await contents(runs: 5, mode: "copy")
            let whole = (0..<batches).map(Self.body).joined()
            #expect(texts.last == whole)
            #expect(texts.allSatisfy { whole.hasPrefix($0) })
        }

        /// What is written between the copy and the truncation is lost, as logrotate's manual says. What is there is whole:
        /// the file begins with a batch each time, and only the very end of a copy may show a batch that was being written.
        @Test(.enabled(if: installed("logrotate") != nil, "logrotate is not installed"))
        func `copying and truncating may lose batches but tears none`() async throws {
            let (texts, batches) = try await contents(runs: 8, mode: "copytruncate")
            var next = 0
            for (index, text) in texts.enumerated() {
                var rest = text[...]
                while !rest.isEmpty {
                    let number = rest.firstMatch(of: /^{"n":(\d+),"row":0/).flatMap { Int($0.1) }
                    guard let number else { break }
                    #expect(number >= next, "batch \(number) is there twice")
                    next = number + 1
                    let body = Self.body(number)
                    if !rest.hasPrefix(body) {
                        #expect(index < texts.count - 1 && body.hasPrefix(rest), "torn: \(rest.prefix(300))")
                        rest = ""
                    }
                    rest = rest.dropFirst(body.count)
                }
                #expect(rest.isEmpty, "no batch: \(rest.prefix(300))")
            }
            #expect(next == batches)
        }

        // MARK: By hand

        @Test func `after a truncation by others the size counts from the beginning`() async throws {
            let directory = try Directory()
            let path = try directory.file("a")
            var options = FileOptions(path: path)
            (options.rotateSize, options.compress) = (30, .none)
            let sink = try FileSink(name: "local", options: options, events: log.record)
            for number in 1...3 {
                sink.accept([payload(number, body: "{\"n\":\"0123456789012\"}\n")])
                await log.upToDelivery(of: "here-\(number)")
                #expect(truncate(path, 0) == 0)
            }
            #expect(await sink.finish(by: .after(.seconds(10))).rotations == 0)
            #expect(directory.names == ["a"])
        }

        @Test func `the signal opens the path at once, not with the next batch`() async throws {
            let directory = try Directory()
            let path = try directory.file("a.ndjson")
            let sink = try sink(path)
            sink.accept([payload(1)])
            await log.upToDelivery(of: "here-1")
            try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
            sink.reopen()
            await eventually("the file is there again") { access(path, F_OK) == 0 }
            #expect(try text(of: path + ".1") == "{\"n\":1}\n")
            _ = await sink.finish(by: .after(.seconds(10)))
            #expect(try text(of: path) == "")
        }

        @Test func `a removed directory is made again, but none above it`() async throws {
            let directory = try Directory()
            let logs = "\(directory.path)/logs"
            try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: false)
            let sink = try sink("\(logs)/a.ndjson")
            sink.accept([payload(1)])
            await log.upToDelivery(of: "here-1")
            try FileManager.default.removeItem(atPath: logs)
            sink.accept([payload(2)])
            await log.upToDelivery(of: "here-2")
            #expect(try text(of: "\(logs)/a.ndjson") == "{\"n\":2}\n")
            #expect(mode(of: logs) & 0o027 == 0)
            _ = await sink.finish(by: .after(.seconds(10)))
        }

        @Test func `a link in the place of the file is not followed, and what comes meanwhile waits`() async throws {
            let directory = try Directory()
            let path = try directory.file("a.ndjson")
            let target = try directory.file("target", "")
            let sink = try sink(path)
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
            sink.accept([payload(1)])
            #expect(await log.nextRetry()?.reason == "cannot use '\(path)': it is a symbolic link")
            try FileManager.default.removeItem(atPath: path)
            sink.accept([payload(2)])
            await log.upToDelivery(of: "here-2")
            _ = await sink.finish(by: .after(.seconds(10)))
            #expect(try text(of: target) == "")
            #expect(try text(of: path) == "{\"n\":1}\n{\"n\":2}\n")
        }
    }
}
