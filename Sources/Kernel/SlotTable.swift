internal import BPF
internal import KernelABI
internal import Model

/// The kernel's slots seen through shared memory, and what they said at the drain before.
///
/// A slot's counters only grow, also when the slot passes to another writer, so a drain is a subtraction.
struct SlotTable: ~Copyable {
    private let plan: MemoryPlan
    private var slots: MappedArray<ot_slot>
    /// `ot_counters`, which is nothing but these words.
    private var counters: MappedArray<InlineArray<34, UInt64>>
    /// By slot, as far as slots were looked at.
    private var last: [Counters] = []
    /// Given back and not yet taken again; the kernel's record stays as it was until somebody takes the slot.
    private var free: Set<Int> = []
    /// How many were active at the drain before: about as many will be.
    private var active = 0
    /// The first slots of each range that were never seen in use. The queues hand slots out in order, so scanning may
    /// stop a little after the last one.
    private var writerEnd: Int
    private var cgroupEnd: Int

    /// More than CPUs that can be between taking a slot and publishing it.
    private static var margin: Int { 512 }

    init(_ object: borrowing LoadedObject, plan: MemoryPlan) throws(BPFError) {
        let slots = try MappedArray(object.map("slots"), element: ot_slot.self)
        let counters = try MappedArray(object.map("counters"), element: InlineArray<34, UInt64>.self)
        self.slots = slots
        self.counters = counters
        self.plan = plan
        writerEnd = plan.writerRange.lowerBound
        cgroupEnd = plan.cgroupRange.lowerBound
    }

    /// How many slots of writers are in use.
    var usedWriterSlots: Int {
        writerEnd - plan.writerRange.lowerBound - free.count { plan.writerRange.contains($0) }
    }

    /// The cgroups that have slots.
    var cgroups: Set<CgroupID> { Set(used.map { CgroupID(slots[$0].key.cgroup) }) }

    /// Adds to `drain` what was counted since the last call.
    mutating func drain(into drain: inout Drain) throws(BPFError) {
        try reach(MemoryPlan.fixedSlots)
        drain.writers.reserveCapacity(active)
        defer { active = drain.writers.count }
        if let counted = difference(Int(OT_SLOT_HOST)) { drain.withoutCgroup += counted }
        if let counted = difference(Int(OT_SLOT_SELF)) { drain.own += counted }
        var index = plan.writerRange.lowerBound
        while index < min(writerEnd + Self.margin, plan.writerRange.upperBound) {
            if let slot = try slotInUse(index) {
                writerEnd = max(writerEnd, index + 1)
                if let counted = difference(index) {
                    drain.writers.append(
                        WriterActivity(
                            writer: Writer(slot.key), tgid: Int32(bitPattern: slot.tgid), counters: counted))
                }
            }
            index += 1
        }
        if writersHaveRunOut { try drainCgroups(into: &drain) }
    }

    /// Only then can a cgroup's own slot be in use, and only then are those pages worth mapping.
    private var writersHaveRunOut: Bool { writerEnd == plan.writerRange.upperBound }

    private mutating func drainCgroups(into drain: inout Drain) throws(BPFError) {
        var index = plan.cgroupRange.lowerBound
        while index < min(cgroupEnd + Self.margin, plan.cgroupRange.upperBound) {
            if let slot = try slotInUse(index) {
                cgroupEnd = max(cgroupEnd, index + 1)
                if let counted = difference(index) {
                    drain.withoutWriter[CgroupID(slot.key.cgroup), default: Counters()] += counted
                }
            }
            index += 1
        }
    }

    /// The slots of cgroups that are gone; their last values must have been drained.
    func slots(of gone: Set<CgroupID>) -> [(slot: UInt32, key: ot_writer_key, isWriter: Bool)] {
        used.compactMap { index in
            let key = slots[index].key
            guard gone.contains(CgroupID(key.cgroup)) else { return nil }
            return (UInt32(index), key, plan.writerRange.contains(index))
        }
    }

    mutating func forget(_ slot: UInt32) { free.insert(Int(slot)) }

    /// The slots that belong to somebody.
    private var used: [Int] {
        [plan.writerRange.lowerBound..<writerEnd, plan.cgroupRange.lowerBound..<cgroupEnd].flatMap { range in
            range.filter { slots[$0].used != 0 && !free.contains($0) }
        }
    }

    private mutating func slotInUse(_ index: Int) throws(BPFError) -> ot_slot? {
        try reach(index + 1)
        let slot = slots[index]
        return slot.used == 0 ? nil : slot
    }

    /// What was added to a slot since the last call; nil for most slots at most times.
    private mutating func difference(_ slot: Int) -> Counters? {
        var now = Counters()
        for shard in 0..<plan.shards { now.add(counters[slot * plan.shards + shard]) }
        guard now != last[slot] else { return nil }
        let difference = now.since(last[slot])
        last[slot] = now
        if !free.isEmpty { free.remove(slot) }
        return difference
    }

    private mutating func reach(_ slotCount: Int) throws(BPFError) {
        try slots.reach(slotCount)
        try counters.reach(slotCount * plan.shards)
        // By little more than is needed, not by doubling: these are 272 bytes each.
        if slotCount > last.capacity { last.reserveCapacity(slotCount + max(256, slotCount / 8)) }
        while last.count < slotCount { last.append(Counters()) }
    }
}

extension Writer {
    init(_ key: ot_writer_key) {
        let executable = ExecutableID(
            device: key.exe_device, inode: key.exe_inode, generation: key.exe_generation)
        let comm = withUnsafeBytes(of: key.comm) { ByteString($0.prefix { $0 != 0 }) }
        self.init(
            cgroup: CgroupID(key.cgroup), executable: key.exe_inode == 0 ? nil : executable, comm: comm, uid: key.uid)
    }
}
