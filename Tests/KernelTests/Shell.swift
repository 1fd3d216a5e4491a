import Foundation
import Testing

/// A folder for one test.
final class Folder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "otagent-kernel-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Runs a script by /bin/sh to its end and returns its process ID; what it says goes nowhere.
///
/// A shell's own commands do what they say and nothing besides: each `echo` is one write.
@discardableResult
func shell(_ script: String, in folder: Folder) throws -> pid_t {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", script]
    process.currentDirectoryURL = URL(filePath: folder.path)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "the script failed")
    return process.processIdentifier
}
