internal import Machine
package import Model

/// Whose the cgroups of a trace are: asked when the first event of one comes, and remembered.
package struct CgroupOwners: ~Copyable {
    private let tree: CgroupTree
    private let makers: CgroupMakers
    private var known: [CgroupID: CgroupOwner?] = [:]
    /// As the kernel has told them.
    private var paths: [CgroupID: ByteString] = [:]
    /// How often a runtime's files did not answer in time: after a few times nobody waits for them any more.
    private var delays = 0

    /// What is remembered at most; then it is learned anew.
    private static var most: Int { 100_000 }
    private static var patience: Duration { .milliseconds(250) }
    private static var mostDelays: Int { 3 }

    /// Nil where no cgroup2 can be seen.
    package init?() {
        guard let mount = CgroupMount(mountinfo: (try? readFile("/proc/self/mountinfo")) ?? []),
            let tree = try? CgroupTree(mount)
        else { return nil }
        makers = CgroupMakers(mount: mount.path)
        self.tree = tree
    }

    package mutating func owner(of id: CgroupID) -> CgroupOwner? {
        if let owner = known[id] { return owner }
        var owner: CgroupOwner?
        if let path = tree.path(of: id) ?? paths[id] { owner = self.owner(at: path, id) }
        remember(owner, of: id)
        return owner
    }

    /// Takes over where a cgroup is, or was, by the kernel's own path: one that is gone can be asked no more.
    ///
    /// Nobody is asked about its container yet: when it is made, its runtime has not written everything down.
    package mutating func learn(_ id: CgroupID, path: ByteString) {
        // Whoever sees a part of the tree only has other paths, and cannot tell what is before them.
        guard let seen = tree.path(of: id) ?? (tree.startsAtRealRoot ? path : nil), paths[id] != seen else { return }
        if paths.count >= Self.most { paths.removeAll() }
        paths[id] = seen
        known[id] = nil
    }

    private mutating func remember(_ owner: CgroupOwner?, of id: CgroupID) {
        if known.count >= Self.most { known.removeAll() }
        known[id] = .some(owner)
    }

    private mutating func owner(at path: ByteString, _ id: CgroupID) -> CgroupOwner {
        var identity = UnitIdentity(cgroupPath: path)
        if delays < Self.mostDelays,
            let question = ContainerQuestion(identity, path: path)?.asked(at: path, madeBy: makers.maker)
        {
            let findings = ContainerSurvey.take([(id, question)], ContainerReader.Sources(), within: Self.patience)
            if findings.unanswered > 0 { delays += 1 }
            for (_, details) in findings.known { identity.learn(details, path: path) }
        }
        return CgroupOwner(identity)
    }
}
