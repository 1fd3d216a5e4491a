import Foundation
import Model

@testable import Machine

/// A shell in a mount namespace of its own, which ends with this value and takes along what was mounted in it.
final class MountNamespace {
    struct Failure: Error { let text: String }

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    /// - Parameter other: whose mounts it begins with; absent: those of the tests.
    init(like other: MountNamespace? = nil) throws {
        process.executableURL = URL(filePath: "/usr/bin/env")
        let enter = other.map { ["nsenter", "--target", "\($0.pid)", "--mount"] } ?? []
        process.arguments = enter + ["unshare", "--mount", "sh"]
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        _ = try run("true")
    }

    deinit { end() }

    var pid: Int32 { process.processIdentifier }
    var directory: String { "/proc/\(pid)" }
    var name: UInt32? { mountNamespace(of: directory) }

    func end() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// What a command says; an error when it fails.
    @discardableResult func run(_ command: String) throws -> String {
        let mark = "end-of-command"
        try input.fileHandleForWriting.write(contentsOf: Data("{ \(command)\n} 2>&1; echo \(mark) $?\n".utf8))
        var text = ""
        while !text.hasSuffix("\n") || !text.contains(mark) {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { throw Failure(text: "the shell ended: \(command): \(text)") }
            text += String(decoding: more, as: UTF8.self)
        }
        let parts = text.components(separatedBy: mark)
        guard parts.last?.trimmingCharacters(in: .whitespacesAndNewlines) == "0" else {
            throw Failure(text: "\(command): \(text)")
        }
        return parts[0]
    }

    /// A place by what stat(1) says; `top` is where its file system is mounted, which must be one whose files have its number.
    func place(_ path: String, below top: String) throws -> FilePlace {
        let numbers = try run("stat -L -c '%d %i' '\(path)'").split(whereSeparator: \.isWhitespace).compactMap {
            UInt64($0)
        }
        guard numbers.count == 2 else { throw Failure(text: path) }
        let (major, minor) = (numbers[0] >> 8 & 0xFFF, numbers[0] & 0xFF | numbers[0] >> 12 & 0xFFF00)
        let within = path == top ? "/" : String(path.dropFirst(top.count))
        return FilePlace(
            device: UInt32(major << 20 | minor), inode: numbers[1], within: ByteString(within), seen: ByteString(path))
    }
}

/// A directory for one test, removed with all that is in it.
final class TestFolder {
    let path: String

    init() throws {
        path = "/tmp/otagent-watch-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
