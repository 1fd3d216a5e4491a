/// How the memory allowed for the kernel's side is shared out among the maps.
///
/// The arrays and hashes are allocated whole when they are made, so these figures are what the agent takes, not a limit
/// that it may reach. Only the tasks' cached slots come besides: about 400 bytes for each living task that has done
/// anything, for which a share is left free.
package struct MemoryPlan: Sendable, Equatable {
    /// CPUs that the machine may ever have: some maps have a part for each.
    package let possibleCPUs: Int
    /// Entries of counters for each slot: a power of two, one for each CPU up to 16.
    package let shards: Int
    /// Whether two CPUs may meet in one shard.
    package let sharesShards: Bool
    /// Slots for writers.
    package let writerSlots: Int
    /// Slots for whole cgroups, used when those for writers have run out.
    package let cgroupSlots: Int
    package let errorSlots: Int
    /// Requests in flight: of io_uring, and a quarter as many of Linux AIO.
    package let requests: Int
    package var iocbs: Int { requests / 4 }
    package let ringBytes: Int
    /// Sets of marks of what was sighted: a power of two; 0 where there is no room to watch.
    package let markSets: Int
    package let sightingBytes: Int
    /// Whether each program at a system call is attached three times, so that what is left out of one is done by another:
    /// where programs can be preempted, and there is room for their marks.
    package let hasCopies: Bool

    static let fixedSlots = 2
    static let mostShards = 16
    /// Rather than with fewer slots the CPUs share shards.
    static let fewestSlots = 128

    /// - Parameters:
    ///   - bytes: what may be used, at least 1 MiB.
    ///   - onlineCPUs: those at work now. Virtual machines may have many more possible ones, for which shards would be
    ///     wasted: their CPUs share shards, if they ever come.
    ///   - isPreemptible: whether the kernel may preempt programs at system calls.
    ///   - watches: whether there is to be room for what was sighted.
    package init(
        bytes: Int, possibleCPUs: Int, onlineCPUs: Int? = nil, isPreemptible: Bool = false, watches: Bool = false
    ) {
        hasCopies = isPreemptible && Self.bytesOfCopies * 8 <= bytes
        let copies = hasCopies ? Self.bytesOfCopies : 0
        self.possibleCPUs = possibleCPUs
        let counting = possibleCPUs > Self.mostShards ? min(onlineCPUs ?? possibleCPUs, possibleCPUs) : possibleCPUs

        let watching = watches ? Self.watching(bytes, possibleCPUs) : nil
        (markSets, sightingBytes) = watching.map { ($0.sets, $0.ring) } ?? (0, 0)
        let watched = watching == nil ? 0 : Self.bytesToWatch(markSets, sightingBytes, possibleCPUs)
        let shared = max(bytes - Self.fixedBytes(possibleCPUs) - copies - watched, 0)
        var ring = 64 << 10
        while ring < 1 << 20, ring * 2 <= shared / 16 { ring *= 2 }
        ringBytes = ring
        requests = min(max(shared / 16 / Self.bytesPerRequest, 256), 16384)
        errorSlots = min(max(shared / 16 / Self.bytesPerError, 64), 8192)

        let forTasks = max(shared / 16, bytes / 64)
        let rest =
            shared - forTasks - ring - requests * Self.bytesPerRequest - errorSlots * Self.bytesPerError
        func fitting(_ shards: Int) -> Int {
            rest / (Self.bytesPerSlot + shards * Self.bytesPerCounters) - Self.fixedSlots
        }
        var shards = 1
        while shards < min(counting, Self.mostShards), fitting(shards * 2) >= Self.fewestSlots { shards *= 2 }
        self.shards = shards
        sharesShards = possibleCPUs > shards
        let slots = min(max(fitting(shards), 16), 1 << 16)
        cgroupSlots = min(slots / 4, 12 << 10)
        writerSlots = slots - cgroupSlots
    }

    /// Whether watch rules and the baseline have room; else they need a greater `max_kernel_memory`.
    package var canWatch: Bool { markSets > 0 }

    package var slots: Int { Self.fixedSlots + writerSlots + cgroupSlots }

    /// What all of it takes, at most.
    package var bytes: Int {
        Self.fixedBytes(possibleCPUs) + (hasCopies ? Self.bytesOfCopies : 0) + ringBytes
            + (canWatch ? Self.bytesToWatch(markSets, sightingBytes, possibleCPUs) : 0) + requests
            * Self.bytesPerRequest + errorSlots * Self.bytesPerError
            + slots * (Self.bytesPerSlot + shards * Self.bytesPerCounters)
    }

    /// Slots of writers; those of cgroups follow.
    var writerRange: Range<Int> { Self.fixedSlots..<Self.fixedSlots + writerSlots }
    var cgroupRange: Range<Int> { writerRange.upperBound..<slots }
}

/// What one entry takes. A hash has for each 48 bytes of bookkeeping besides key and value, and up to two buckets of 16
/// bytes, since their number is rounded up to a power of two.
extension MemoryPlan {
    private static let bytesPerHashed = 48 + 2 * 16
    /// `ot_slot`, its entry among the writers (48 bytes of key, 8 of value) and in a queue.
    static let bytesPerSlot = 64 + bytesPerHashed + 48 + 8 + 4
    static let bytesPerCounters = 34 * 8
    /// `ot_error_slot`, its entry in the hash (16 and 8) and in a queue.
    static let bytesPerError = 32 + bytesPerHashed + 16 + 8 + 4
    /// Key, value, and room for the value to grow.
    static let bytesPerRequest = bytesPerHashed + 16 + 48 + bytesPerIocb / 4
    private static let bytesPerIocb = bytesPerHashed + 24 + 24

    /// A mark for each of 4,194,304 pids, the most that Linux has, and the programs.
    static let chunksOfMarks = 1024
    static let bytesOfCopies = chunksOfMarks * 4096 + (512 << 10)

    /// A quarter of the memory at most; a 32nd for the marks, a 64th for the ring.
    private static func watching(_ bytes: Int, _ possibleCPUs: Int) -> (sets: Int, ring: Int)? {
        var (sets, ring) = (512, 64 << 10)
        while sets < 1 << 16, sets * 2 * bytesPerMarkSet <= bytes / 32 { sets *= 2 }
        while ring < 1 << 20, ring * 2 <= bytes / 64 { ring *= 2 }
        return bytesToWatch(sets, ring, possibleCPUs) <= bytes / 4 ? (sets, ring) : nil
    }

    private static func bytesToWatch(_ sets: Int, _ ring: Int, _ possibleCPUs: Int) -> Int {
        sets * bytesPerMarkSet + ring + possibleCPUs * bytesPerSightingCPU + 8 * 4096
    }

    private static let bytesPerMarkSet = 64
    /// `watch_scratches`.
    private static let bytesPerSightingCPU = 288 + 3 * 4096 + 96

    /// `scratches` and `sought` have a value for each CPU; each hash keeps a spare entry, a list and its locks for it.
    static let bytesPerCPU = (40 + 4096 + 256) + 56 + 3 * 160

    /// What is there whatever the plan: the programs themselves, each 14 KiB with what it calls; small maps, and what is
    /// rounded up to pages; and what there is for each CPU.
    private static func fixedBytes(_ possibleCPUs: Int) -> Int {
        33 * (14 << 10) + (96 << 10) + possibleCPUs * bytesPerCPU
    }
}
