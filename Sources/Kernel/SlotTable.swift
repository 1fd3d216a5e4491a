internal import BPF
internal import KernelABI
internal import Model

/// The kernel's slots seen through shared memory, and what they said at the drain before.
///
/// A slot's counters only grow, also when the slot passes to another writer, so a drain is a subtraction.
struct SlotTable: ~Copyable {
    private struct Known {
        var key: ot_writer_key
        var writer: Writer
        /// Given back; the kernel's record stays as it was until somebody takes the slot.
        var isFree = false
    }

    private let plan: MemoryPlan
    private var slots: MappedArray<ot_slot>
    /// `ot_counters`, which is nothing but these words.
    private var counters: MappedArray<InlineArray<34, UInt64>>
    /// By slot, as far as slots were looked at.
    private var last: [Counters] = []
    private var known: [Known?] = []
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
        known.prefix(plan.writerRange.upperBound).count { $0?.isFree == false }
    }

    /// The cgroups that have slots.
    var cgroups: Set<CgroupID> {
        Set(known.lazy.compactMap { $0 }.filter { !$0.isFree }.map(\.writer.cgroup))
    }

    /// Adds to `drain` what was counted since the last call.
    mutating func drain(into drain: inout Drain) throws(BPFError) {
        try reach(MemoryPlan.fixedSlots)
        if let counted = difference(Int(OT_SLOT_HOST)) { drain.withoutCgroup += counted }
        if let counted = difference(Int(OT_SLOT_SELF)) { drain.own += counted }
        var index = plan.writerRange.lowerBound
        while index < min(writerEnd + Self.margin, plan.writerRange.upperBound) {
            if try isUsed(index, from: plan.writerRange.lowerBound) {
                writerEnd = max(writerEnd, index + 1)
                if let counted = difference(index), let slot = known[index] {
                    drain.writers.append(
                        WriterActivity(
                            writer: slot.writer, tgid: Int32(bitPattern: slots[index].tgid), counters: counted))
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
            if try isUsed(index, from: plan.cgroupRange.lowerBound) {
                cgroupEnd = max(cgroupEnd, index + 1)
                if let counted = difference(index), let slot = known[index] {
                    drain.withoutWriter[slot.writer.cgroup, default: Counters()] += counted
                }
            }
            index += 1
        }
    }

    /// The slots of cgroups that are gone; their last values must have been drained.
    func slots(of gone: Set<CgroupID>) -> [(slot: UInt32, key: ot_writer_key, isWriter: Bool)] {
        known.enumerated().compactMap { index, slot in
            guard let slot, !slot.isFree, gone.contains(slot.writer.cgroup) else { return nil }
            return (UInt32(index), slot.key, plan.writerRange.contains(index))
        }
    }

    mutating func forget(_ slot: UInt32) { known[Int(slot)]?.isFree = true }

    private mutating func isUsed(_ index: Int, from first: Int) throws(BPFError) -> Bool {
        try reach(index + 1)
        let slot = slots[index]
        guard slot.used != 0 else { return false }
        if let before = known[index], before.key.isSame(as: slot.key) { return true }
        known[index] = Known(key: slot.key, writer: Writer(slot.key))
        return true
    }

    /// What was added to a slot since the last call; nil for most slots at most times.
    private mutating func difference(_ slot: Int) -> Counters? {
        var now = Counters()
        for shard in 0..<plan.shards { now.add(counters[slot * plan.shards + shard]) }
        guard now != last[slot] else { return nil }
        let difference = now.since(last[slot])
        last[slot] = now
        known[slot]?.isFree = false
        return difference
    }

    private mutating func reach(_ slotCount: Int) throws(BPFError) {
        try slots.reach(slotCount)
        try counters.reach(slotCount * plan.shards)
        while last.count < slotCount { last.append(Counters()) }
        while known.count < slotCount { known.append(nil) }
    }
}

extension ot_writer_key {
    fileprivate func isSame(as other: Self) -> Bool {
        withUnsafeBytes(of: self) { mine in
            withUnsafeBytes(of: other) { theirs in
                stride(from: 0, to: mine.count, by: 8).allSatisfy { offset in
                    mine.load(fromByteOffset: offset, as: UInt64.self)
                        == theirs.load(fromByteOffset: offset, as: UInt64.self)
                }
            }
        }
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
