@testable import Model

/// Sightings as the kernel and the host would give them.
struct SeenWriters {
    var unit: ByteString = "app.service"
    var executable: ByteString? = "/usr/bin/app"
    var comm: ByteString = "app"
    var uid: UInt32 = 33
    var container: UnitIdentity.Container?
    var slice: ByteString = "system.slice"
    var userUnit: ByteString?
    var root = PlacedSighting.Root.host
    var isOnHost = true

    func writes(_ path: ByteString?, _ operation: WatchedOperation = .write) -> PlacedSighting {
        let identity = UnitIdentity(
            kind: .service, unit: unit, slice: slice, userUnit: userUnit, container: container)
        let writer = SightedWriter(
            executable: executable.map { _ in ExecutableID(device: 1, inode: 2, generation: 3) }, comm: comm,
            uid: uid, pid: 4711)
        let sighting = Sighting(
            time: 0, cgroup: CgroupID(1), writer: writer, operation: operation,
            place: .named(path, base: FilePlace(device: 1, inode: 1, within: nil, seen: nil)))
        return PlacedSighting(
            sighting: sighting, identity: identity, series: SeriesNames(of: identity, folding: true),
            hostPaths: isOnHost ? path.map { [$0] } ?? [] : [], path: path, root: root, pathSource: .file,
            executableHostPaths: isOnHost ? executable.map { [$0] } ?? [] : [], executablePath: executable)
    }
}

/// A clock that is turned by hand.
struct HandClock {
    private(set) var reading = ClockReading(wall: Timestamp(nanoseconds: 1_800_000_000_000_000_000), monotonic: 1_000)

    mutating func pass(_ duration: Duration) {
        let nanoseconds = Int64(duration / .nanoseconds(1))
        reading.monotonic += nanoseconds
        reading.wall = Timestamp(nanoseconds: reading.wall.nanoseconds + nanoseconds)
    }
}
