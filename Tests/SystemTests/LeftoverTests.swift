import Foundation
import Glibc
import Testing

extension SystemTests {
    /// An agent that has ended, however it ended, leaves nothing in the kernel and nothing on the disk.
    @Suite struct Leftovers {
        let folder: Folder
        init() throws { folder = try Folder() }

        /// The identifiers after this word in what /proc says about a process's descriptors.
        private func held(_ word: String, by pid: pid_t) -> Set<Int> {
            let infos = "/proc/\(pid)/fdinfo"
            var found: Set<Int> = []
            for name in (try? FileManager.default.contentsOfDirectory(atPath: infos)) ?? [] {
                let text = (try? String(contentsOfFile: "\(infos)/\(name)", encoding: .utf8)) ?? ""
                for line in text.split(separator: "\n") where line.hasPrefix("\(word):") {
                    if let id = Int(line.dropFirst(word.count + 1).trimmingCharacters(in: .whitespaces)) {
                        found.insert(id)
                    }
                }
            }
            return found
        }

        /// All that the kernel has of this kind (`prog`, `map`), by anyone.
        private func loaded(_ kind: String) throws -> Set<Int> {
            struct Entry: Decodable { let id: Int }
            let end = try run(installed("bpftool") ?? "", ["-j", kind, "show"], in: folder)
            return Set(try decoded([Entry].self, from: end.output).map(\.id))
        }

        /// The kernel frees programs a little after their last owner is gone.
        private func remaining(_ kind: String, of own: Set<Int>) throws -> Set<Int> {
            let deadline = ContinuousClock.now + .seconds(10)
            var left = own
            while !left.isEmpty, ContinuousClock.now < deadline { left = try loaded(kind).intersection(own) }
            return left
        }

        @Test(.enabled(if: installed("bpftool") != nil, "bpftool is not installed"), arguments: [SIGTERM, SIGKILL])
        func `no program and no map stays in the kernel`(signal: Int32) throws {
            let agent = try AgentRun(in: folder)
            let programs = held("prog_id", by: agent.running.pid)
            let maps = held("map_id", by: agent.running.pid)
            #expect(!programs.isEmpty)
            #expect(!maps.isEmpty)
            agent.running.signal(signal)
            let end = try agent.running.wait(until: .now + .seconds(60))
            #expect(end.status == (signal == SIGTERM ? 0 : -SIGKILL))
            #expect(try remaining("prog", of: programs) == [])
            #expect(try remaining("map", of: maps) == [])
        }

        @Test(arguments: ["doctor", "units"])
        func `no cgroup and no temporary file stays`(command: String) throws {
            let mount = try Cgroup.mountPoint()
            let temporary = NSTemporaryDirectory()
            func ours() -> [String] {
                let files = (try? FileManager.default.contentsOfDirectory(atPath: temporary)) ?? []
                return (Cgroup.folders(in: mount) + files).filter { $0.contains("otagent") || $0.contains("opentrace") }
            }
            let before = Set(ours())
            let end = try otagent([command], in: folder)
            #expect(end.status == 0, "\(end.errors)")
            #expect(Set(ours()).subtracting(before) == [])
        }
    }
}
