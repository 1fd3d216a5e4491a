internal import BPF
internal import Glibc
internal import KernelABI
package import Model
internal import Synchronization

/// The programs at work: they count from the moment this exists until it is gone.
///
/// Its calls block, so it lives on a thread of its own.
package actor KernelSource {
    package struct Options: Sendable, Equatable {
        package var maxKernelMemory: Int
        package var pseudoFilesystems: Bool
        /// In whole seconds: when a request in flight is given up and its result declared unknown.
        package var requestExpiry: Duration
        /// Whether there is to be room for what `watch` tells: it costs memory, and time to load.
        package var watches: Bool
        /// Whether to ask the verifier how long its work was, where the kernel does not remember: that costs time.
        package var asksVerifier: Bool

        package init(
            maxKernelMemory: Int = 64 << 20, pseudoFilesystems: Bool = false, requestExpiry: Duration = .seconds(300),
            watches: Bool = false, asksVerifier: Bool = false
        ) {
            (self.maxKernelMemory, self.pseudoFilesystems) = (maxKernelMemory, pseudoFilesystems)
            (self.requestExpiry, self.watches, self.asksVerifier) = (requestExpiry, watches, asksVerifier)
        }
    }

    /// Which programs are loaded; what is nil is as suits the kernel.
    struct Variant {
        /// The set that loads from pointers it reads.
        var direct: Bool?
        /// Whether programs at system calls can be preempted (7.2), and so need copies.
        var isPreemptible: Bool?
        var leftOut: Set<String> = []
    }

    /// Facts between two calls of `facts`.
    private final class Inbox {
        var facts: [Fact] = []
        var unreadable: UInt64 = 0
        var asked = AskedSightings()

        func take(_ record: RawSpan) {
            if let fact = Decoder.fact(record) {
                facts.append(fact)
            } else if let record = SightingDecoder.record(record) {
                for sighting in asked.take(record) { facts.append(.sighted(sighting)) }
            } else {
                unreadable += 1
            }
        }
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
    private let expiry: RequestExpiry
    private let object: LoadedObject
    /// Where each program is attached.
    private let events: [String: [String]]
    /// Absent where there is no room to watch.
    private nonisolated let marks: Mutex<SightingMarks?>
    private var slots: SlotTable
    private var errors: ErrorTable
    private let stats: MappedArray<ot_stats>
    private var lastStats = ot_stats()
    private var lastUnreadable: UInt64 = 0
    private var runs: RunAccount
    /// More than a ring holds: who writes faster than anybody reads does not keep a call from ending.
    private static var mostRecords: Int { 1 << 16 }
    /// Cgroups that are gone and drained, and still have slots.
    private var gone: Set<CgroupID> = []

    /// Loads and attaches the programs; tracefs must be mounted where `tracefs` says.
    package init(_ options: Options, tracefs: String, release: KernelRelease?) throws {
        try self.init(options, tracefs: tracefs, release: release, variant: Variant())
    }

    /// - Parameter variant: other than what suits the kernel only in tests.
    init(_ options: Options, tracefs: String, release: KernelRelease?, variant: Variant) throws {
        let types = try Self.kernelTypes()
        let direct = variant.direct ?? types.hasFunction("bpf_rdonly_cast")
        let isPreemptible = variant.isPreemptible ?? types.hasFunction("trace_call_bpf_faultable")
        let plan = MemoryPlan(
            bytes: options.maxKernelMemory, possibleCPUs: try PossibleCPUs.count(),
            onlineCPUs: Int(sysconf(CInt(_SC_NPROCESSORS_ONLN))), isPreemptible: isPreemptible,
            watches: options.watches)
        let open = try OpenObject(
            "files", bytes: UnsafeRawBufferPointer(start: ot_object_files.bytes, count: ot_object_files.size),
            kernelTypes: KernelTypes.path)
        var choice = ProgramChoice(open.programs, direct: direct, copies: plan.hasCopies) { event in
            // Not by access(2), which leaves the capabilities of a user other than root out.
            var status = stat()
            return stat("\(tracefs)/events/\(event)/id", &status) == 0
        }
        for program in variant.leftOut { choice.wanted[program] = nil }
        guard choice.wanted.keys.contains(where: { ProgramGroup(program: $0) == .write }) else {
            throw KernelError.noEvents(tracefs)
        }
        for program in open.programs {
            try open.setLoaded(choice.wanted[program.name] != nil, program: program.name)
        }
        if !types.hasFunction("task_storage_map_alloc") { try open.omit(map: "identities") }
        try Self.size(open, plan)
        try open.setConstants(Self.config(options, plan, isPreemptible: isPreemptible), section: ".rodata.config")

        let object = try Self.load(open, countsInstructions: options.asksVerifier)
        try Self.fillQueues(object, plan)
        let inbox = Inbox()
        var ring = try RingBuffer(object.map("events"), most: Self.mostRecords) { record in
            inbox.take(record)
        }
        if plan.canWatch { try ring.add(object.map("sightings")) }
        let marks = plan.canWatch ? try SightingMarks(object) : nil
        let slots = try SlotTable(object, plan: plan)
        let errors = try ErrorTable(object, plan: plan)
        var stats = try MappedArray(object.map(".data.stats"), element: ot_stats.self)
        try stats.reach(1)
        var attachment = Attachment()
        try object.attach(where: { choice.wanted[$0.name]?.contains($1) ?? false }, to: &attachment)

        let expiry = try RequestExpiry(object, after: options.requestExpiry)
        coverage = Coverage(
            notSeen: NotSeen.sentences, absent: Self.absent, attached: attachment.count, missing: choice.missing)
        self.plan = plan
        readsDirectly = direct
        countsMissedRuns = release.map { $0 >= .countsMissedTracepoints } ?? false
        // What was before the first window is not in it.
        runs = RunAccount(try object.statistics(), takenOver: stats[0].takenOver, countsMissedRuns: countsMissedRuns)
        self.attachment = attachment
        self.ring = ring
        self.marks = Mutex(marks)
        self.expiry = expiry
        self.inbox = inbox
        self.object = object
        events = choice.wanted
        self.slots = slots
        self.errors = errors
        self.stats = stats
    }

    /// What the programs reported, after waiting up to `milliseconds` for the ring to fill up.
    package func facts(waitingUpTo milliseconds: Int32) throws -> [Fact] {
        // Not all records wake: what another ring holds comes, too.
        try ring.poll(milliseconds: milliseconds)
        try ring.consume()
        let undone = inbox.asked.takeUndone()
        if !undone.isEmpty { marks.withLock { for mark in undone { $0?.forget(mark) } } }
        defer { inbox.facts.removeAll(keepingCapacity: inbox.facts.count < 1024) }
        return inbox.facts
    }

    /// Lets the programs tell what is sighted, all of it anew; or nothing any more. Where there is no room, nothing happens.
    ///
    /// Like `settle` it does not wait for the thread, which may be waiting for facts.
    package nonisolated func watch(_ isWatching: Bool) {
        marks.withLock {
            if isWatching { $0?.arm(seed: .random(in: 1 ... .max)) } else { $0?.disarm() }
        }
    }

    /// Leaves verdicts where the programs find them.
    package nonisolated func settle(_ verdicts: [Sighting.Ticket: Sighting.Verdict]) {
        marks.withLock { for (ticket, verdict) in verdicts { $0?.settle(ticket, verdict) } }
    }

    /// What was counted since the last drain, read from shared memory.
    ///
    /// - Parameter isLast: whether nobody will drain again; requests in flight are then given up, whose ends nobody sees.
    package func drain(isLast: Bool = false) throws -> Drain {
        let began = ThreadTime.now
        var drain = Drain()
        try slots.drain(into: &drain)
        try errors.drain(into: &drain)
        let expired = try expiry.run(at: .now, isLast: isLast)
        // Before the statistics: rather is a run told as missed that was taken over meanwhile, than one forgotten.
        let now = stats[0]
        let statistics = try object.statistics()
        drain.loss.ringRecords = now.ring_dropped &- lastStats.ring_dropped &+ inbox.unreadable &- lastUnreadable
        drain.loss.ioUringUnknownResults =
            now.uring_unknown_results &- lastStats.uring_unknown_results &+ expired.ofRings
        drain.loss.aioUnknownResults = now.aio_unknown_results &- lastStats.aio_unknown_results &+ expired.ofContexts
        drain.loss.watchRecords = now.sightings_dropped &- lastStats.sightings_dropped &+ inbox.asked.takeLost()
        // What never ended was never judged.
        if marks.withLock({ $0?.isArmed ?? false }) { drain.loss.watchRecords &+= expired.ofRings }
        drain.loss.unknownFile = now.unknown_file &- lastStats.unknown_file
        drain.loss.detailOverflow = now.error_slots_exhausted &- lastStats.error_slots_exhausted
        let programs = runs.drain(
            statistics, takenOver: now.takenOver, isMeasuring: RunAccount.kernelIsMeasuring)
        (drain.loss.missedRuns, drain.programCosts) = (programs.missed, programs.costs)
        (lastStats, lastUnreadable) = (now, inbox.unreadable)
        drain.cpuTime = ThreadTime.now - began
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
                program: $0.name, events: events[$0.name] ?? [],
                verifiedInstructions: $0.verifiedInstructions)
        }
    }
}
