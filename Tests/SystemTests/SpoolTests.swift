import Foundation
import Glibc
import Testing

extension SystemTests {
    /// What a killed agent leaves behind, seen from outside.
    @Suite struct Spool {
        let folder: Folder
        init() throws { folder = try Folder() }

        private struct Listed: Decodable {
            let id: String?
            let state: String
            let damage: String?
        }

        /// Nobody listens on port 1.
        private func configuration() throws -> String {
            try AgentRun.configuration(
                in: folder,
                outputs: """
                    [outputs.collector]
                    type = "http"
                    url = "http://127.0.0.1:1/ingest"
                    """)
        }

        private func spool(_ arguments: String...) throws -> Finished {
            try otagent(["spool"] + arguments + ["--config", folder.path("agent.toml")], in: folder)
        }

        @Test func `what was counted before a SIGKILL is in the spool, whole, and the next start takes it up`() throws {
            _ = try configuration()
            var ids: Set<String> = []
            for _ in 0..<3 {
                let running = try Running(
                    built("otagent"), ["run", "--config", folder.path("agent.toml")], in: folder)
                try running.wait(for: "ready", until: .now + .seconds(30))
                let before = ids.count
                let deadline = ContinuousClock.now + .seconds(30)
                // Each look is at a spool that an agent is writing to.
                while ids.count < before + 2, .now < deadline {
                    let listed = try decoded([Listed].self, from: spool("ls", "--json").output)
                    ids.formUnion(listed.compactMap(\.id))
                }
                #expect(ids.count >= before + 2)
                running.signal(SIGKILL)
                _ = try running.wait(until: .now + .seconds(10))
            }
            let verified = try spool("verify", "--json")
            #expect(verified.status == 0, "\(verified.output)")
            let left = try decoded([Listed].self, from: verified.output)
            #expect(ids.isSubset(of: Set(left.compactMap(\.id))))
            #expect(left.allSatisfy { $0.damage == nil && $0.state == "waiting" })
            let drained = try spool("drain", "--timeout", "1s")
            #expect(drained.status == 1 && drained.errors.contains("\(left.count) batches, "), "\(drained.errors)")
        }

        @Test func `drain is refused while the agent runs, and show needs no agent`() throws {
            let agent = try AgentRun(
                in: folder,
                outputs: """
                    [outputs.collector]
                    type = "http"
                    url = "http://127.0.0.1:1/ingest"
                    """)
            let refused = try spool("drain")
            #expect(refused.status == 1 && refused.errors.contains("stop the agent first"), "\(refused.errors)")
            _ = try agent.stop()
            let listed = try decoded([Listed].self, from: spool("ls", "--json").output)
            let id = try #require(listed.first?.id)
            let shown = try spool("show", id).output.split(separator: "\n", maxSplits: 1)
            #expect(shown.count == 2)
            #expect(shown.first?.hasPrefix(#"{"spool":1,"id":"\#(id)""#) == true)
            #expect(shown.last?.hasPrefix(#"{"schema":"otagent.batch/1","batch_id":"\#(id)""#) == true)
        }
    }
}
