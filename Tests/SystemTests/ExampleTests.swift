import Foundation
import Testing

extension SystemTests {
    /// The collector of the examples with the real agent, and the agent's side of the recipes.
    @Suite struct Examples {
        private static let root = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../..").standardized
        let folder: Folder

        init() throws { folder = try Folder() }

        /// The measure is what the agent wrote to a file at the same time.
        @Test func `the example collector has every batch once though it was killed and got them twice`() throws {
            let script = Self.root.appending(path: "Tests/Examples/agent_run.py").path
            let end = try run(try #require(installed("python3")), ["-B", script, try built("otagent")], in: folder)
            #expect(end.status == 0, "\(end.errors)")
            #expect(end.output.contains("batches"))
        }

        @Test(
            .timeLimit(.minutes(3)),
            arguments: [
                ["First", "Which service", "Who storms", "Who uses"], ["Who writes to"], ["Which container"],
            ])
        func `the questions are answered by the commands that are shown for them`(titles: [String]) throws {
            let script = Self.root.appending(path: "Tests/Examples/ask_questions.py").path
            let arguments = ["-B", script, try built("otagent")] + titles
            let end = try run(try #require(installed("python3")), arguments, in: folder)
            #expect(end.status == 0, "\(end.errors) \(end.output)")
            #expect(end.output.contains("questions were answered"))
        }

        @Test func `the agent takes its side of every recipe`() throws {
            let recipes = Self.root.appending(path: "examples/recipes")
            let folders = try FileManager.default.contentsOfDirectory(atPath: recipes.path).filter { $0 != "README.md" }
            #expect(folders.count >= 7)
            for name in folders {
                let path = recipes.appending(path: "\(name)/otagent.toml").path
                let end = try otagent(["check", "--config", path], in: folder)
                #expect(end.status == 0, "\(end.errors)")
            }
            for name in ["activity", "who-writes-to-etc", "container-to-host"] {
                let path = Self.root.appending(path: "examples/questions/\(name).toml").path
                let end = try otagent(["check", "--config", path], in: folder)
                #expect(end.status == 0, "\(end.errors)")
            }
        }
    }
}
