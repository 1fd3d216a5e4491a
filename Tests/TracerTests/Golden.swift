import Foundation
import Testing

/// Compares with a file in `golden/`; with `RECORD_GOLDEN=1` in the environment writes the file instead and fails.
func expectGolden(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "golden/\(name)")
    if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
        try Data(text.utf8).write(to: file)
        Issue.record("recorded \(name): look at the difference, then run without RECORD_GOLDEN")
        return
    }
    #expect(text == (try String(contentsOf: file, encoding: .utf8)), sourceLocation: sourceLocation)
}
