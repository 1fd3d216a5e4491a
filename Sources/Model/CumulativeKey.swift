/// What tells one cumulative series of an output from another: rows that agree in it are added up.
///
/// It is bounded where names are: units have the names of their series, and a cgroup's path is in it only where nothing
/// else names the cgroup. What the keys of a grouping do not determine is not in it, or a series would be called
/// differently in each window.
package struct CumulativeKey: Hashable, Sendable {
    /// Rows that are not of something in particular.
    package enum Remainder: String, Sendable {
        /// Nobody knows any more which cgroups these were.
        case unresolved
        /// There was no room for a row, or for a series, of their own.
        case overflow
    }

    package struct Container: Hashable, Sendable {
        package var id: ByteString
        package var runtime: String?
        package var name: ByteString?
    }

    package struct Pod: Hashable, Sendable {
        package var uid: ByteString
        package var name: ByteString?
        package var namespace: ByteString?
    }

    package private(set) var remainder: Remainder?
    package private(set) var unit: ByteString?
    package private(set) var userUnit: ByteString?
    package private(set) var slice: ByteString?
    /// Only of groupings by user.
    package private(set) var ownerUID: UInt32?
    package private(set) var container: Container?
    package private(set) var pod: Pod?
    /// The path of a cgroup that neither a unit, a slice, a container nor a pod names.
    package private(set) var cgroup: ByteString?

    package static let overflow = Self(.overflow)

    private init(_ remainder: Remainder?) { self.remainder = remainder }

    package init(of row: UnitRow, by grouping: Grouping) {
        let identity = row.identity
        self.init(Remainder(rawValue: identity.kind.rawValue))
        if remainder != nil { return }
        let isCgroup = grouping == .cgroup
        if isCgroup || grouping.has(.unit) { (unit, userUnit) = (row.series.unit, row.series.userUnit) }
        if isCgroup || grouping.has(.slice) { slice = identity.slice }
        if grouping.has(.user) { ownerUID = identity.ownerUID }
        if isCgroup || grouping.has(.container), let container = identity.container {
            self.container = Container(id: container.id, runtime: container.runtime, name: container.name)
        }
        if isCgroup || grouping.has(.pod), let pod = identity.pod {
            self.pod = Pod(uid: pod.uid, name: pod.name, namespace: pod.namespace)
        }
        if isCgroup, unit == nil, container == nil, pod == nil, identity.kind != .slice { cgroup = row.path }
    }

    /// What tells one series from another at the local endpoint: text alone, as labels of Prometheus have no more. Two
    /// containers of one name are one series there, and so are names whose bytes look the same as text.
    ///
    /// A cgroup's path is in it where neither a unit nor a container names the cgroup.
    package init(labelsOf row: UnitRow) {
        let identity = row.identity
        self.init(Remainder(rawValue: identity.kind.rawValue))
        if remainder != nil { return }
        (unit, userUnit) = (row.series.unit?.asText, row.series.userUnit?.asText)
        slice = identity.slice?.asText
        if let container = identity.container {
            self.container = Container(id: (container.name ?? container.id).asText, runtime: nil, name: nil)
        }
        if unit == nil, container == nil { cgroup = row.path?.asText }
    }
}

extension ByteString {
    /// Itself where it is UTF-8, else with U+FFFD in it.
    fileprivate var asText: ByteString { text == nil ? ByteString(lossyText) : self }
}
