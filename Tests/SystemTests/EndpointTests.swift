import Foundation
import Testing

extension SystemTests {
    /// The local endpoint of a running agent, judged from outside by the drivers in Tests/Endpoint.
    @Suite struct Endpoint {
        private func drive(_ driver: String) throws {
            let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            let path = tests.appending(path: "Endpoint/\(driver)").path
            let folder = try Folder()
            let running = try Running("/usr/bin/env", ["python3", "-B", path, try built("otagent")], in: folder)
            let end = try running.wait(until: .now + .seconds(300))
            #expect(end.status == 0, "\(end.output) \(end.errors)")
        }

        @Test func `it shows what the batches say, under ugly names too`() throws { try drive("figures.py") }

        @Test func `its address is taken, moved and given back`() throws { try drive("life.py") }

        @Test func `top shows it in a terminal`() throws { try drive("top.py") }

        @Test func `Prometheus has an answer to every query of the dashboards and rules`() throws {
            try drive("../Prometheus/live.py")
        }

        @Test func `an unexpected writer is there once, as in the batch, and harmless`() throws {
            try drive("alerts.py")
        }

        @Test func `no client delays a window`() throws { try drive("load.py") }
    }
}
