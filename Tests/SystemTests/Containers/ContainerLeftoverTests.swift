import Foundation
import Glibc
import Testing

extension SystemTests {
    /// What a runtime of the tests leaves behind, which is nothing.
    @Suite struct ContainerLeftovers {
        let place: Place

        init() throws { place = try Place.onHost() }

        /// What the tests' own runtimes would leave: their processes, mounts, cgroups and files.
        private func left(of place: Place) throws -> [String] {
            let mounts = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
            var found = mounts.contains(place.folder) ? ["mounts"] : []
            if FileManager.default.fileExists(atPath: place.folder) { found.append(place.folder) }
            for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int32(name) != nil {
                let line = (try? String(contentsOfFile: "/proc/\(name)/cmdline", encoding: .utf8)) ?? ""
                if line.contains(place.folder) || line.contains("/exchange/ot-test-left") { found.append(line) }
            }
            return found
        }

        @Test(.needs("dockerd", "podman"), arguments: ["docker", "podman"], [false, true])
        func `nothing is left of a runtime and its container, though its holder be killed`(
            runtime: String, killed: Bool
        ) throws {
            try place.runtime([runtime, "up", place.folder, "cgroupfs"])
            let parent = "/ot-test-left-\(getpid())"
            let one = try Waiting(
                Contained(
                    name: "ot-test-left", start: [runtime, "run", "--cgroup-parent=\(parent)"], path: "", row: [:]),
                in: place)
            let top = try Cgroup.mountPoint() + parent
            #expect(one.path.hasPrefix(parent))
            #expect(FileManager.default.fileExists(atPath: top))
            #expect(try left(of: place).count > 2)
            if killed {
                place.kill()
                try Place.sweep()
            } else {
                place.leave()
            }
            #expect(try left(of: place) == [])
            #expect(!FileManager.default.fileExists(atPath: top))
        }
    }
}
