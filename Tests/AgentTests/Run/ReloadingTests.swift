import Export
import Foundation
import Logging
import Model
import Synchronization
import Testing

@testable import Agent

/// A changed configuration in a running pipeline, with files for outputs.
@Suite(.timeLimit(.minutes(1))) struct ReloadingTests {
    /// Everything that was logged.
    final class Log: LogHandler, Sendable {
        private let said = Mutex<[String]>([])
        var lines: [String] { said.withLock { $0 } }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .info }
            set {}
        }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }
        /// How long a decision took is another story each time.
        func log(event: LogEvent) {
            let message = event.message.description.replacing(/\ \(decided in \d+ ms\)$/, with: "")
            said.withLock { $0.append("\(event.level): \(message)") }
        }
    }

    private final class Bed {
        let folder: URL
        let log = Log()
        let bench = Bench()
        let outputs: RunningOutputs
        let endpoint: LocalEndpoint
        let reloading: Reloading
        init(_ names: [String]) async throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "ot-reload-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let settings = Self.settings(folder, names)
            let log = log
            let logger = Logger(label: "t") { _ in log }
            outputs = RunningOutputs(stateDirectory: folder.path, logger: logger)
            try await outputs.start(settings.outputs)
            let now = Box(settings)
            box = now
            endpoint = LocalEndpoint(logger: logger)
            reloading = Reloading(
                settings, outputs: outputs, endpoint: endpoint, pipeline: bench.pipeline, logger: logger
            ) {
                (now.value, [])
            }
        }

        private let box: Box

        func say(_ settings: Settings?) { box.value = settings }

        static func settings(_ folder: URL, _ names: [String]) -> Settings {
            var settings = Settings()
            settings.agent.stateDir = folder.path
            settings.outputs = names.map { name in
                let path = folder.appending(path: "\(name).ndjson").path
                return OutputSettings(name: name, kind: .file(FileOptions(path: path)))
            }
            return settings
        }

        func reload() async { await reloading.reload(asked: .now, at: bench.clock.reading) }

        func finish() async {
            _ = await outputs.finish(by: .now + .seconds(5))
            try? FileManager.default.removeItem(at: folder)
        }
    }

    private final class Box: Sendable {
        private let settings: Mutex<Settings?>
        init(_ settings: Settings?) { self.settings = Mutex(settings) }
        var value: Settings? {
            get { settings.withLock { $0 } }
            set { settings.withLock { $0 = newValue } }
        }
    }

    private func names(_ bed: Bed) async -> [String] { await bed.outputs.shaped.map(\.sink.name) }

    @Test func `outputs follow the file, in its order`() async throws {
        let bed = try await Bed(["a", "b"])
        bed.say(Bed.settings(bed.folder, ["c", "a"]))
        await bed.reload()
        #expect(await names(bed) == ["c", "a"])
        #expect(bed.log.lines == ["info: reloaded; outputs: started 'c', stopped 'b', kept 'a'"])
        await bed.finish()
    }

    @Test func `a file that is not usable changes nothing`() async throws {
        let bed = try await Bed(["a"])
        bed.say(nil)
        await bed.reload()
        #expect(await names(bed) == ["a"])
        #expect(
            bed.log.lines == ["error: not reloaded, the configuration stays as it was: the file is not usable"])
        await bed.finish()
    }

    @Test func `an output that cannot be opened brings all of the old ones back`() async throws {
        let bed = try await Bed(["a", "b"])
        var bad = Bed.settings(bed.folder, ["c", "b"])
        bad.outputs[1].kind = .file(FileOptions(path: bed.folder.appending(path: "none/such").path))
        bed.say(bad)
        await bed.reload()
        #expect(await Set(names(bed)) == ["a", "b"])
        let line = try #require(bed.log.lines.last)
        #expect(line.hasPrefix("error: not reloaded, the configuration stays as it was: output 'b': cannot open"))
        // And it still follows what comes then.
        bed.say(Bed.settings(bed.folder, ["d"]))
        await bed.reload()
        #expect(await names(bed) == ["d"])
        await bed.finish()
    }

    @Test func `an output that could not come back comes back with a later reload`() async throws {
        let bed = try await Bed(["a", "b"])
        var changed = Bed.settings(bed.folder, ["a", "b"])
        // What looks right until it is opened: its archives' folder is readable, and the file a directory by then.
        let path = bed.folder.appending(path: "other").path
        changed.outputs[0].kind = .file(FileOptions(path: path))
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        bed.say(changed)
        await bed.reload()
        #expect(bed.log.lines.last?.hasPrefix("error: not reloaded") == true)
        #expect(await Set(names(bed)) == ["a", "b"])
        try FileManager.default.removeItem(atPath: path)
        await bed.reload()
        #expect(await names(bed) == ["a", "b"])
        #expect(bed.log.lines.last == "info: reloaded; outputs: started 'a', kept 'b'")
        await bed.finish()
    }

    @Test func `without any output left the agent is told so`() async throws {
        let bed = try await Bed(["a"])
        bed.say(Bed.settings(bed.folder, []))
        await bed.reload()
        var none = bed.outputs.none.makeAsyncIterator()
        #expect(await none.next() != nil)
        await bed.finish()
    }

    @Test func `what waits for a restart is said, and its old value holds`() async throws {
        let bed = try await Bed(["a"])
        var new = Bed.settings(bed.folder, ["a"])
        new.agent.stateDir = "/elsewhere"
        bed.say(new)
        await bed.reload()
        #expect(
            bed.log.lines.first == "warning: [agent] state_dir has changed: the new value waits for a restart")
        #expect(await bed.reloading.settings.agent.stateDir == bed.folder.path)
        await bed.finish()
    }

    @Test func `batches after a reload go to the new file`() async throws {
        let bed = try await Bed(["a"])
        bed.say(Bed.settings(bed.folder, ["b"]))
        await bed.reload()
        try await bed.bench.pipeline.run(.atLeast(.seconds(10)))
        let new = bed.folder.appending(path: "b.ndjson")
        let old = bed.folder.appending(path: "a.ndjson")
        _ = await bed.outputs.finish(by: .now + .seconds(5))
        #expect(try Data(contentsOf: old).isEmpty)
        #expect(try String(contentsOf: new, encoding: .utf8).contains("\"type\":\"batch\""))
        await bed.finish()
    }

    @Test func `the last output that nobody reads ends the agent, one that was replaced does not`() async throws {
        let open = OpenOutputs()
        let (first, second) = (open.open(), open.open())
        open.forget(first)
        let third = open.open()
        open.close(second)
        open.close(first)
        open.close(third)
        var none = open.none.makeAsyncIterator()
        #expect(await none.next() != nil)
    }
}
