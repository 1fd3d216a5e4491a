/// Something rare that the kernel programs report as it happens.
package enum Fact: Sendable, Equatable {
    /// Paths start at the real root of the hierarchy, also for an agent inside a cgroup namespace; absent when the kernel
    /// had no room for the whole.
    case cgroupMade(CgroupID, path: ByteString?)
    case cgroupRemoved(CgroupID, path: ByteString?)
    case cgroupRenamed(CgroupID, path: ByteString?)
    /// A writer was seen for the first time; the path is that of its executable, absent when it was too deep to read.
    case writerSeen(ExecutableID, tgid: Int32, path: ByteString?)
    /// Something that watch rules and the baseline may judge.
    case sighted(Sighting)
}

/// What was added to the kernel's counters since the drain before.
package struct Drain: Sendable {
    package var writers: [WriterActivity] = []
    /// Counted for a cgroup without telling its writers apart, because the slots had run out.
    package var withoutWriter: [CgroupID: Counters] = [:]
    /// Counted for no cgroup, because even the slots for cgroups had run out.
    package var withoutCgroup = Counters()
    /// What the agent itself did.
    package var own = Counters()
    package var errors: [ErrorActivity] = []
    package var loss = Loss()
    /// What the programs cost; absent while the kernel does not measure it.
    package var programCosts: [ProgramCost]?
    /// How long a CPU was busy with reading all this.
    package var cpuTime = Duration.zero

    package init() {}
}

/// How often a program ran, and for how long.
package struct ProgramCost: Sendable, Equatable {
    package let program: String
    package var runs: UInt64
    package var runTimeNanoseconds: UInt64

    package init(program: String, runs: UInt64, runTimeNanoseconds: UInt64) {
        (self.program, self.runs, self.runTimeNanoseconds) = (program, runs, runTimeNanoseconds)
    }
}

/// What one writer did since the drain before.
package struct WriterActivity: Sendable {
    package let writer: Writer
    /// The process that was seen first with this identity.
    package let tgid: Int32
    package let counters: Counters

    package init(writer: Writer, tgid: Int32, counters: Counters) {
        (self.writer, self.tgid, self.counters) = (writer, tgid, counters)
    }
}

/// How often an operation failed with one errno in one cgroup since the drain before.
package struct ErrorActivity: Sendable {
    package let cgroup: CgroupID
    package let operation: FailingOperation
    package let error: Int32
    package let count: UInt64

    package init(cgroup: CgroupID, operation: FailingOperation, error: Int32, count: UInt64) {
        (self.cgroup, self.operation, self.error, self.count) = (cgroup, operation, error, count)
    }
}
