internal import BPF
internal import Glibc
internal import KernelABI
internal import Model

extension KernelSource {
    /// Counters that nothing feeds.
    static let absent: Set<Counter> = []

    static func kernelTypes() throws -> KernelTypes {
        do {
            return try KernelTypes()
        } catch {
            throw KernelError.noTypes
        }
    }

    static func load(_ object: consuming OpenObject, countsInstructions: Bool) throws -> LoadedObject {
        do {
            return try object.load(countsInstructions: countsInstructions)
        } catch let error where error.errno == EPERM && error.verifierVerdict == nil {
            throw KernelError.notPrivileged
        } catch {
            throw KernelError.refused(error)
        }
    }

    static func size(_ object: borrowing OpenObject, _ plan: MemoryPlan) throws(BPFError) {
        let entries: KeyValuePairs = [
            "slots": plan.slots, "counters": plan.slots * plan.shards, "writers": plan.slots,
            "free_slots": plan.writerSlots, "free_cgroup_slots": plan.cgroupSlots,
            "errors": plan.errorSlots, "error_slots": plan.errorSlots, "free_error_slots": plan.errorSlots,
            "requests": plan.requests, "iocbs": plan.iocbs, "events": plan.ringBytes,
            "marks": plan.hasCopies ? MemoryPlan.chunksOfMarks : 1,
        ]
        for (map, count) in entries { try object.setMaxEntries(count, ofMap: map) }
        if plan.canWatch {
            try object.setMaxEntries(plan.markSets, ofMap: "marks_of_sightings")
            try object.setMaxEntries(plan.sightingBytes, ofMap: "sightings")
        } else {
            for map in ["marks_of_sightings", "sightings", "watch_scratches"] { try object.omit(map: map) }
        }
    }

    static func config(_ options: Options, _ plan: MemoryPlan, isPreemptible: Bool) -> ot_config {
        var config = ot_config(wakeupBytes: plan.ringBytes / 2, isPreemptible: isPreemptible)
        config.shards = UInt32(plan.shards)
        config.shared_shards = plan.sharesShards ? 1 : 0
        config.mark_sets = UInt32(plan.markSets)
        config.pseudo_counts = options.pseudoFilesystems ? 1 : 0
        return config
    }

    /// Before anything is attached: a push is a map system call.
    static func fillQueues(_ object: borrowing LoadedObject, _ plan: MemoryPlan) throws(BPFError) {
        let slots = try Queue(object.map("free_slots"), value: UInt32.self)
        for slot in plan.writerRange { try slots.push(UInt32(slot)) }
        let cgroups = try Queue(object.map("free_cgroup_slots"), value: UInt32.self)
        for slot in plan.cgroupRange { try cgroups.push(UInt32(slot)) }
        let errors = try Queue(object.map("free_error_slots"), value: UInt32.self)
        for slot in 0..<plan.errorSlots { try errors.push(UInt32(slot)) }
    }
}

extension ot_config {
    /// What programs know of this process, by which they tell its own doings from others', and of the ring buffer.
    init(wakeupBytes: Int, isPreemptible: Bool) {
        self.init()
        var namespace = stat()
        stat("/proc/self/ns/pid", &namespace)
        let device = UInt64(namespace.st_dev)  // taken apart as glibc packs it: sysmacros.h
        let major = device >> 8 & 0xfff | device >> 32 & ~0xfff
        let minor = device & 0xff | device >> 12 & ~0xff
        self_namespace_device = major << 20 | minor  // as the kernel packs it, not as stat does
        self_namespace_inode = UInt64(namespace.st_ino)
        self_tgid = UInt32(getpid())
        wakeup_bytes = UInt32(wakeupBytes)
        is_preemptible = isPreemptible ? 1 : 0
    }
}
