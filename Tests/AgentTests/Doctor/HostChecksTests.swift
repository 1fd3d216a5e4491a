import Kernel
import Testing

@testable import Agent

@Suite struct HostChecksTests {
    @Test(
        arguments: [
            ("5.10.0-28-amd64", .ok), ("6.18.44-fc-v782", .ok), ("7.0.0", .ok), ("5.9.16", .failed),
            ("4.19.0", .failed), ("unknown", .missing),
        ] as [(String, DoctorReport.Check.Status)])
    func `kernels from 5_10 on will do`(release: String, status: DoctorReport.Check.Status) {
        let check = HostChecks.kernel(release)
        #expect(check.status == status)
        #expect(check.sentence.contains(release))
    }

    @Test(
        arguments: [
            ("000001ffffffffff", []),
            ("0000000000000000", ["CAP_BPF", "CAP_PERFMON", "CAP_DAC_READ_SEARCH"]),
            ("000000c000000004", []), ("0000004000200004", ["CAP_BPF"]),
            ("000000c000200000", ["CAP_DAC_READ_SEARCH"]), ("0000008000200004", ["CAP_PERFMON"]),
        ] as [(String, [String])])
    func `missing capabilities are named`(set: String, missing: [String]) {
        let status = "Name:\totagent\nCapPrm:\t0000000000000000\nCapEff:\t\(set)\nCapBnd:\t0000000000000000\n"
        let check = HostChecks.capabilities(status: Array(status.utf8))
        #expect(check.status == (missing.isEmpty ? .ok : .missing))
        if !missing.isEmpty { #expect(check.sentence.hasPrefix("without \(missing.joined(separator: ", ")):")) }
    }

    @Test func `capabilities that cannot be read are not taken for none`() {
        let check = HostChecks.capabilities(status: [])
        #expect(check.status == .missing)
        #expect(check.sentence.contains("cannot be read"))
    }

    @Test func `mounts are found by the kind of file system`() {
        let mounts = MountTable(
            mountinfo: Array(
                """
                24 1 254:0 / / rw,relatime - ext4 /dev/vda rw
                30 24 0:26 / /sys/fs/cgroup/unified rw shared:4 - cgroup2 cgroup2 rw
                31 24 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu
                32 24 0:12 / /sys/kernel/tracing rw - tracefs nodev rw
                short
                """.utf8))
        #expect(mounts.places(of: "cgroup2") == ["/sys/fs/cgroup/unified"])
        #expect(mounts.places(of: "cgroup") == ["/sys/fs/cgroup/cpu"])
        #expect(mounts.places(of: "tracefs") == ["/sys/kernel/tracing"])
        #expect(mounts.places(of: "bpf") == [])
    }

    @Test func `a part of the cgroup tree is said to be one`() {
        let whole = HostChecks.cgroup(path: "/sys/fs/cgroup", showsRealRoot: true, hasVersion1: false)
        #expect(whole.status == .ok)
        #expect(whole.sentence.contains("unified"))
        let part = HostChecks.cgroup(path: "/sys/fs/cgroup/unified", showsRealRoot: false, hasVersion1: true)
        #expect(part.status == .missing)
        #expect(part.sentence.contains("hybrid"))
    }

    @Test func `tracefs that may not be read is told from one that is not there`() {
        let hidden = HostChecks.tracefs(error: "cannot mount", mounted: ["/sys/kernel/tracing"])
        #expect(hidden.status == .failed)
        #expect(hidden.sentence.contains("root"))
        #expect(HostChecks.tracefs(error: "cannot mount", mounted: []).sentence == "cannot mount")
    }

    @Test func `programs that are missing do not fail the host`() {
        #expect(HostChecks.programs(attached: 20, missing: []).status == .ok)
        let check = HostChecks.programs(attached: 19, missing: ["io_uring/io_uring_complete: no such event"])
        #expect(check.status == .missing)
        #expect(check.sentence.contains("io_uring_complete"))
    }

    @Test func `the memory plan adds up to what was allowed`() {
        let plan = MemoryPlan(bytes: 64 << 20, possibleCPUs: 16)
        // About a sixteenth is left for the tasks.
        #expect(plan.bytes <= 61 << 20)
        #expect(plan.bytes > 58 << 20)
        #expect(HostChecks.memory(plan).sentence.contains("\(plan.bytes >> 20) MiB"))
    }
}
