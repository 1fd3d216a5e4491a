import Foundation
import Model
import Testing

@testable import Kernel

extension KernelSourceTests {
    /// What happens when more is going on than there are slots for.
    @Suite struct Scarcity {
        let folder: Folder
        let cgroup: Cgroup
        init() throws { (folder, cgroup) = (try Folder(), try Cgroup()) }

        /// One shell goes through `count` cgroups, writes twice in each, and goes back to where it came from.
        private func visit(_ count: Int, named prefix: String) throws {
            try shell(
                """
                home=\(try #require(Cgroup.mount))$(sed -n 's/^0:://p' /proc/self/cgroup)
                exec > written
                i=0
                while [ $i -lt \(count) ]; do
                    echo $$ > \(cgroup.path)/\(prefix)$i/cgroup.procs
                    echo one
                    echo two
                    i=$((i + 1))
                done
                echo $$ > "$home/cgroup.procs"
                """, in: folder)
        }

        /// A round of cgroups that come, are counted and go; returns what was drained for them.
        private func round(
            _ source: KernelSource, _ count: Int, _ prefix: String
        ) async throws -> (drain: Drain, gone: Set<CgroupID>) {
            let cgroups = Set(try cgroup.makeChildren(count, named: prefix))
            try visit(count, named: prefix)
            cgroup.removeChildren(count, named: prefix)
            return (try await source.drain(), cgroups)
        }

        @Test func `slots of cgroups that are gone are used again`() async throws {
            let source = try source(memory: 1 << 20)
            let slots = source.plan.writerSlots
            // Not scarce after the first round; in the last one only if what the first two had was given back.
            for (number, share) in [0.4, 0.2, 0.75, 0.75].enumerated() {
                let count = Int(Double(slots) * share)
                let (drain, gone) = try await round(source, count, "round\(number)-")
                let writers = drain.writers.filter { gone.contains($0.writer.cgroup) }
                #expect(writers.count == count, "round \(number)")
                #expect(drain.sum(gone)[.writes] == UInt64(count * 2))
                #expect(drain.withoutWriter.keys.filter(gone.contains) == [])
                try await source.recycle(gone)
            }
        }

        @Test func `when slots run out the detail is lost and nothing else`() async throws {
            let source = try source(memory: 0)
            #expect(source.plan.writerSlots < 40)
            let (drain, gone) = try await round(source, 40, "many")
            let own = drain.writers.filter { gone.contains($0.writer.cgroup) }
            #expect(own.count <= source.plan.writerSlots)
            #expect(drain.withoutWriter.count <= source.plan.cgroupSlots)
            let byCgroup = drain.withoutWriter.filter { gone.contains($0.key) }.values
                .reduce(into: Counters()) { $0 += $1 }
            let shown = drain.sum(gone)[.writes] + byCgroup[.writes]
            #expect(shown < 80)
            // Others on this machine have no slots either, so the rest is at least ours.
            #expect(shown + drain.withoutCgroup[.writes] >= 80)

            let next = try await source.drain()
            #expect(next.sum(gone).isZero)
            #expect(next.withoutWriter.keys.filter(gone.contains) == [])
        }
    }
}
