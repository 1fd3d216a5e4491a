internal import BPF
internal import KernelABI
internal import Model

/// The kernel's failures by cgroup, operation and errno, seen through shared memory.
struct ErrorTable: ~Copyable {
    private let capacity: Int
    private var slots: MappedArray<ot_error_slot>
    private var last: [Int: UInt64] = [:]
    private var end = 0
    /// Given back and not yet taken again.
    private var free: Set<Int> = []

    /// More than CPUs that can be between taking a slot and publishing it.
    private static var margin: Int { 128 }

    init(_ object: borrowing LoadedObject, plan: MemoryPlan) throws(BPFError) {
        let slots = try MappedArray(object.map("errors"), element: ot_error_slot.self)
        self.slots = slots
        capacity = plan.errorSlots
    }

    mutating func drain(into drain: inout Drain) throws(BPFError) {
        var index = 0
        while index < min(end + Self.margin, capacity) {
            try slots.reach(index + 1)
            let slot = slots[index]
            if slot.used != 0 {
                end = max(end, index + 1)
                let count = slot.count &- (last[index] ?? 0)
                if count > 0, let operation = FailingOperation(rawValue: slot.key.operation) {
                    last[index] = slot.count
                    free.remove(index)
                    drain.errors.append(
                        ErrorActivity(
                            cgroup: CgroupID(slot.key.cgroup), operation: operation, error: Int32(slot.key.error),
                            count: count))
                }
            }
            index += 1
        }
    }

    /// The cgroups that have slots.
    var cgroups: Set<CgroupID> { Set(used.map { CgroupID($0.key.cgroup) }) }

    /// The slots of cgroups that are gone; their last values must have been drained.
    func slots(of gone: Set<CgroupID>) -> [(slot: UInt32, key: ot_error_key)] {
        used.filter { gone.contains(CgroupID($0.key.cgroup)) }
    }

    mutating func forget(_ slot: UInt32) { free.insert(Int(slot)) }

    var usedSlots: Int { end - free.count }

    private var used: [(slot: UInt32, key: ot_error_key)] {
        (0..<min(end, slots.mappedCount)).compactMap { index in
            let slot = slots[index]
            return slot.used != 0 && !free.contains(index) ? (UInt32(index), slot.key) : nil
        }
    }
}
