import Foundation
import Testing

extension SystemTests {
    /// The short forms of what `make test-faults` does for minutes; the drivers in Tests/Faults say what must hold.
    @Suite struct Faults {
        private let folder: Folder
        init() throws { folder = try Folder() }

        private func start(_ driver: String, _ arguments: String...) throws -> Running {
            let python = try #require(installed("python3"))
            let script = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../Faults/\(driver).py").standardized.path
            let command = ["-B", script, try built("otagent"), "--dir", folder.root.path]
            return try Running(python, command + arguments, in: folder)
        }

        /// All at once, as each waits for windows most of the time.
        @Test
        func `kills at moments of chance, all that a collector can do wrong and a full disk lose nothing uncounted`()
            throws
        {
            let drivers = [
                // Eight: each kind of moment after a closed window, and before one.
                try start("kills", "--kills", "4"), try start("kills", "--kills", "4", "--lived", "4"),
                try start("storm", "--rounds", "1"), try start("small_disk", "--seconds", "8"),
            ]
            let deadline = ContinuousClock.now + .seconds(300)
            for driver in drivers {
                let end = try driver.wait(until: deadline)
                #expect(end.status == 0, "\(end.errors)")
                print(end.output, terminator: "")
            }
        }
    }
}
