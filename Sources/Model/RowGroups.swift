/// The cgroups of a window, put together as a grouping asks for: one group for each row.
struct RowGroups {
    struct Group {
        let key: GroupKey
        var identity: UnitIdentity
        /// That of all of them; absent when they are of several runs, or when it is not known of one.
        var invocationID: String?
        var cgroups: [CgroupGroups.Group] = []
        var operations: UInt64 = 0
        /// How far below the outermost row that has all of this, in slices.
        var depth: Int
    }

    /// The most active group first; of equal ones the slice that is around the other.
    private(set) var byActivity: [Group] = []
    /// Cgroups that have no name.
    private(set) var unnamed: Set<CgroupID> = []

    init(_ groups: CgroupGroups, by grouping: Grouping, folding: Bool, name: (CgroupID) -> CgroupName?) {
        var positions: [GroupKey: Int] = [:]
        for group in groups.byActivity {
            let known = name(group.cgroup)
            if known == nil { unnamed.insert(group.cgroup) }
            for (depth, key) in GroupKey.all(of: known, by: grouping, folding: folding).enumerated() {
                let identity = (known?.identity ?? .unresolved).reduced(to: key, of: grouping)
                let invocationID = key.unit == nil ? nil : known?.invocationID
                let position = positions[key] ?? byActivity.count
                if position == byActivity.count {
                    positions[key] = position
                    byActivity.append(Group(key: key, identity: identity, invocationID: invocationID, depth: depth))
                } else {
                    byActivity[position].add(identity, invocationID, depth)
                }
                byActivity[position].cgroups.append(group)
                byActivity[position].operations &+= group.operations
            }
        }
        // Equal ones stay in the order of their most active cgroup: the sort is stable.
        byActivity.sort { ($1.operations, $0.depth) < ($0.operations, $1.depth) }
    }
}

extension RowGroups.Group {
    fileprivate mutating func add(_ other: UnitIdentity, _ invocationID: String?, _ depth: Int) {
        identity.keepCommon(with: other)
        self.depth = min(self.depth, depth)
        if self.invocationID != invocationID { self.invocationID = nil }
    }
}
