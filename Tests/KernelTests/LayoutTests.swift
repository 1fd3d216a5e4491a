import BPF
import KernelABI
import Model
import Testing

@testable import Kernel

/// Both sides of the border agree on what lies where.
@Suite struct LayoutTests {
    /// Each counter of the programs with the one it is called in Model.
    static let pairs: [(ot_counter, Counter)] = [
        (OT_OPENS, .opens), (OT_OPENS_FOR_WRITE, .opensForWrite), (OT_PATH_OPENS, .pathOpens),
        (OT_OPEN_FAILURES, .openFailures), (OT_CREATES, .creates), (OT_WRITES, .writes),
        (OT_WRITE_BYTES, .writeBytes), (OT_WRITE_FAILURES, .writeFailures), (OT_DELETES, .deletes),
        (OT_RENAMES, .renames), (OT_MKDIRS, .mkdirs), (OT_MKNODS, .mknods), (OT_SYMLINKS, .symlinks),
        (OT_LINKS, .links), (OT_TRUNCATES, .truncates), (OT_ALLOCATES, .allocates), (OT_SYNCS, .syncs),
        (OT_SHARED_MAPS, .sharedMaps), (OT_DEVICE_WRITES, .deviceWrites), (OT_PSEUDO_OPENS, .pseudoOpens),
        (OT_PSEUDO_WRITES, .pseudoWrites), (OT_PSEUDO_WRITE_BYTES, .pseudoWriteBytes),
    ]

    @Test(arguments: pairs)
    func `a counter has the same position on both sides`(kernel: ot_counter, model: Counter) {
        #expect(Int(kernel.rawValue) == model.rawValue)
        #expect(Counter.allCases[Int(kernel.rawValue)] == model)
    }

    @Test func `no counter is left out and none is there twice`() {
        #expect(Int(OT_COUNTERS.rawValue) == Counter.allCases.count)
        #expect(Counter.allCases.map(\.rawValue) == Array(0..<Counters.count))
        #expect(MemoryLayout<ot_counters>.size == Counters.count * MemoryLayout<UInt64>.size)
        #expect(Self.pairs.count == Int(OT_VIA_OPENS.rawValue))
    }

    @Test(arguments: [
        (OT_VIA_INLINE, [Counter.inlineOpens, .inlineCreates, .inlineWrites, .inlineWriteBytes]),
        (OT_VIA_WORKER, [.workerOpens, .workerCreates, .workerWrites, .workerWriteBytes]),
        (OT_VIA_SQPOLL, [.sqpollOpens, .sqpollCreates, .sqpollWrites, .sqpollWriteBytes]),
    ])
    func `the counters of each way through io_uring follow each other`(via: ot_via, counters: [Counter]) {
        let base = [OT_VIA_OPENS, OT_VIA_CREATES, OT_VIA_WRITES, OT_VIA_WRITE_BYTES]
        let positions = base.map { Int($0.rawValue) + Int(via.rawValue) * Int(OT_VIA_STRIDE) }
        #expect(positions == counters.map(\.rawValue))
    }

    @Test func `failing operations have the same numbers`() {
        #expect(FailingOperation.open.rawValue == OT_FAILING_OPEN.rawValue)
        #expect(FailingOperation.write.rawValue == OT_FAILING_WRITE.rawValue)
        #expect(FailingOperation.allCases.count == 2)
    }

    @Test func `the text of every record starts where the longest fixed part ends`() {
        let fixed = [MemoryLayout<ot_writer_event>.size, MemoryLayout<ot_cgroup_event>.size]
        #expect(Decoder.textOffset == fixed.max())
    }

    @Test func `what is mapped can be mapped`() {
        let strides = [
            MemoryLayout<ot_slot>.stride, MemoryLayout<ot_counters>.stride, MemoryLayout<ot_error_slot>.stride,
            MemoryLayout<ot_stats>.stride,
        ]
        #expect(strides.allSatisfy { $0 % 8 == 0 })
    }

    @Test func `a writer is read from the kernel's key`() {
        var key = ot_writer_key()
        key.cgroup = 1 << 40
        key.uid = 33
        withUnsafeMutableBytes(of: &key.comm) { $0.copyBytes(from: Array("ngin".utf8) + [0xff, 0, 0x78]) }
        let comm = ByteString(Array("ngin".utf8) + [0xff])
        #expect(Writer(key) == Writer(cgroup: CgroupID(1 << 40), executable: nil, comm: comm, uid: 33))
        key.exe_inode = 5
        key.exe_device = 8 << 20 | 1
        key.exe_generation = 9
        #expect(Writer(key).executable == ExecutableID(device: 8 << 20 | 1, inode: 5, generation: 9))
        withUnsafeMutableBytes(of: &key.comm) { $0.copyBytes(from: Array("sixteen-letters!".utf8)) }
        #expect(Writer(key).comm == "sixteen-letters!")
    }
}
