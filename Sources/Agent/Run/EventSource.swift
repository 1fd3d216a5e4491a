package import Kernel
package import Model

/// Where facts and counts come from: the kernel, or a test.
package protocol EventSource: Sendable {
    var coverage: Coverage { get }
    /// Bytes taken in the kernel, at most; nil when there is no kernel behind it.
    var kernelMemory: UInt64? { get }

    /// What was reported, after waiting up to `milliseconds` for more.
    func facts(waitingUpTo milliseconds: Int32) async throws -> [Fact]

    /// What was counted since the last drain; the last of all gives up the requests in flight, whose ends nobody will see.
    func drain(isLast: Bool) async throws -> Drain

    /// Forgets cgroups that are gone and drained.
    func recycle(_ gone: Set<CgroupID>) async throws

    /// Whether there is room for what is sighted.
    var canWatch: Bool { get }

    /// Begins to report what is sighted, all of it anew, or ends it.
    func watch(_ isWatching: Bool)

    /// Says what need not be reported any more.
    func settle(_ verdicts: [Sighting.Ticket: Sighting.Verdict])
}

/// A source that sights nothing.
extension EventSource {
    package var canWatch: Bool { false }
    package func watch(_ isWatching: Bool) {}
    package func settle(_ verdicts: [Sighting.Ticket: Sighting.Verdict]) {}
}

extension KernelSource: EventSource {
    package nonisolated var kernelMemory: UInt64? { UInt64(plan.bytes) }
    package nonisolated var canWatch: Bool { plan.canWatch }
}

/// What the pipeline asks the host: files, names and clocks.
package protocol HostView: Sendable {
    var reading: ClockReading { get }
    /// Whether a cgroup lives, whether or not it has a path that can be had here.
    func exists(_ cgroup: CgroupID) -> Bool
    /// The present path of a cgroup; nil when it is gone, or not to be seen from here.
    func path(of cgroup: CgroupID) -> ByteString?
    /// All that the name of a living cgroup says, its invocation included; nil when it is gone.
    func look(at cgroup: CgroupID) -> CgroupName?
    /// Which run of its unit a cgroup is; nil when nobody says so, or it is gone.
    func invocationID(of cgroup: CgroupID, named name: CgroupName) -> String?
    /// The path of an executable by a process that may still run it.
    func executable(_ id: ExecutableID, tgid: Int32) -> ByteString?
    /// What the agent itself takes of the host.
    var ownProcess: ProcessUse { get }
}
