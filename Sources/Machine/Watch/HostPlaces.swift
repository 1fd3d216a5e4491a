internal import Glibc
package import Model

/// Finds out where on the host the files of sightings are.
package struct HostPlaces: ~Copyable {
    /// What the pipeline knows of a sighting besides.
    package struct Owner: Sendable {
        package var identity: UnitIdentity
        package var cgroupPath: ByteString?
        package var series: SeriesNames
        /// Whether the name and image of its container were looked up.
        package var isContainerKnown = true
        /// Of the executable, as the process saw it that was first seen with it.
        package var executablePath: ByteString?

        package init(identity: UnitIdentity, cgroupPath: ByteString?, series: SeriesNames) {
            (self.identity, self.cgroupPath, self.series) = (identity, cgroupPath, series)
        }
    }

    private var host: HostMounts
    private var others = OtherMounts()
    private var executables = HostExecutables()

    package init() throws(SystemError) { host = try HostMounts.found() }

    /// - Parameter process: the directory in /proc of one whose mounts and root are the host's.
    init(host process: String) throws(SystemError) { host = try HostMounts(process: process) }

    /// How often something was mounted or unmounted on the host: after each change a verdict on a directory may be another.
    package var changes: UInt64 { host.changes }

    /// Looks whether something was mounted or unmounted.
    package mutating func refresh() { host.refresh() }

    /// - Parameters:
    ///   - mayWait: whether it may be asked again, if that tells more.
    ///   - now: CLOCK_MONOTONIC, in nanoseconds.
    package mutating func place(
        _ sighting: Sighting, of owner: Owner, mayWait: Bool = false, at now: UInt64
    ) -> PlacedSighting {
        host.refresh()
        let seen = SeenPlace(
            of: sighting, isHosts: isHosts(sighting), in: host.table, root: host.root, isOwnRoot: host.isOwnRoot,
            &others, mayWait: mayWait, at: now)
        let runs = sighting.writer.executablePlace
        let executablePaths = runs.map { runs in
            runs.within.map { host.table.hostPaths(device: runs.device, within: $0) } ?? []
        }
        var placed = PlacedSighting(
            sighting: sighting, identity: owner.identity, cgroupPath: owner.cgroupPath, series: owner.series,
            hostPaths: seen.hostPaths, path: seen.hostPaths.first ?? seen.path, root: seen.root(of: owner.identity),
            pathSource: seen.source, executableHostPaths: executablePaths ?? [],
            executablePath: executablePaths?.first ?? owner.executablePath ?? runs?.seen)
        placed.isContainerKnown = owner.isContainerKnown
        placed.hostDirectories = seen.hostDirectories
        placed.hasMountedNeighbours = seen.hasMountedNeighbours
        placed.isPlaceKnown = seen.isKnown
        placed.awaitsMounts = seen.awaitsMounts
        return placed
    }

    /// Whether the writer runs the host's file of this path; a file of the same path in a container is another.
    package mutating func isExecutable(_ path: ByteString, _ placed: PlacedSighting, at now: UInt64) -> Bool {
        executables.isExecutable(path, placed, on: host, at: now)
    }

    private func isHosts(_ sighting: Sighting) -> Bool {
        sighting.mountNamespace != nil && sighting.mountNamespace == host.namespace
    }
}
