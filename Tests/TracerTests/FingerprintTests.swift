import Foundation
import Glibc
import Model
import RunScripts
import Testing

@testable import Tracer

@Suite("Fingerprints of files")
struct FingerprintTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "ot-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func remove() { try? FileManager.default.removeItem(at: folder) }

    private func path(_ name: String) -> String { folder.appending(path: name).path }
    private func bytes(_ name: String) -> ByteString { ByteString(path(name)) }

    private static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    @Test("A plain file has its size, its times and its hash")
    func plain() throws {
        defer { remove() }
        try "abc".write(toFile: path("a"), atomically: false, encoding: .utf8)
        let look = try #require(Fingerprinting().look(at: bytes("a")))
        #expect(look.sha256 == Self.abc)
        #expect(look.size == 3)
        var status = stat()
        try #require(stat(path("a"), &status) == 0)
        #expect(look.id.inode == UInt64(status.st_ino))
        #expect(
            look.modified.nanoseconds == Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
        #expect(Fingerprinting(mostBytes: 2).look(at: bytes("a"))?.digest == .tooLarge)
        #expect(Fingerprinting().look(at: bytes("a"), hashing: false)?.digest == .notAsked)
        try Data(count: 300_000).write(to: folder.appending(path: "zeros"))
        #expect(
            Fingerprinting().look(at: bytes("zeros"))?.sha256
                == "886715e4051e827f4fe215df3053af3f85ad0d352db2c829c7487af6d78efe30")
    }

    @Test("What is no plain file is left alone, and nobody waits")
    func others() throws {
        defer { remove() }
        try #require(mkfifo(path("fifo"), 0o600) == 0)
        try #require(symlink("/etc/passwd", path("link")) == 0)
        for name in [bytes("fifo"), bytes("link"), ByteString(folder.path), "/dev/zero", "/nowhere", "a", "/a\0b"] {
            #expect(Fingerprinting().look(at: name) == nil)
        }
    }

    @Test("What changed since the run is said")
    func changed() throws {
        defer { remove() }
        for name in ["in", "out", "later"] { try "abc".write(toFile: path(name), atomically: false, encoding: .utf8) }
        func history(at time: Int64) -> RunHistory {
            var script = RunScript()
            script.open(1, bytes("in"))
            script.open(1, bytes("gone"))
            script.make(1, bytes("out"))
            return RunHistory(
                of: script.events.map { event in
                    var event = event
                    event.time = Timestamp(nanoseconds: time)
                    return event
                })
        }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let end = Int64(now.tv_sec + 1) * 1_000_000_000
        func evidence(_ history: RunHistory, _ scope: Fingerprinting.Scope) -> [String: FileEvidence] {
            let summary = RunSummary(history)
            let found = Fingerprinting().evidence(of: summary, in: history, scope)
            return Dictionary(
                uniqueKeysWithValues: found.map { (history.files[$0.key].name?.lastComponent.legible ?? "", $0.value) })
        }
        let fresh = evidence(history(at: end), .all)
        #expect(fresh["in"]?.before?.sha256 == Self.abc)
        #expect(fresh["out"]?.after?.sha256 == Self.abc)
        #expect(fresh["in"]?.hasChangedSince == false)
        #expect(fresh["out"]?.hasChangedSince == false)
        #expect(fresh["gone"]?.hasChangedSince == true)
        #expect(evidence(history(at: end), .outputs).keys.sorted() == ["out"])
        #expect(evidence(history(at: end), .none).isEmpty)
        #expect(evidence(history(at: 1), .all).values.allSatisfy { $0.hasChangedSince })
    }

    @Test("A run that is followed while it goes on has what its inputs were at first")
    func live() async throws {
        defer { remove() }
        try "abc".write(toFile: path("in"), atomically: false, encoding: .utf8)
        var script = RunScript()
        script.open(1, bytes("in"))
        script.make(1, bytes("out"))
        let recorder = RunRecorder(hasWrites: true, fingerprinting: Fingerprinting())
        for event in script.events { recorder.take(event, of: nil) }
        let moment = Timestamp(nanoseconds: 0)
        recorder.end(TraceEnd(started: moment, ended: moment))
        let sights = await recorder.firstSights()
        #expect(sights.mapValues(\.sha256) == [0: Self.abc])
        // Somebody else writes it now.
        try "abcd".write(toFile: path("in"), atomically: false, encoding: .utf8)
        let history = recorder.whole
        let evidence = Fingerprinting().evidence(of: RunSummary(history), in: history, .all, known: sights)
        #expect(evidence[0]?.before?.sha256 == Self.abc)
        #expect(evidence[0]?.hasChangedSince == true)
    }
}
