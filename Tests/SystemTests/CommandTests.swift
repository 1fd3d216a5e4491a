import Foundation
import Testing

extension SystemTests {
    /// The commands that look at the host, or at the configuration, and end.
    @Suite struct Commands {
        let folder: Folder
        init() throws { folder = try Folder() }

        private struct Unit: Decodable {
            struct Cgroup: Decodable {
                let id: UInt64
                let path: String?
            }
            let cgroup: Cgroup
        }

        @Test func `the default configuration passes the check`() throws {
            let defaults = try otagent(["defaults"], in: folder)
            #expect(defaults.status == 0)
            #expect(defaults.output.contains("[agent]"))
            let config = try folder.write("defaults.toml", defaults.output)
            let check = try otagent(["check", "--config", config], in: folder)
            #expect(check.status == 0, "\(check.errors)\(check.output)")
        }

        @Test func `units names a cgroup that was just made`() throws {
            let cgroup = try Cgroup()
            let plain = try otagent(["units"], in: folder)
            #expect(plain.status == 0, "\(plain.errors)")
            #expect(plain.output.contains(cgroup.name))

            let json = try otagent(["units", "--json"], in: folder)
            #expect(json.status == 0, "\(json.errors)")
            let units = try decoded([Unit].self, from: json.output)
            let own = units.filter { $0.cgroup.path?.hasSuffix("/\(cgroup.name)") == true }
            #expect(own.count == 1)
            let inode = try FileManager.default.attributesOfItem(atPath: cgroup.path)[.systemFileNumber] as? UInt64
            #expect(own.first?.cgroup.id == inode)
        }

        @Test func `doctor finds this host fit`() throws {
            let end = try otagent(["doctor"], in: folder)
            #expect(end.status == 0, "\(end.output)\(end.errors)")
            for word in ["BTF", "cgroup2", "tracefs", "io_uring"] {
                #expect(end.output.contains(word))
            }
        }
    }
}
