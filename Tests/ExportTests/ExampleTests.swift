import Foundation
import Testing

/// The example collector, the recipes for other engines, the rules and the dashboards have tests in their own language.
struct ExampleTests {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "..").standardized

    @Test(
        .timeLimit(.minutes(3)),
        arguments: [
            "Examples/test_collector", "Examples/test_questions", "Examples/test_recipes", "Prometheus/test_examples",
        ])
    func `the examples' own tests pass`(module: String) throws {
        let file = Self.tests.appending(path: module)
        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/env")
        python.arguments = ["python3", "-B", "-m", "unittest", file.lastPathComponent]
        python.currentDirectoryURL = file.deletingLastPathComponent()
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
