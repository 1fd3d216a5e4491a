import Foundation
import Glibc
import Testing

@testable import Export
@testable import Model

extension Directory {
    /// Names in it, sorted by their bytes.
    var names: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Paths of the archives of a file, oldest first, packed or not.
    func archives(of file: String) -> [String] {
        let pattern = ArchivePattern(fileName: file)
        return names.filter { pattern.parse($0.utf8).map { $0.form != .unfinished } ?? false }.map { "\(path)/\($0)" }
    }

    /// What was written to a file, its archives included.
    func wholeText(of file: String) throws -> String {
        try (archives(of: file) + ["\(path)/\(file)"]).map(unpackedText).joined()
    }
}

/// The text of a file, unpacked when its name says so.
func unpackedText(of path: String) throws -> String {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    guard path.hasSuffix(".gz") else { return String(decoding: bytes, as: UTF8.self) }
    return String(decoding: try #require(gunzipped(bytes), "\(path) is no whole gzip file"), as: UTF8.self)
}

/// Waits for something that no event tells of.
func eventually(
    _ what: String, within time: Duration = .seconds(20), _ isSo: () throws -> Bool,
    _ location: SourceLocation = #_sourceLocation
) async rethrows {
    let deadline = ContinuousClock.now + time
    while try !isSo() {
        guard ContinuousClock.now < deadline else {
            Issue.record("in vain waited for: \(what)", sourceLocation: location)
            return
        }
        try? await Task.sleep(for: .milliseconds(2))
    }
}

/// Tests that are hard work for a disk and a processor: one after the other, and off the threads that all tests share.
@Suite(.serialized) struct FileWorkTests {
    /// Runs what blocks on a thread of its own.
    static func apart<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }
}

func mode(of path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
}

/// A program that was built with the tests: it lies beside the test bundle.
func built(_ name: String) -> String? {
    var folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    while folder.path != "/" {
        let program = folder.appending(path: name).path
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: program, isDirectory: &isFolder), !isFolder.boolValue {
            return program
        }
        folder.deleteLastPathComponent()
    }
    return nil
}

/// The program that a shell would run by this name, or nil.
func installed(_ name: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return (path.components(separatedBy: ":") + ["/usr/bin", "/usr/sbin"]).map { "\($0)/\(name)" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
}
