import Foundation
import Model
import Synchronization
import Tracer

/// Events that a test has thought out: batches, one for each call, then those of the end.
actor FakeSource: TraceSource {
    struct Trouble: Error, CustomStringConvertible { let description = "the buffer is gone" }

    private var batches: [[TraceEvent]]
    private let last: [TraceEvent]
    private let account: TraceLoss
    private let fails: Bool
    private let stop: StopSign?

    /// - Parameters:
    ///   - stop: asked to end when the batches are used up.
    ///   - fails: whether the call after the last batch throws.
    init(
        _ batches: [[TraceEvent]], last: [TraceEvent] = [], loss: TraceLoss = TraceLoss(), stop: StopSign? = nil,
        fails: Bool = false
    ) {
        (self.batches, self.last, account, self.stop, self.fails) = (batches, last, loss, stop, fails)
    }

    func events(waitingUpTo milliseconds: Int32) async throws -> [TraceEvent] {
        if !batches.isEmpty {
            let batch = batches.removeFirst()
            if batches.isEmpty, !fails { stop?.ask(.end) }
            return batch
        }
        if fails { throw Trouble() }
        try await Task.sleep(for: .milliseconds(1))
        return []
    }

    func end() async throws -> [TraceEvent] { last }

    func loss() async throws -> TraceLoss { account }
}

/// Sentences for a person.
final class Said: Sendable {
    private let sentences = Mutex<[String]>([])

    var all: [String] { sentences.withLock { $0 } }

    @Sendable func say(_ sentence: String) { sentences.withLock { $0.append(sentence) } }
}

/// A folder for one test, gone when the test is over.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/ot-tracer-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    @discardableResult func write(_ name: String, _ text: String, mode: Int = 0o644) throws -> String {
        let file = "\(path)/\(name)"
        try text.write(toFile: file, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return file
    }

    /// A file that can be executed. Written by another process: one that is forked here while it is open for writing would
    /// have it open, too, and nobody could execute it then.
    func script(_ name: String, _ text: String) throws -> String {
        let file = "\(path)/\(name)"
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", "printf %s \"$1\" > \"$0\" && chmod 755 \"$0\"", file, text]
        try shell.run()
        shell.waitUntilExit()
        return file
    }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
}

enum Events {
    static func open(
        _ filename: ByteString, flags: UInt64 = 0, result: Int32 = 3, comm: ByteString = "cat", pid: UInt32 = 1,
        created: Bool? = nil, path: ByteString? = nil
    ) -> TraceEvent {
        TraceEvent(
            actor: TraceEvent.Actor(pid: pid, tid: pid, cgroup: CgroupID(7), comm: comm), kind: .openat,
            facts: OpenFacts(flags: flags, created: created, result: result), filename: filename, path: path)
    }
}
