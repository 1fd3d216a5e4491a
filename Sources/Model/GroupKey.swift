/// What the cgroups of one row have in common.
struct GroupKey: Hashable {
    private(set) var isUnresolved = false
    private(set) var unit: ByteString?
    private(set) var userUnit: ByteString?
    private(set) var slice: ByteString?
    private(set) var ownerUID: UInt32?
    private(set) var containerID: ByteString?
    private(set) var containerRuntime: String?
    private(set) var podUID: ByteString?

    static let unresolved = {
        var key = Self()
        key.isUnresolved = true
        return key
    }()

    private init() {}

    /// The rows a cgroup is in: one, or with the key `slice` one for each slice around it, `-.slice` first.
    static func all(of known: CgroupName?, by grouping: Grouping, folding: Bool) -> [Self] {
        guard let known else { return [.unresolved] }
        let identity = known.identity
        var key = Self()
        if grouping.has(.unit) {
            let series = SeriesNames(of: identity, folding: folding)
            (key.unit, key.userUnit) = (series.unit, series.userUnit)
        }
        if grouping.has(.user) { key.ownerUID = identity.ownerUID }
        if grouping.has(.container) {
            (key.containerID, key.containerRuntime) = (identity.container?.id, identity.container?.runtime)
        }
        if grouping.has(.pod) { key.podUID = identity.pod?.uid }
        guard grouping.has(.slice) else { return [key] }
        return UnitIdentity.slices(around: known.path).map { slice in
            var inSlice = key
            inSlice.slice = slice
            return inSlice
        }
    }

    /// Whether another row has all that is in this one.
    var isNested: Bool { slice != nil && slice != UnitIdentity.rootSlice }
}

extension UnitIdentity {
    /// What the row of a key says of a cgroup in it: members that the key does not determine are absent.
    func reduced(to key: GroupKey, of grouping: Grouping) -> Self {
        if key.isUnresolved { return .unresolved }
        var reduced = Self(kind: key.kind)
        if grouping.has(.unit), key.unit != nil {
            // The row stands for the series: the name of one run of many would come and go with its neighbours.
            (reduced.unit, reduced.userUnit) = (key.unit, key.userUnit)
            (reduced.slice, reduced.userSlice, reduced.ownerUID) = (slice, userSlice, ownerUID)
            (reduced.template, reduced.instance) = (template, instance)
        }
        if grouping.has(.user), key.ownerUID != nil { (reduced.ownerUID, reduced.slice) = (ownerUID, slice) }
        if grouping.has(.slice) {
            reduced.slice = key.slice
            reduced.ownerUID = reduced.ownerUID ?? key.slice.flatMap(Self.owner)
        }
        if grouping.has(.container), let container {
            reduced.container = Container(
                id: container.id, runtime: container.runtime, name: container.name, image: container.image)
            reduced.pod = pod
        }
        if grouping.has(.pod) { reduced.pod = pod }
        return reduced
    }

    /// Keeps what both say; the name of a container or a pod may be known to one of them only.
    mutating func keepCommon(with other: Self) {
        func common<Value: Equatable>(_ mine: Value?, _ others: Value?) -> Value? { mine == others ? mine : nil }

        slice = common(slice, other.slice)
        ownerUID = common(ownerUID, other.ownerUID)
        userSlice = common(userSlice, other.userSlice)
        template = common(template, other.template)
        instance = common(instance, other.instance)
        if let others = other.container { container?.learn(from: others) }
        if let others = other.pod, pod?.uid == others.uid { pod?.learn(from: others) } else { pod = nil }
    }
}

extension UnitIdentity.Container {
    fileprivate mutating func learn(from other: Self) { (name, image) = (name ?? other.name, image ?? other.image) }
}

extension UnitIdentity.Pod {
    fileprivate mutating func learn(from other: Self) {
        (name, namespace, qos) = (name ?? other.name, namespace ?? other.namespace, qos ?? other.qos)
    }
}

extension GroupKey {
    /// What the innermost of the keys is.
    fileprivate var kind: UnitIdentity.Kind {
        if containerID != nil { return .container }
        if let innermost = userUnit ?? unit { return UnitName(innermost.asUnit)?.kind ?? .cgroup }
        if podUID != nil { return .pod }
        if slice != nil { return .slice }
        return ownerUID != nil ? .user : .none
    }
}

extension ByteString {
    /// A folded name as one that is valid: `*` is nowhere in the names of units.
    fileprivate var asUnit: [UInt8] { bytes.map { $0 == UInt8(ascii: "*") ? UInt8(ascii: "x") : $0 } }
}
