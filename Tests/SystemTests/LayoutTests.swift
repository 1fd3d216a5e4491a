import Foundation
import Testing

extension SystemTests {
    /// The agent in a cgroup namespace, as in a container: what its mounts show of the tree decides what it can say.
    @Suite struct Layouts {
        let folder: Folder
        let outside: Cgroup
        let home: Cgroup

        init() throws {
            folder = try Folder()
            outside = try Cgroup(below: ["web.slice", "web@1.service"])
            home = try Cgroup(below: ["agent.service", "job.scope"])
        }

        /// The agent's own cgroup is the one above `job.scope`; the root of its namespace.
        private func surroundings(_ mounts: String) throws -> String {
            """
            echo $$ > '\(try Cgroup.mountPoint())/\(home.name)/agent.service/cgroup.procs'
            exec unshare --cgroup --mount --propagation private sh -ec '
            \(mounts)
            exec "$@"' sh "$@"
            """
        }

        private func rows(_ mounts: String) throws -> Found {
            let agent = try AgentRun(in: folder, surroundings: surroundings(mounts))
            let late = try Cgroup(below: ["late.slice", "late.service"])
            let truths = try [outside, late, home].map { try Workload.run(in: $0, folder, ["--only", "syscalls"]) }
            let batches = try agent.stop()
            for truth in truths {
                #expect(batches.counters(of: truth.cgroupId).differences(from: truth.counters) == [])
            }
            return Found(
                before: batches.rows(of: truths[0].cgroupId), late: batches.rows(of: truths[1].cgroupId),
                inside: batches.rows(of: truths[2].cgroupId), latePath: "/\(late.name)/late.slice/late.service")
        }

        private struct Found {
            let before: [Batch.Unit]
            let late: [Batch.Unit]
            let inside: [Batch.Unit]
            let latePath: String
        }

        @Test func `the host's tree, mounted elsewhere, is preferred to the namespace's own`() throws {
            let (host, own) = (folder.path("host"), try Cgroup.mountPoint())
            let found = try rows(
                """
                mkdir \(host)
                mount --bind \(own) \(host)
                umount \(own)
                mount -t cgroup2 own \(own)
                """)
            #expect(Set(found.before.map(\.cgroup?.path)) == ["/\(outside.name)/web.slice/web@1.service"])
            #expect(Set(found.late.map(\.cgroup?.path)) == [found.latePath])
            #expect(Set(found.inside.map(\.cgroup?.path)) == ["/\(home.name)/agent.service/job.scope"])
        }

        @Test func `with nothing but the namespace's own tree, what is in it has its path there, and all is counted`()
            throws
        {
            let own = try Cgroup.mountPoint()
            let found = try rows("umount \(own); mount -t cgroup2 own \(own)")
            #expect(Set(found.inside.map(\.cgroup?.path)) == ["/job.scope"])
            #expect(Set(found.inside.map(\.unit)) == ["job.scope"])
            // What was there before is not shown by the mount; of what comes later the kernel tells the whole path.
            #expect(Set(found.before.map(\.kind)) == ["unresolved"])
            #expect(Set(found.late.map(\.cgroup?.path)) == [found.latePath])
        }
    }
}
