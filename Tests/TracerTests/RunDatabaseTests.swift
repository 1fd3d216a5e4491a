import Foundation
import Model
import RunScripts
import Testing

@testable import Tracer

@Suite("A run as a database")
struct RunDatabaseTests {
    private let folder: URL
    private let history = RunHistory(of: RunScript.build.events)

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "ot-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private var path: String { folder.appending(path: "run.sqlite").path }
    private func remove() { try? FileManager.default.removeItem(at: folder) }

    private func write(replaces: Bool = false) throws {
        try RunDatabase(history).write(to: path, replaces: replaces) { take in
            for event in RunScript.build.events { try take(event) }
        }
    }

    /// What Python's own SQLite answers, a row a line.
    private func ask(_ question: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let script =
            "import sqlite3,sys\nfor row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]): print(*row, sep='|')"
        process.arguments = ["python3", "-c", script, path, question]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test("Everything of the run is in it, names that are no text as their bytes")
    func whole() throws {
        defer { remove() }
        try write()
        #expect(try ask("PRAGMA integrity_check") == ["ok"])
        #expect(try ask("PRAGMA foreign_key_check").isEmpty)
        #expect(try ask("SELECT count(*) FROM event") == ["\(RunScript.build.events.count)"])
        #expect(try ask("SELECT count(*) FROM process") == ["\(history.processes.count)"])
        let classes = try ask("SELECT class, count(*) FROM file GROUP BY class ORDER BY class")
        var expected: [String: Int] = [:]
        for number in history.files.indices {
            if let fileClass = history.fileClass(of: number) { expected[fileClass.rawValue, default: 0] += 1 }
        }
        #expect(classes == expected.sorted { $0.key < $1.key }.map { "\($0.key)|\($0.value)" })
        #expect(
            try ask("SELECT hex(path), typeof(path) FROM file WHERE typeof(path) = 'blob'") == [
                "2F772F72FF0A2E747874|blob"
            ])
        #expect(try ask("SELECT class FROM file WHERE path = '/w/app'") == ["replaced"])
        #expect(try ask("SELECT signal FROM process WHERE pid = 103") == ["6"])
        #expect(
            try ask("SELECT value FROM argument WHERE process = 3 ORDER BY position") == [
                "./app", "--check=\u{1B}[31m", "it's",
            ])
    }

    @Test("What is there is only replaced when that is asked for, and nothing is left of a failure")
    func existing() throws {
        defer { remove() }
        try "mine".write(toFile: path, atomically: false, encoding: .utf8)
        #expect(throws: TraceRefusal.self) { try write() }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        struct Broken: Error {}
        #expect(throws: TraceRefusal.self) {
            try RunDatabase(history).write(to: path, replaces: true) { _ in throw Broken() }
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        #expect(throws: TraceRefusal.self) {
            try RunDatabase(history).write(to: "/nowhere/x", replaces: false) { _ in }
        }
        try write(replaces: true)
        #expect(try ask("SELECT count(*) FROM program") == ["4"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["run.sqlite"])
    }
}
