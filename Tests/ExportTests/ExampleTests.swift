import Foundation
import Testing

/// The example collector and the recipes for other engines have tests in their own language.
struct ExampleTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Examples").standardized

    @Test(.timeLimit(.minutes(3)), arguments: ["test_collector", "test_questions", "test_recipes"])
    func `the examples' own tests pass`(module: String) throws {
        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/env")
        python.arguments = ["python3", "-B", "-m", "unittest", module]
        python.currentDirectoryURL = Self.folder
        python.standardInput = FileHandle.nullDevice
        python.standardOutput = FileHandle.nullDevice
        let errors = Pipe()
        python.standardError = errors
        try python.run()
        let said = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        python.waitUntilExit()
        #expect(python.terminationStatus == 0, "\(said)")
        // None found is none failed.
        #expect(said.contains("Ran ") && !said.contains("Ran 0 "), "\(said)")
    }
}
