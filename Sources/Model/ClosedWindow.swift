/// What was counted in a window, parted by cgroup: each grouping makes rows of its own of it.
package struct ClosedWindow {
    /// The rows of one grouping.
    package struct Shown {
        package var rows: [UnitRow] = []
        package var loss: Loss
        /// Cgroups that were asked for and have no name.
        package var unnamed: Set<CgroupID> = []
    }

    private let groups: CgroupGroups
    private let withoutCgroup: Counters
    private let loss: Loss

    init(_ groups: CgroupGroups, withoutCgroup: Counters, loss: Loss) {
        (self.groups, self.withoutCgroup, self.loss) = (groups, withoutCgroup, loss)
    }

    /// The rows, the most active first, and what was lost; what has no row is the last one, unit `*`.
    ///
    /// Each operation is in exactly one row that is not nested in another.
    ///
    /// - Parameters:
    ///   - folding: whether transient units have a folded name in series, and one row if rows stand for units.
    ///   - name: identity, path and invocation of a cgroup; nil when nobody knows it any more.
    ///   - executable: the path of an executable; nil when it could not be read.
    package func rows(
        by grouping: Grouping, folding: Bool, limits: Rollup.Limits, name: (CgroupID) -> CgroupName?,
        executable: (ExecutableID) -> ByteString?
    ) -> Shown {
        var (shown, rest): (Shown, [CgroupGroups.Group]) =
            grouping == .cgroup
            ? cgroupRows(folding: folding, limits: limits, name: name, executable: executable)
            : groupRows(by: grouping, folding: folding, limits: limits, name: name, executable: executable)
        var remainder = UnitRow(identity: .overflow, cgroup: nil, path: nil, counters: withoutCgroup)
        remainder.counters += groups.counters(of: rest)
        (remainder.openErrors, remainder.writeErrors) = groups.errors(of: rest)
        if !remainder.isZero { shown.rows.append(remainder) }
        shown.loss.unresolvedCgroups += UInt64(shown.unnamed.count)
        return shown
    }

    /// A row for each cgroup; and the cgroups for which there is no room.
    private func cgroupRows(
        folding: Bool, limits: Rollup.Limits, name: (CgroupID) -> CgroupName?,
        executable: (ExecutableID) -> ByteString?
    ) -> (Shown, rest: [CgroupGroups.Group]) {
        var shown = Shown(loss: loss)
        let first = groups.byActivity.prefix(limits.units)
        shown.rows.reserveCapacity(first.count + 1)
        for group in first {
            let known = name(group.cgroup)
            if known == nil { shown.unnamed.insert(group.cgroup) }
            let identity = known?.identity ?? .unresolved
            var row = row(identity, CollectionOfOne(group), limits.writersPerUnit, executable)
            row.series = SeriesNames(of: identity, folding: folding)
            (row.invocationID, row.cgroup, row.path) = (known?.invocationID, group.cgroup, known?.path)
            shown.rows.append(row)
        }
        return (shown, Array(groups.byActivity.dropFirst(limits.units)))
    }

    /// A row for each group; and the cgroups that are in none of those for which there is room.
    private func groupRows(
        by grouping: Grouping, folding: Bool, limits: Rollup.Limits, name: (CgroupID) -> CgroupName?,
        executable: (ExecutableID) -> ByteString?
    ) -> (Shown, rest: [CgroupGroups.Group]) {
        let all = RowGroups(groups, by: grouping, folding: folding, name: name)
        var shown = Shown(loss: loss, unnamed: all.unnamed)
        for group in all.byActivity.prefix(limits.units) {
            var row = row(group.identity, group.cgroups, limits.writersPerUnit, executable)
            (row.invocationID, row.isNested) = (group.invocationID, group.key.isNested)
            shown.rows.append(row)
        }
        // What is nested comes after what it is in: nothing is shown of a cgroup whose outermost row is not.
        let hidden = all.byActivity.dropFirst(limits.units).filter { !$0.key.isNested }
        return (shown, hidden.flatMap(\.cgroups))
    }

    private func row(
        _ identity: UnitIdentity, _ cgroups: some Collection<CgroupGroups.Group>, _ writers: Int,
        _ executable: (ExecutableID) -> ByteString?
    ) -> UnitRow {
        let errors = groups.errors(of: cgroups)
        return UnitRow(
            identity: identity, cgroup: nil, path: nil, counters: groups.counters(of: cgroups),
            openErrors: errors.open, writeErrors: errors.write,
            writers: groups.writerRows(of: cgroups, limit: writers, executable: executable))
    }
}

extension UnitRow {
    fileprivate var isZero: Bool { counters.isZero && openErrors.isEmpty && writeErrors.isEmpty }
}
