/// What was drained in a window, parted by cgroup without being copied.
struct CgroupGroups {
    /// The activities of one cgroup are neighbours in the sorted order.
    struct Group {
        let cgroup: CgroupID
        fileprivate var range: Range<Int>
        fileprivate var operations: UInt64
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

    func errors(of group: Group) -> [FailingOperation: ErrorCounts] { errors[group.cgroup] ?? [:] }

    /// The biggest writers of a cgroup; the others, and what has no writer, are the last row.
    func writerRows(
        of group: Group, limit: Int, executable: (ExecutableID) -> ByteString?
    ) -> [WriterRow] {
        let ordered = sums(of: group).sorted {
            ($1.counters.operations, $0.writer.uid, $0.writer.comm, $0.writer.executable?.inode ?? 0)
                < ($0.counters.operations, $1.writer.uid, $1.writer.comm, $1.writer.executable?.inode ?? 0)
        }
        var rows = ordered.prefix(limit).map { writer, counters in
            WriterRow(
                executable: writer.executable.flatMap(executable), comm: writer.comm, uid: writer.uid,
                counters: counters)
        }
        var rest = withoutWriter[group.cgroup] ?? Counters()
        for (_, counters) in ordered.dropFirst(limit) { rest += counters }
        if !rest.isZero { rows.append(WriterRow(executable: nil, comm: "*", uid: nil, counters: rest)) }
        return rows
    }

    /// A writer that came more than once, in several drains or slots, is one.
    private func sums(of group: Group) -> [(writer: Writer, counters: Counters)] {
        let activities = group.range.map { writers[order[$0]] }
        if activities.count == 1 { return activities.map { ($0.writer, $0.counters) } }
        var sums: [Writer: Counters] = [:]
        for activity in activities { sums[activity.writer, default: Counters()] += activity.counters }
        return sums.map { ($0.key, $0.value) }
    }
}
