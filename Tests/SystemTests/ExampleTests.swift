import Foundation
import Testing

extension SystemTests {
    /// The collector of the examples, with the real agent.
    @Suite struct Examples {
        /// The measure is what the agent wrote to a file at the same time.
        @Test func `the example collector has every batch once though it was killed and got them twice`() throws {
            let script = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../Examples/agent_run.py").standardized.path
            let end = try run(
                try #require(installed("python3")), ["-B", script, try built("otagent")], in: try Folder())
            #expect(end.status == 0, "\(end.errors)")
            #expect(end.output.contains("batches"))
        }
    }
}
