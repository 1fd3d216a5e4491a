package import Machine
package import Model

/// The host this agent runs on.
package final class Host: HostView {
    private let tree: CgroupTree

    package init(_ tree: consuming CgroupTree) { self.tree = tree }

    package var reading: ClockReading { ClockReading(wall: Clock.wall, monotonic: Clock.monotonic) }

    /// Where the cgroup2 hierarchy is mounted.
    package var mountPath: ByteString { tree.mount.path }

    package var startsAtRealRoot: Bool { tree.startsAtRealRoot }

    package func walk(_ visit: (CgroupID, ByteString) -> Void) { tree.walk(visit) }

    package func path(of cgroup: CgroupID) -> ByteString? { tree.path(of: cgroup) }

    package func invocationID(of cgroup: CgroupID) -> String? {
        guard let path = tree.path(of: cgroup) else { return nil }
        let identity = UnitIdentity(cgroupPath: path)
        // What is below a unit's own cgroup may be arranged by another systemd, with IDs of its own.
        if identity.subgroup == nil, let id = tree.invocationID(of: cgroup) { return id }
        guard let owner = identity.owner,
            let id = InvocationLinks.id(of: owner.unit, ofUser: owner.user)
        else { return nil }
        // The link goes by the name: it is this run's while the run's cgroup is still there.
        return tree.path(of: cgroup) == path ? id : nil
    }

    package func executable(_ id: ExecutableID, tgid: Int32) -> ByteString? {
        ExecutableNames.current(id, tgid: tgid)
    }
}
