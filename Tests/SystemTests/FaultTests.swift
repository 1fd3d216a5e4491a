import Foundation
import Testing

extension SystemTests {
    /// The short forms of what `make test-faults` does for minutes; the drivers in Tests/Faults say what must hold.
    @Suite struct Faults {
        private let folder: Folder
        init() throws { folder = try Folder() }

        private func drive(_ driver: String, _ arguments: String...) throws {
            let python = try #require(installed("python3"))
            let script = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../Faults/\(driver).py").standardized.path
            let command = ["-B", script, try built("otagent"), "--dir", folder.root.path]
            let running = try Running(python, command + arguments, in: folder)
            let end = try running.wait(until: .now + .seconds(300))
            #expect(end.status == 0, "\(end.errors)")
            print(end.output, terminator: "")
        }

        @Test func `no closed window is lost by eight kills at moments of chance`() throws {
            try drive("kills", "--kills", "8")
        }

        @Test func `after all a collector can do wrong, everything is there once and no secret was told`() throws {
            try drive("storm", "--rounds", "1")
        }

        @Test func `a disk of 256 KiB in an outage costs the oldest batches, counted to the row, and nothing else`()
            throws
        {
            try drive("small_disk", "--seconds", "8")
        }
    }
}
