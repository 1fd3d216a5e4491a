internal import Kernel
internal import Machine

/// What the doctor concludes from what the host says; the text of files comes in, a sentence goes out.
enum HostChecks {
    typealias Check = DoctorReport.Check

    static let oldestKernel = KernelRelease(major: 5, minor: 10)

    static func kernel(_ release: String) -> Check {
        guard let parsed = KernelRelease(release) else {
            return Check("kernel", .missing, "\(release), which is no version that could be compared with 5.10")
        }
        return parsed < oldestKernel
            ? Check("kernel", .failed, "\(release): 5.10 or later is needed")
            : Check("kernel", .ok, "\(release) (5.10 or later is needed)")
    }

    static func types(areReadable: Bool) -> Check {
        let path = "/sys/kernel/btf/vmlinux"
        return areReadable
            ? Check("BTF", .ok, path) : Check("BTF", .failed, "no \(path): \(KernelError.noTypes)")
    }

    /// Not decisive: CAP_SYS_ADMIN includes others, and whether programs load is tried.
    static func capabilities(status: [UInt8]) -> Check {
        guard let capabilities = Capabilities(status: status) else {
            return Check("capabilities", .missing, "cannot be read from /proc/self/status")
        }
        func list(_ names: [Capabilities.Needed]) -> String { names.map(\.name).joined(separator: ", ") }
        return capabilities.missing.isEmpty
            ? Check("capabilities", .ok, list(Capabilities.Needed.allCases))
            : Check("capabilities", .missing, "without \(list(capabilities.missing)): run as root, or grant them")
    }

    static func cgroup(path: String, showsRealRoot: Bool, hasVersion1: Bool) -> Check {
        let kind = hasVersion1 ? "hybrid: there are cgroup v1 hierarchies beside it" : "unified"
        let root =
            showsRealRoot
            ? "shows the whole host" : "shows only a part of the host, as in a container: other cgroups have no names"
        return Check("cgroup2", showsRealRoot ? .ok : .missing, "\(path) (\(kind)), \(root)")
    }

    static func tracefs(path: String, isOurs: Bool) -> Check {
        Check("tracefs", .ok, isOurs ? "\(path), mounted by this program for as long as it needs it" : path)
    }

    static func tracefs(error: String, mounted: [String]) -> Check {
        guard let place = mounted.first else { return Check("tracefs", .failed, error) }
        return Check("tracefs", .failed, "\(place) may not be looked into: run as root")
    }

    static func programs(attached: Int, missing: [String]) -> Check {
        let sentence = "\(attached) attached, backend tracepoint"
        return missing.isEmpty
            ? Check("programs", .ok, sentence)
            : Check("programs", .missing, "\(sentence); without\n\(missing.joined(separator: "\n"))")
    }

    static func reads(directly: Bool) -> Check {
        Check(
            "reads", .ok,
            directly
                ? "direct loads from the kernel's memory" : "probe reads, which cost about twice as much (before 6.2)")
    }

    static func memory(_ plan: MemoryPlan) -> Check {
        Check(
            "memory", .ok,
            """
            about \(plan.bytes >> 20) MiB in the kernel by default: \(plan.writerSlots) slots for writers, \
            \(plan.cgroupSlots) for cgroups, \(plan.requests) io_uring requests in flight, for \(plan.possibleCPUs) possible CPUs
            """)
    }

    static func skippedRuns(areCounted: Bool) -> Check {
        areCounted
            ? Check("skipped runs", .ok, "the kernel counts the runs of programs that it skips")
            : Check(
                "skipped runs", .missing, "this kernel may skip runs of programs without counting them (before 6.7)")
    }
}

/// Which file systems are mounted where.
struct MountTable {
    private let lines: [[Substring]]

    init(mountinfo: [UInt8]) {
        lines = String(decoding: mountinfo, as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ") }
    }

    /// Where this kind of file system is mounted, in the order of the mounts.
    func places(of kind: String) -> [String] {
        lines.compactMap { fields in
            guard let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count, fields[dash + 1] == kind,
                fields.count > 4
            else { return nil }
            return String(fields[4])
        }
    }
}
