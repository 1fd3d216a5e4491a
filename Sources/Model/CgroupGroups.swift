/// What was drained in a window, parted by cgroup without being copied.
struct CgroupGroups {
    /// The activities of one cgroup are neighbours in the sorted order.
    struct Group {
        let cgroup: CgroupID
        fileprivate var range: Range<Int>
        fileprivate(set) var operations: UInt64
    }

    /// Those that did anything, the most active one first.
    private(set) var byActivity: [Group] = []
    private let writers: [WriterActivity]
    /// Positions in `writers`, by cgroup.
    private let order: [Int]
    private let withoutWriter: [CgroupID: Counters]
    private var errors: [CgroupID: [FailingOperation: ErrorCounts]] = [:]

    init(writers: [WriterActivity], withoutWriter: [CgroupID: Counters], errors: [ErrorActivity]) {
        (self.writers, self.withoutWriter) = (writers, withoutWriter)
        order = writers.indices.sorted { writers[$0].writer.cgroup < writers[$1].writer.cgroup }
        for error in errors {
            self.errors[error.cgroup, default: [:]][error.operation, default: [:]][error.error, default: 0] +=
                error.count
        }
        byActivity = groups().sorted { ($1.operations, $0.cgroup) < ($0.operations, $1.cgroup) }
    }

    private func groups() -> [Group] {
        var groups: [Group] = []
        var others = Set(withoutWriter.keys).union(errors.keys)
        for position in order.indices {
            let cgroup = writers[order[position]].writer.cgroup
            if groups.last?.cgroup == cgroup {
                groups[groups.count - 1].range = groups[groups.count - 1].range.lowerBound..<position + 1
            } else {
                groups.append(Group(cgroup: cgroup, range: position..<position + 1, operations: 0))
                others.remove(cgroup)
            }
        }
        groups += others.map { Group(cgroup: $0, range: 0..<0, operations: 0) }
        for index in groups.indices { groups[index].operations = counters(of: groups[index]).operations }
        // Errors may come a window after their failures: the two are not read at the same moment.
        return groups.filter { $0.operations > 0 || errors[$0.cgroup] != nil || !counters(of: $0).isZero }
    }

    func counters(of group: Group) -> Counters {
        var sum = withoutWriter[group.cgroup] ?? Counters()
        for position in group.range { sum += writers[order[position]].counters }
        return sum
    }

    /// What several cgroups did together.
    func counters(of groups: some Collection<Group>) -> Counters {
        groups.reduce(into: Counters()) { $0 += counters(of: $1) }
    }

    func errors(of groups: some Collection<Group>) -> (open: ErrorCounts, write: ErrorCounts) {
        var sums: (open: ErrorCounts, write: ErrorCounts) = ([:], [:])
        for group in groups {
            guard let errors = errors[group.cgroup] else { continue }
            sums.open.merge(errors[.open] ?? [:], uniquingKeysWith: &+)
            sums.write.merge(errors[.write] ?? [:], uniquingKeysWith: &+)
        }
        return sums
    }

    /// The biggest writers of these cgroups; the others, and what has no writer, are the last row.
    func writerRows(
        of groups: some Collection<Group>, limit: Int, executable: (ExecutableID) -> ByteString?
    ) -> [WriterRow] {
        let ordered = sums(of: groups).sorted { $0.precedes($1) }
        var rows = ordered.prefix(limit).map { sum in
            WriterRow(
                executable: sum.writer.executable.flatMap(executable), comm: sum.writer.comm, uid: sum.writer.uid,
                counters: sum.counters)
        }
        var rest = groups.reduce(into: Counters()) { $0 += withoutWriter[$1.cgroup] ?? Counters() }
        for sum in ordered.dropFirst(limit) { rest += sum.counters }
        if !rest.isZero { rows.append(WriterRow(executable: nil, comm: "*", uid: nil, counters: rest)) }
        return rows
    }

    /// A writer that came more than once, in several drains, slots or cgroups, is one.
    private func sums(of groups: some Collection<Group>) -> [WriterSum] {
        if groups.count == 1, let range = groups.first?.range, range.count == 1 {
            let activity = writers[order[range.lowerBound]]
            return [WriterSum(WriterAnywhere(activity.writer), activity.counters)]
        }
        var sums: [WriterAnywhere: Counters] = [:]
        for group in groups {
            for position in group.range {
                let activity = writers[order[position]]
                sums[WriterAnywhere(activity.writer), default: Counters()] += activity.counters
            }
        }
        return sums.map { WriterSum($0.key, $0.value) }
    }
}

/// A writer without its cgroup.
private struct WriterAnywhere: Hashable {
    let executable: ExecutableID?
    let comm: ByteString
    let uid: UInt32

    init(_ writer: Writer) { (executable, comm, uid) = (writer.executable, writer.comm, writer.uid) }
}

private struct WriterSum {
    let writer: WriterAnywhere
    let counters: Counters
    private let operations: UInt64

    init(_ writer: WriterAnywhere, _ counters: Counters) {
        (self.writer, self.counters, operations) = (writer, counters, counters.operations)
    }

    /// The more active one first; equal ones always in the same order.
    func precedes(_ other: Self) -> Bool {
        if operations != other.operations { return operations > other.operations }
        return (writer.uid, writer.comm, file.inode, file.device, file.generation)
            < (other.writer.uid, other.writer.comm, other.file.inode, other.file.device, other.file.generation)
    }

    private var file: (inode: UInt64, device: UInt32, generation: UInt32) {
        writer.executable.map { ($0.inode, $0.device, $0.generation) } ?? (0, 0, 0)
    }
}
