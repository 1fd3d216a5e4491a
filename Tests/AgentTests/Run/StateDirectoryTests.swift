import Foundation
import Testing

@testable import Agent

@Suite struct StateDirectoryTests {
    /// A folder for one test.
    private final class Folder {
        let path = NSTemporaryDirectory() + "otagent-state-tests-" + UUID().uuidString
        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private let folder: Folder
    init() throws { folder = try Folder() }

    private func refusal(_ path: String) throws -> Refusal {
        do throws(Refusal) {
            _ = try StateDirectory(path)
        } catch {
            return error
        }
        Issue.record("it was taken")
        throw CancellationError()
    }

    private func mode(_ path: String) throws -> mode_t {
        var status = stat()
        #expect(stat(path, &status) == 0, "\(path)")
        return status.st_mode & 0o777
    }

    @Test func `it is made with all that is missing above it, and not for everybody`() throws {
        let path = "\(folder.path)/a/b"
        let state = try StateDirectory(path)
        #expect(try mode(path) & 0o027 == 0)
        #expect(try mode("\(folder.path)/a") & 0o027 == 0)
        #expect(try mode("\(path)/lock") & 0o137 == 0)
        _ = consume state
    }

    @Test func `one that is there keeps its mode and its files`() throws {
        #expect(chmod(folder.path, 0o755) == 0)
        try Data("kept".utf8).write(to: URL(filePath: "\(folder.path)/file"))
        let state = try StateDirectory(folder.path + "/")
        #expect(try mode(folder.path) == 0o755)
        #expect(try String(contentsOfFile: "\(folder.path)/file", encoding: .utf8) == "kept")
        _ = consume state
    }

    @Test func `a second agent is refused until the first is gone`() throws {
        let first = try StateDirectory(folder.path)
        let refusal = try refusal(folder.path)
        #expect(refusal.status == .failed)
        #expect(
            refusal.description
                == "cannot lock state_dir '\(folder.path)': another otagent is using it; give each agent a state_dir of its own"
        )
        _ = consume first
        let second = try StateDirectory(folder.path)
        _ = consume second
    }

    @Test func `a second agent is refused, too, when somebody removed the file of the lock`() throws {
        let first = try StateDirectory(folder.path)
        try FileManager.default.removeItem(atPath: "\(folder.path)/lock")
        #expect(try refusal(folder.path).description.contains("another otagent is using it"))
        // The refused one must not hold what the next one needs.
        #expect(try refusal(folder.path).description.contains("another otagent is using it"))
        _ = consume first
        let second = try StateDirectory(folder.path)
        _ = consume second
    }

    @Test func `a lock that was left behind by a killed agent does not matter`() throws {
        try Data().write(to: URL(filePath: "\(folder.path)/lock"))
        _ = try StateDirectory(folder.path)
    }

    @Test func `a file in the way is a clear error`() throws {
        try Data().write(to: URL(filePath: "\(folder.path)/file"))
        for path in ["\(folder.path)/file", "\(folder.path)/file/below"] {
            let refusal = try refusal(path)
            #expect(refusal.description.hasPrefix("cannot use state_dir '\(path)': Not a directory; "))
        }
    }

    @Test func `a place that nobody can write to is a clear error`() throws {
        let refusal = try refusal("/proc/otagent")
        #expect(refusal.status == .failed)
        #expect(refusal.description.contains("choose another one in [agent] or make it writable"))
    }

    @Test func `a lock that is a link is not followed`() throws {
        let target = "\(folder.path)/target"
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/lock", withDestinationPath: target)
        _ = try refusal(folder.path)
        #expect(!FileManager.default.fileExists(atPath: target))
    }
}
