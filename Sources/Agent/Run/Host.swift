package import Machine
package import Model

/// The host this agent runs on.
package final class Host: HostView {
    private let tree: CgroupTree
    private let process = OwnProcess(now: Clock.wall)

    package init(_ tree: consuming CgroupTree) { self.tree = tree }

    package var ownProcess: ProcessUse { process.use }

    package var reading: ClockReading { ClockReading(wall: Clock.wall, monotonic: Clock.monotonic) }

    /// Where the cgroup2 hierarchy is mounted.
    package var mountPath: ByteString { tree.mount.path }

    package var startsAtRealRoot: Bool { tree.startsAtRealRoot }

    package func walk(_ visit: (CgroupID, ByteString) -> Void) -> Int { tree.walk(visit) }

    package func exists(_ cgroup: CgroupID) -> Bool { tree.has(cgroup) }

    package func path(of cgroup: CgroupID) -> ByteString? { tree.path(of: cgroup) }

    package func look(at cgroup: CgroupID) -> CgroupName? { tree.name(of: cgroup) }

    package func invocationID(of cgroup: CgroupID, named name: CgroupName) -> String? {
        tree.invocationID(of: cgroup, named: name)
    }

    package func executable(_ id: ExecutableID, tgid: Int32) -> ByteString? {
        ExecutableNames.current(id, tgid: tgid)
    }
}
