internal import Glibc
internal import Model

/// Where the file of one sighting is: on which file system, and by which paths the host and its writer know it.
struct SeenPlace {
    private(set) var hostPaths: [ByteString] = []
    private(set) var hostDirectories: [ByteString] = []
    private(set) var hasMountedNeighbours = false
    /// As the writer sees it, from the root of its mount namespace.
    private(set) var path: ByteString?
    private(set) var source: PlacedSighting.PathSource
    /// Whether it could be told which paths of the host lead to it, if any.
    private(set) var isKnown = false
    /// Whether it could be told later.
    private(set) var awaitsMounts = false
    /// Absent when nobody could be asked.
    private var hasHostRoot: Bool?

    init(
        of sighting: Sighting, isHosts: Bool, in table: MountTable, root hostRoot: CInt, isOwnRoot: Bool,
        _ others: inout OtherMounts, mayWait: Bool, at now: UInt64
    ) {
        var mounts: MountTable?
        var isUnread = false
        if !isHosts, let namespace = sighting.mountNamespace {
            // Of a file its place is known; only whose root the writer has is not.
            var time: UInt64?
            if case .named = sighting.place { time = sighting.time }
            switch others.table(of: namespace, process: sighting.writer.pid, seen: time, at: now) {
            case .table(let table): mounts = table
            case .nobody: break
            case .tooLong: isUnread = true
            case .later(let before):
                // Rather wait than say that nobody knows; and what was there before is mostly still there.
                awaitsMounts = mayWait && time != nil
                (mounts, isUnread) = (before, before == nil)
            }
        }
        hasHostRoot = isHosts ? true : mounts?.root.flatMap { root in table.root.map { $0 == root } }
        switch sighting.place {
        case .file(let place):
            (source, path) = (.file, place.seen)
            if let within = place.within {
                note(device: place.device, within: within, table)
            }
            // Unmounted since, or too deep: but the host's is what the writer saw.
            if isHosts, hostPaths.isEmpty, let seen = place.seen { note(hostPath: seen) }
        case .named(let name, let base):
            source = .user
            guard let name else { break }
            let process = "/proc/\(sighting.writer.pid)"
            let way = NamedWay(name, base, followsLast: sighting.followsLastName)
            if isHosts {
                path = way.path(in: table)
                note(way.end(in: table, root: hostRoot, isOwnRoot: isOwnRoot), path, table)
            } else if let mounts {
                path = way.path(in: mounts)
                // Only while that is the writer: the number may be another's by now.
                let root =
                    mountNamespace(of: process) == sighting.mountNamespace
                    ? openRoot(of: process) : -1
                defer { if root >= 0 { close(root) } }
                note(way.end(in: mounts, root: root >= 0 ? root : nil), nil, table)
            } else if isUnread {
                path = way.plainPath
            } else {
                path = way.plainPath
                note(way.plainEnd.map(NamedWay.Found.end) ?? .nowhere, nil, table)
            }
        }
    }

    /// A writer whose namespace nobody could be asked about is in a container if its cgroup is.
    func root(of identity: UnitIdentity) -> PlacedSighting.Root {
        hasHostRoot ?? (identity.container == nil) ? .host : .container
    }

    private mutating func note(_ found: NamedWay.Found, _ path: ByteString?, _ table: MountTable) {
        switch found {
        case .end(let end): note(device: end.device, within: end.within, table)
        case .nowhere: if let path { note(hostPath: path) }
        case .ofProcess: break
        }
    }

    private mutating func note(device: UInt32, within: ByteString, _ table: MountTable) {
        isKnown = true
        hostPaths = table.hostPaths(device: device, within: within)
        guard let directory = within.parentPath else { return }
        hostDirectories = table.hostPaths(device: device, within: directory)
        hasMountedNeighbours = table.hasMounts(of: device, in: directory)
    }

    private mutating func note(hostPath path: ByteString) {
        (isKnown, hostPaths) = (true, [path])
        hostDirectories = path.parentPath.map { [$0] } ?? []
        hasMountedNeighbours = false
    }
}
