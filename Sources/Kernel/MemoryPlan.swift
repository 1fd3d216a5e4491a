/// How the memory allowed for the kernel's side is shared out among the maps.
///
/// The arrays and hashes are allocated whole when they are made, so these figures are what the agent takes, not a limit
/// that it may reach. Only the tasks' cached slots come besides: about 350 bytes for each living task that has done
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
    /// Requests of io_uring in flight.
    package let requests: Int
    package let ringBytes: Int

    static let fixedSlots = 2
    static let mostShards = 16

    /// - Parameters:
    ///   - bytes: what may be used, at least 1 MiB.
    ///   - onlineCPUs: those at work now. Virtual machines may have many more possible ones, for which shards would be
    ///     wasted: their CPUs share shards, if they ever come.
    package init(bytes: Int, possibleCPUs: Int, onlineCPUs: Int? = nil) {
        self.possibleCPUs = possibleCPUs
        let counting = possibleCPUs > Self.mostShards ? min(onlineCPUs ?? possibleCPUs, possibleCPUs) : possibleCPUs
        var shards = 1
        while shards < min(counting, Self.mostShards) { shards *= 2 }
        self.shards = shards
        sharesShards = possibleCPUs > shards

        var ring = 64 << 10
        while ring < 1 << 20, ring * 2 <= bytes / 16 { ring *= 2 }
        ringBytes = ring
        requests = min(max(bytes / 16 / Self.bytesPerRequest, 256), 16384)
        errorSlots = min(max(bytes / 16 / Self.bytesPerError, 64), 8192)

        let forTasks = bytes / 16
        let rest =
            bytes - forTasks - Self.fixedBytes(possibleCPUs) - ring - requests * Self.bytesPerRequest
            - errorSlots * Self.bytesPerError
        let fitting = rest / (Self.bytesPerSlot + shards * Self.bytesPerCounters) - Self.fixedSlots
        let slots = min(max(fitting, 16), 1 << 16)
        cgroupSlots = min(slots / 4, 12 << 10)
        writerSlots = slots - cgroupSlots
    }

    package var slots: Int { Self.fixedSlots + writerSlots + cgroupSlots }

    /// What all of it takes, at most.
    package var bytes: Int {
        Self.fixedBytes(possibleCPUs) + ringBytes + requests * Self.bytesPerRequest + errorSlots * Self.bytesPerError
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
    static let bytesPerRequest = bytesPerHashed + 16 + 40 + 16

    /// `scratches` and `sought` have a value for each CPU; each hash keeps a spare entry, a list and its locks for it.
    static let bytesPerCPU = (40 + 4096 + 256) + 48 + 3 * 256

    /// What is there whatever the plan: a few pages of each map, and what there is for each CPU.
    private static func fixedBytes(_ possibleCPUs: Int) -> Int { (128 << 10) + possibleCPUs * bytesPerCPU }
}
