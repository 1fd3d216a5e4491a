extension UnitIdentity {
    /// Reads an identity off the path of a cgroup, from the root of the hierarchy.
    ///
    /// Slices come first, then the unit, then what the unit arranges below itself; where the unit is a user's systemd
    /// the same order starts again. The rules are those of `sd_pid_get_unit` and its siblings. A container is looked
    /// for among the first 64 directories, whatever they are, because it may be a unit, stand in one, or know nothing of
    /// systemd. Units are looked for among the first 256. The time it takes grows with the bytes of the path alone.
    package init(cgroupPath: ByteString) {
        let path = cgroupPath.cgroupDirectories
        let system = UnitPlace(in: path, from: 0)
        let user = system.userPlace(in: path)
        var container = Container.innermost(in: path)
        var pod = Pod.innermost(in: path)
        if let index = container?.index {
            container?.container.lookInside(path, from: index + 1)
            container?.container.isNested = Container.innermost(in: path, below: index) != nil
        }
        if let index = pod?.index { pod?.pod.isNested = Container.innermost(in: path, below: index) != nil }

        // A cgroup that no unit owns has a subgroup only below a container or a pod: else its path says it all.
        let owner = user?.end ?? (system.unit == nil ? (container?.index ?? pod?.index).map { $0 + 1 } : system.end)
        self.init(
            kind: Self.kind(path, system, user, container?.index, pod?.index),
            unit: system.unit?.name, slice: system.slice ?? Self.rootSlice, userUnit: user?.unit?.name,
            userSlice: user.map { $0.slice ?? Self.rootSlice },
            subgroup: owner.flatMap { $0 < path.count ? Self.joined(path, from: $0) : nil },
            template: system.unit?.template, instance: system.unit?.instance,
            container: container?.container, pod: pod?.pod)
    }

    private static func joined(_ directories: CgroupDirectories, from start: Int) -> ByteString {
        ByteString(directories[start...].joined(separator: CollectionOfOne(UInt8(ascii: "/"))))
    }

    /// Takes over what a runtime said; `path` is that of the cgroup this is the identity of.
    package mutating func learn(_ details: ContainerDetails, path: ByteString) {
        if let place = details.place, container == nil {
            let directories = path.cgroupDirectories
            var found = Container(id: place.id, runtime: nil)
            found.lookInside(directories, from: place.depth)
            (container, kind) = (found, .container)
            if unit == nil, place.depth < directories.count {
                subgroup = Self.joined(directories, from: place.depth)
            }
        }
        if let runtime = details.runtime { container?.runtime = runtime }
        if let name = details.name { container?.name = name }
        if let image = details.image { container?.image = image }
        if let name = details.podName { pod?.name = name }
        if let namespace = details.podNamespace { pod?.namespace = namespace }
    }

    /// How many directories of the path lead to the container, and to the pod, that it is in: who made those claims that
    /// they are one.
    package static func claims(onCgroupPath path: ByteString) -> [Int] {
        let path = path.containerDirectories
        return [Container.innermost(in: path)?.index, Pod.innermost(in: path)?.index].compactMap { $0.map { $0 + 1 } }
    }

    static let rootSlice: ByteString = "-.slice"

    /// The slices of the system's systemd that a cgroup is in, `-.slice` first, each once.
    static func slices(around cgroupPath: ByteString) -> [ByteString] {
        var slices = [rootSlice]
        for directory in cgroupPath.cgroupDirectories {
            guard let slice = UnitPlace.slice(directory) else { break }
            if !slices.contains(slice) { slices.append(slice) }
        }
        return slices
    }

    private static func kind(
        _ path: CgroupDirectories, _ system: UnitPlace, _ user: UnitPlace?, _ container: Int?, _ pod: Int?
    ) -> Kind {
        if path.isEmpty { return .root }
        if container != nil { return .container }
        let innermost = user ?? system
        if let pod, pod + 1 >= innermost.end { return .pod }
        if let unit = innermost.unit { return unit.kind }
        if innermost.slice != nil && innermost.end == path.count { return .slice }
        return system.unit?.kind ?? .cgroup
    }
}

extension UnitIdentity.Container {
    /// Reads the unit of a systemd that runs in the container, below what the runtime itself puts in between.
    fileprivate mutating func lookInside(_ path: CgroupDirectories, from start: Int) {
        var start = start
        if start < path.count, Self.betweenPlaces.contains(Array(path[start])) { start += 1 }
        let inner = UnitPlace(in: path, from: start)
        guard inner.end > start else { return }
        unit = inner.unit?.name
        slice = inner.slice ?? UnitIdentity.rootSlice
    }

    /// crun, systemd-nspawn, LXC, sysbox.
    private static let betweenPlaces = ["container", "payload", "ns", "syscont-cgroup-root"].map { Array($0.utf8) }
}

/// Where a run of slices, and the unit after it, stand on a path.
private struct UnitPlace {
    /// The last of the slices.
    private(set) var slice: ByteString?
    /// The unit right after them.
    private(set) var unit: UnitName?
    /// The position after both.
    private(set) var end: Int

    init(in path: CgroupDirectories, from start: Int) {
        end = start
        while end < path.count, unit == nil, let name = UnitName(directory: path[end]) {
            if name.isSlice {
                slice = name.name
            } else if name.type != .slice {
                unit = name
            } else {
                return
            }
            end += 1
        }
    }

    /// The place below a user's systemd or a session, also when nothing is arranged in it: a process of its own is then
    /// in the user's root slice, as `sd_pid_get_user_slice` says.
    ///
    /// Neither name ever needs the `_` that escapes, so where there is one it is some other unit.
    func userPlace(in path: CgroupDirectories) -> Self? {
        guard let unit, unit.isUserManager || unit.isSession, path[end - 1].elementsEqual(unit.name.bytes) else {
            return nil
        }
        return Self(in: path, from: end)
    }

    static func slice(_ directory: ArraySlice<UInt8>) -> ByteString? {
        UnitName(directory: directory).flatMap { $0.isSlice ? $0.name : nil }
    }
}
