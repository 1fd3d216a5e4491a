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
            "requests": plan.requests, "events": plan.ringBytes,
        ]
        for (map, count) in entries { try object.setMaxEntries(count, ofMap: map) }
    }

    static func config(_ options: Options, _ plan: MemoryPlan) -> ot_config {
        var namespace = stat()
        stat("/proc/self/ns/pid", &namespace)
        let device = UInt64(namespace.st_dev)  // taken apart as glibc packs it: sysmacros.h
        let major = device >> 8 & 0xfff | device >> 32 & ~0xfff
        let minor = device & 0xff | device >> 12 & ~0xff
        return ot_config(
            self_namespace_device: major << 20 | minor,  // as the kernel packs it, not as stat does
            self_namespace_inode: UInt64(namespace.st_ino), self_tgid: UInt32(getpid()), shards: UInt32(plan.shards),
            shared_shards: plan.sharesShards ? 1 : 0, pseudo_counts: options.pseudoFilesystems ? 1 : 0,
            wakeup_bytes: UInt32(plan.ringBytes / 2), pad: 0)
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
