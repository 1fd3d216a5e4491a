internal import BPF
internal import Glibc
internal import KernelABI
package import Model

/// The programs at work: they count from the moment this exists until it is gone.
///
/// Its calls block, so it lives on a thread of its own.
package actor KernelSource {
    package struct Options: Sendable, Equatable {
        package var maxKernelMemory: Int
        package var pseudoFilesystems: Bool
        /// Whether to ask the verifier how long its work was, where the kernel does not remember: that costs time.
        package var asksVerifier: Bool

        package init(maxKernelMemory: Int = 64 << 20, pseudoFilesystems: Bool = false, asksVerifier: Bool = false) {
            (self.maxKernelMemory, self.pseudoFilesystems) = (maxKernelMemory, pseudoFilesystems)
            self.asksVerifier = asksVerifier
        }
    }

    /// Facts between two calls of `facts`.
    private final class Inbox {
        var facts: [Fact] = []
        var unreadable: UInt64 = 0
    }

    private let executor = OwnThread("kernel-source")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package nonisolated let coverage: Coverage
    package nonisolated let plan: MemoryPlan
    /// Whether the kernel tells which runs of our programs it skipped.
    package nonisolated let countsMissedRuns: Bool
    /// Whether the programs load from the kernel's memory as it does itself, rather than by probe reads.
    package nonisolated let readsDirectly: Bool

    // Detaches first, then unloads: members end in the order of their declaration.
    private let attachment: Attachment
    private let ring: RingBuffer
    private let inbox: Inbox
    private let object: LoadedObject
    private var slots: SlotTable
    private var errors: ErrorTable
    private let stats: MappedArray<ot_stats>
    private var lastStats = ot_stats()
    private var lastUnreadable: UInt64 = 0
    private var runs: RunAccount
    /// Cgroups that are gone and drained, and still have slots.
    private var gone: Set<CgroupID> = []

    /// Loads and attaches the programs; tracefs must be mounted where `tracefs` says.
    package init(_ options: Options, tracefs: String, release: KernelRelease?) throws {
        try self.init(options, tracefs: tracefs, release: release, direct: nil)
    }

    /// - Parameter direct: which of the two program sets; nil is the one that suits the kernel, others are for tests.
    init(_ options: Options, tracefs: String, release: KernelRelease?, direct: Bool?) throws {
        let types = try Self.kernelTypes()
        let direct = direct ?? types.hasFunction("bpf_rdonly_cast")
        let plan = MemoryPlan(
            bytes: options.maxKernelMemory, possibleCPUs: try PossibleCPUs.count(),
            onlineCPUs: Int(sysconf(CInt(_SC_NPROCESSORS_ONLN))))
        let open = try OpenObject(
            "files", bytes: UnsafeRawBufferPointer(start: ot_object_files.bytes, count: ot_object_files.size))
        let choice = ProgramChoice(open.programs, direct: direct) { event in
            access("\(tracefs)/events/\(event)/id", F_OK) == 0
        }
        guard choice.wanted.contains(where: { ProgramGroup(program: $0) == .write }) else {
            throw KernelError.noEvents(tracefs)
        }
        for program in open.programs {
            try open.setLoaded(choice.wanted.contains(program.name), program: program.name)
        }
        if !types.hasFunction("task_storage_map_alloc") { try open.omit(map: "identities") }
        try Self.size(open, plan)
        try open.setConstants(Self.config(options, plan), section: ".rodata.config")

        let object = try Self.load(open, countsInstructions: options.asksVerifier)
        try Self.fillQueues(object, plan)
        let inbox = Inbox()
        let ring = try RingBuffer(object.map("events")) { record in
            if let fact = Decoder.fact(record) { inbox.facts.append(fact) } else { inbox.unreadable += 1 }
        }
        let slots = try SlotTable(object, plan: plan)
        let errors = try ErrorTable(object, plan: plan)
        var stats = try MappedArray(object.map(".data.stats"), element: ot_stats.self)
        try stats.reach(1)
        let attachment = try object.attach()

        coverage = Coverage(
            notSeen: NotSeen.sentences, absent: Self.absent, attached: attachment.count, missing: choice.missing)
        self.plan = plan
        readsDirectly = direct
        countsMissedRuns = release.map { $0 >= .countsMissedTracepoints } ?? false
        // What was before the first window is not in it.
        runs = RunAccount(try object.statistics(), countsMissedRuns: countsMissedRuns)
        self.attachment = attachment
        self.ring = ring
        self.inbox = inbox
        self.object = object
        self.slots = slots
        self.errors = errors
        self.stats = stats
    }

    /// What the programs reported, after waiting up to `milliseconds` for the ring to fill up.
    package func facts(waitingUpTo milliseconds: Int32) throws -> [Fact] {
        if try ring.poll(milliseconds: milliseconds) == 0 { try ring.consume() }
        defer { inbox.facts.removeAll(keepingCapacity: true) }
        return inbox.facts
    }

    /// What was counted since the last drain, read from shared memory.
    package func drain() throws -> Drain {
        var drain = Drain()
        try slots.drain(into: &drain)
        try errors.drain(into: &drain)
        let now = stats[0]
        drain.loss.ringRecords = now.ring_dropped &- lastStats.ring_dropped &+ inbox.unreadable &- lastUnreadable
        drain.loss.ioUringUnknownResults = now.uring_unknown_results &- lastStats.uring_unknown_results
        drain.loss.unknownFile = now.unknown_file &- lastStats.unknown_file
        drain.loss.detailOverflow = now.error_slots_exhausted &- lastStats.error_slots_exhausted
        let programs = runs.drain(try object.statistics(), isMeasuring: RunAccount.kernelIsMeasuring)
        (drain.loss.missedRuns, drain.programCosts) = (programs.missed, programs.costs)
        (lastStats, lastUnreadable) = (now, inbox.unreadable)
        return drain
    }

    /// Gives the slots of removed cgroups back when they are getting scarce; call it after their last drain.
    package func recycle(_ gone: Set<CgroupID>) throws {
        guard !gone.isEmpty else { return }
        self.gone.formUnion(gone)
        self.gone.formIntersection(slots.cgroups.union(errors.cgroups))
        if slots.usedWriterSlots * 2 > plan.writerSlots {
            let writers = try HashMap(object.map("writers"), key: ot_writer_key.self, value: UInt32.self)
            let free = try Queue(object.map("free_slots"), value: UInt32.self)
            let freeOfCgroups = try Queue(object.map("free_cgroup_slots"), value: UInt32.self)
            for (slot, key, isWriter) in slots.slots(of: self.gone) where try writers.delete(key) {
                slots.forget(slot)
                if isWriter { try free.push(slot) } else { try freeOfCgroups.push(slot) }
            }
        }
        if errors.usedSlots * 2 > plan.errorSlots {
            let known = try HashMap(object.map("error_slots"), key: ot_error_key.self, value: UInt32.self)
            let free = try Queue(object.map("free_error_slots"), value: UInt32.self)
            for (slot, key) in errors.slots(of: self.gone) where try known.delete(key) {
                errors.forget(slot)
                try free.push(slot)
            }
        }
    }

    /// The programs in the kernel, in the order of their file.
    package func loadedPrograms() throws -> [LoadedProgram] {
        try object.statistics().map {
            LoadedProgram(
                program: $0.name, event: ProgramChoice.event(of: $0.section),
                verifiedInstructions: $0.verifiedInstructions)
        }
    }
}
