import Model

/// Sightings for the tests of rules and alerts.
enum WatchSamples {
    static let writer = SightedWriter(
        executable: ExecutableID(device: 1, inode: 2, generation: 3), comm: "backup.py", uid: 33, pid: 4242,
        parents: [.init(comm: "cron", pid: 900)])

    static func placed(
        _ path: ByteString? = "/etc/cron.d/x", in cgroup: ByteString = "/system.slice/cron.service",
        by writer: SightedWriter = writer, operation: WatchedOperation = .write,
        executable: ByteString? = "/usr/bin/python3"
    ) -> PlacedSighting {
        let identity = UnitIdentity(cgroupPath: cgroup)
        let sighting = Sighting(
            time: 5, cgroup: CgroupID(7), writer: writer, operation: operation,
            place: .file(FilePlace(device: 8 << 20, inode: 3, within: path, seen: path)))
        var placed = PlacedSighting(
            sighting: sighting, identity: identity, cgroupPath: cgroup,
            series: SeriesNames(of: identity, folding: true), hostPaths: path.map { [$0] } ?? [], path: path,
            root: .host, pathSource: .file, executableHostPaths: executable.map { [$0] } ?? [],
            executablePath: executable)
        placed.hostDirectories = (path?.parentPath).map { [$0] } ?? []
        placed.isPlaceKnown = path != nil
        return placed
    }

    static func rule(_ name: String = "watch[0]", _ change: (inout WatchRule.Text) -> Void) throws -> WatchRule {
        var text = WatchRule.Text()
        text.slice = "-.slice"
        change(&text)
        return try WatchRule(name, text)
    }

    /// Nobody runs anything of the host.
    static func no(_: ByteString, _: PlacedSighting) -> Bool { false }
}
