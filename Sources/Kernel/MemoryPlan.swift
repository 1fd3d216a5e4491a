/// How the memory allowed for the kernel's side is shared out among the maps.
///
/// The arrays and hashes are allocated whole when they are made, so these figures are what the agent takes, not a limit
/// that it may reach.
package struct MemoryPlan: Sendable, Equatable {
    /// Entries of counters for each slot: a power of two, one for each CPU up to 16.
    package let shards: Int
    /// Nonzero when two CPUs may meet in one shard.
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

    static let fixedSlots = 2
    /// A slot's record, its entries in the hash of writers (48 bytes of key and about 80 of bookkeeping) and in a queue.
    static let bytesPerSlot = 64 + 132
    static let bytesPerCounters = 34 * 8
    static let bytesPerError = 32 + 108
    static let bytesPerRequest = 160 + 130 / 4

    package init(bytes: Int, possibleCPUs: Int) {
        var shards = 1
        while shards < min(possibleCPUs, 16) { shards *= 2 }
        self.shards = shards
        sharesShards = possibleCPUs > shards

        var ring = 64 << 10
        while ring < 1 << 20, ring * 2 <= bytes / 16 { ring *= 2 }
        ringBytes = ring
        requests = min(max(bytes / 16 / Self.bytesPerRequest, 256), 16384)
        errorSlots = min(max(bytes / 16 / Self.bytesPerError, 64), 8192)

        let rest = bytes - ring - requests * Self.bytesPerRequest - errorSlots * Self.bytesPerError
        let fitting = rest / (Self.bytesPerSlot + shards * Self.bytesPerCounters) - Self.fixedSlots
        let slots = min(max(fitting, 16), 1 << 16)
        cgroupSlots = min(slots / 4, 12 << 10)
        writerSlots = slots - cgroupSlots
    }

    package var slots: Int { Self.fixedSlots + writerSlots + cgroupSlots }

    /// What all of it takes, about.
    package var bytes: Int {
        ringBytes + requests * Self.bytesPerRequest + errorSlots * Self.bytesPerError
            + slots * (Self.bytesPerSlot + shards * Self.bytesPerCounters)
    }

    /// Slots of writers; those of cgroups follow.
    var writerRange: Range<Int> { Self.fixedSlots..<Self.fixedSlots + writerSlots }
    var cgroupRange: Range<Int> { writerRange.upperBound..<slots }
}
