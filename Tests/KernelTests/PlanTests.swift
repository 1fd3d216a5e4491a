import KernelABI
import Testing

@testable import Kernel

/// How memory is shared out.
@Suite struct MemoryPlanTests {
    private static let sizes = [0, 1, 1 << 20, 4 << 20, 64 << 20, 1 << 30]
    private static let cpus = [1, 2, 3, 16, 17, 64, 256, 512]

    @Test(arguments: [1 << 20, 4 << 20, 10_000_000, 64 << 20, 1 << 30], cpus)
    func `a plan stays within what is allowed, with a share for the tasks`(bytes: Int, cpus: Int) {
        let plan = MemoryPlan(bytes: bytes, possibleCPUs: cpus)
        // With hundreds of CPUs what there is for each of them alone is more than a MiB.
        let allowed = bytes == 1 << 20 && cpus > 64 ? 4 << 20 : bytes - bytes / 16
        #expect(plan.bytes <= allowed)
    }

    @Test(arguments: [(2, 2, 2), (64, 2, 2), (64, 5, 8), (64, 64, 16), (512, 512, 16), (16, 2, 16), (64, 100, 16)])
    func `CPUs that may never come have no shards of their own`(possible: Int, online: Int, shards: Int) {
        let plan = MemoryPlan(bytes: 64 << 20, possibleCPUs: possible, onlineCPUs: online)
        #expect(plan.shards == shards)
        #expect(plan.sharesShards == (possible > shards))
    }

    @Test(arguments: sizes, cpus)
    func `everything has room and the ranges do not overlap`(bytes: Int, cpus: Int) {
        let plan = MemoryPlan(bytes: bytes, possibleCPUs: cpus)
        #expect(plan.writerSlots > 0 && plan.cgroupSlots > 0 && plan.errorSlots > 0 && plan.requests > 0)
        #expect(plan.writerRange == Int(OT_SLOT_FIRST)..<Int(OT_SLOT_FIRST) + plan.writerSlots)
        #expect(plan.cgroupRange == plan.writerRange.upperBound..<plan.slots)
        #expect(plan.cgroupRange.count == plan.cgroupSlots)
        #expect(plan.ringBytes.nonzeroBitCount == 1 && plan.ringBytes >= 64 << 10, "a ring is a power of two")
    }

    @Test(arguments: [(1, 1, false), (2, 2, false), (3, 4, false), (16, 16, false), (17, 16, true), (256, 16, true)])
    func `a CPU has a shard of its own up to sixteen`(cpus: Int, shards: Int, shared: Bool) {
        let plan = MemoryPlan(bytes: 64 << 20, possibleCPUs: cpus)
        #expect(plan.shards == shards)
        #expect(plan.sharesShards == shared)
    }

    @Test(arguments: cpus)
    func `more memory is more slots`(cpus: Int) {
        let slots = Self.sizes.map { MemoryPlan(bytes: $0, possibleCPUs: cpus).slots }
        #expect(slots == slots.sorted())
        #expect(slots[5] > slots[2])
    }

    @Test func `the figures are those of the records`() {
        #expect(MemoryPlan.bytesPerCounters == MemoryLayout<ot_counters>.stride)
        #expect(MemoryPlan.bytesPerSlot > MemoryLayout<ot_slot>.stride)
        #expect(MemoryPlan.bytesPerError > MemoryLayout<ot_error_slot>.stride)
        #expect(MemoryPlan.fixedSlots == Int(OT_SLOT_FIRST))
    }
}

@Suite struct KernelReleaseTests {
    @Test(arguments: [
        ("6.18.44-fc-v782", 6, 18), ("5.10.0-28-amd64", 5, 10), ("6.7", 6, 7), ("6.1-rc3", 6, 1),
        ("5.15.153.1-microsoft-standard-WSL2", 5, 15), ("10.0.1", 10, 0), ("6.12+", 6, 12),
    ])
    func `a release is read`(text: String, major: Int, minor: Int) throws {
        let release = try #require(KernelRelease(text))
        #expect(release.major == major)
        #expect(release.minor == minor)
    }

    @Test(arguments: ["", "6", "six.one", ".", "6.", ".1", "6.x.1"])
    func `what is no release is nil`(text: String) {
        #expect(KernelRelease(text) == nil)
    }

    @Test func `releases are ordered as numbers`() {
        let ordered = ["4.19", "5.4", "5.10", "6.6", "6.7", "6.18", "10.0"].compactMap { KernelRelease($0) }
        #expect(ordered.shuffled().sorted() == ordered)
        #expect(ordered.count { $0 >= .countsMissedTracepoints } == 3)
    }
}
