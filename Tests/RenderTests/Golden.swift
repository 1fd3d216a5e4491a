import Foundation
import Testing

/// Compares with a file in `golden/`; with `RECORD_GOLDEN=1` in the environment writes the file instead and fails.
func expectGolden(_ bytes: [UInt8], _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "golden/\(name)")
    if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
        try Data(bytes).write(to: file)
        Issue.record("recorded \(name): look at the difference, then run without RECORD_GOLDEN")
        return
    }
    let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    #expect(String(decoding: bytes, as: UTF8.self) == expected, sourceLocation: sourceLocation)
}
