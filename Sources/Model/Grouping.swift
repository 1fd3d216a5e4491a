/// What the rows of a batch stand for: one cgroup each, or all cgroups that have these keys in common.
package struct Grouping: Hashable, Sendable {
    package enum Key: String, CaseIterable, Sendable {
        /// The unit, and the user's unit in it, by the names of their series: restarts and transient runs are one.
        case unit
        /// A slice of the system with all that is below it: a cgroup is in the row of each slice around it.
        case slice
        /// The user in whose slice it is.
        case user
        case container
        case pod
    }

    /// Each at most once, in the order of `Key`; none: a row for each cgroup.
    package let keys: [Key]

    package init(_ keys: some Sequence<Key>) {
        let asked = Set(keys)
        self.keys = Key.allCases.filter(asked.contains)
    }

    package static let cgroup = Self([])

    func has(_ key: Key) -> Bool { keys.contains(key) }
}

/// The names under which series of a unit run.
package struct SeriesNames: Hashable, Sendable {
    package var unit: ByteString?
    package var userUnit: ByteString?

    /// - Parameter folding: whether transient names are folded; otherwise these are the names of the units.
    package init(of identity: UnitIdentity, folding: Bool) {
        unit = folding ? identity.unit?.folded : identity.unit
        userUnit = folding ? identity.userUnit?.folded : identity.userUnit
    }
}
