internal import BPF
internal import Glibc
internal import KernelABI
package import Model

/// The tracer's programs at work: each operation that was asked for is an event.
///
/// Its calls block, so it lives on a thread of its own.
package actor KernelTrace {
    /// Which programs are loaded; what is nil is as suits the kernel.
    struct Variant {
        /// The set that loads from pointers it reads.
        var direct: Bool?
        /// Whether programs at system calls can be preempted (7.2), and so need copies.
        var isPreemptible: Bool?
        var leftOut: Set<String> = []
    }

    private let executor = OwnThread("kernel-trace")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// What of the selection this kernel has no events for, in sentences.
    package nonisolated let missing: [String]
    /// How many hooks the programs have.
    package nonisolated let hooks: Int

    // Detaches first, then unloads: members end in the order of their declaration.
    private var attachment: Attachment?
    private let ring: RingBuffer
    private let inbox: TraceInbox
    private let object: LoadedObject
    private let stats: MappedArray<ot_trace_stats>
    private let ownStats: MappedArray<ot_stats>
    private let countsMissedRuns: Bool
    /// Whether the last call left records there.
    private var isBehind = false

    /// Records that one call delivers at most: in memory they take several times the room that they have in the buffer.
    private static var mostRecords: Int { 4096 }

    /// Loads and attaches the programs that the selection needs; tracefs must be mounted where `tracefs` says.
    ///
    /// - Parameter bufferBytes: what fits between two calls of `events`, about 150 bytes for an open; rounded up to a power
    ///   of two.
    package init(
        _ selection: TraceSelection, tracefs: String, release: KernelRelease?, bufferBytes: Int = 8 << 20
    ) throws {
        try self.init(
            selection, tracefs: tracefs, release: release, bufferBytes: bufferBytes, variant: Variant())
    }

    /// - Parameter variant: other than what suits the kernel only in tests.
    init(
        _ selection: TraceSelection, tracefs: String, release: KernelRelease?, bufferBytes: Int, variant: Variant
    ) throws {
        let direct, isPreemptible: Bool
        do {
            // Given back before the library reads them once more: they take 6 MiB.
            let types = try KernelSource.kernelTypes()
            direct = variant.direct ?? types.hasFunction("bpf_rdonly_cast")
            isPreemptible = variant.isPreemptible ?? types.hasFunction("trace_call_bpf_faultable")
        }
        let open = try OpenObject(
            "trace", bytes: UnsafeRawBufferPointer(start: ot_object_trace.bytes, count: ot_object_trace.size),
            kernelTypes: KernelTypes.path)
        var choice = TracePrograms(
            open.programs, for: selection, direct: direct, copies: isPreemptible
        ) { event in
            var status = stat()
            return stat("\(tracefs)/events/\(event)/id", &status) == 0
        }
        for program in variant.leftOut { choice.wanted[program] = nil }
        guard !choice.wanted.isEmpty else { throw KernelError.noEvents(tracefs) }
        for program in open.programs {
            try open.setLoaded(choice.wanted[program.name] != nil, program: program.name)
        }
        let ringBytes = Self.ringBytes(atLeast: bufferBytes)
        try Self.size(open, selection, ringBytes: ringBytes, isPreemptible: isPreemptible)
        try open.setConstants(
            ot_config(wakeupBytes: ringBytes / 4, isPreemptible: isPreemptible), section: ".rodata.config")
        try open.setConstants(ot_trace_config(selection), section: ".rodata.trace")

        let object = try KernelSource.load(open, countsInstructions: false)
        let inbox = TraceInbox()
        let ring = try RingBuffer(object.map("events"), most: Self.mostRecords) { inbox.take($0) }
        var stats = try MappedArray(object.map(".data.trace_stats"), element: ot_trace_stats.self)
        try stats.reach(1)
        var ownStats = try MappedArray(object.map(".data.stats"), element: ot_stats.self)
        try ownStats.reach(1)
        var attachment = Attachment()
        try object.attach(where: { choice.wanted[$0.name]?.contains($1) ?? false }, to: &attachment)

        missing = choice.missing
        hooks = attachment.count
        countsMissedRuns = release.map { $0 >= .countsMissedTracepoints } ?? false
        self.attachment = consume attachment
        self.ring = ring
        self.inbox = inbox
        self.object = object
        self.stats = stats
        self.ownStats = ownStats
    }

    /// The events since the last call, in the order in which they were over, after waiting up to `milliseconds` for some.
    package func events(waitingUpTo milliseconds: Int32) throws -> [TraceEvent] {
        inbox.setClock()
        // The programs ask to be heard now and then only: what is known to be there is not waited for.
        var count = isBehind ? try ring.consume() : try ring.poll(milliseconds: milliseconds)
        if count == 0, !isBehind { count = try ring.consume() }
        isBehind = count == Self.mostRecords
        return inbox.takeEvents()
    }

    /// Ends the trace; the events that are left, those whose result never became known among them.
    package func end() throws -> [TraceEvent] {
        attachment = nil
        inbox.setClock()
        while try ring.consume() > 0 {}
        inbox.giveUp()
        return inbox.takeEvents()
    }

    /// What is not among the events so far.
    package func loss() throws -> TraceLoss {
        let now = stats[0]
        let own = ownStats[0]
        var loss = TraceLoss()
        loss.filtered = now.filtered
        loss.dropped = now.dropped &+ own.ring_dropped &+ inbox.unreadable
        loss.unknownResults = now.unknown_results &+ inbox.unknownResults
        loss.unresolvedPaths = inbox.unresolvedPaths
        loss.unfollowed = now.unfollowed
        if countsMissedRuns {
            let missed = try object.statistics().filter { !ProgramGroup.isCopy($0.name) }
                .reduce(UInt64(0)) { $0 &+ $1.recursionMisses }
            loss.missedRuns = missed - min(missed, own.takenOver.reduce(0, &+))
        }
        return loss
    }

    /// Cgroups that came and went since the last call; told only of the whole host.
    package func cgroupFacts() -> [Fact] { inbox.takeFacts() }
}
