/// A sighting with what the host says of it: whose cgroup it was, and where the files are in the host's view.
package struct PlacedSighting: Sendable, Equatable {
    package enum Root: String, Sendable {
        case host, container
    }
    /// Whether a path comes from the kernel's file or from the caller's memory.
    package enum PathSource: String, Sendable {
        case file, user
    }

    package var sighting: Sighting
    package var identity: UnitIdentity
    /// Absent when nobody knows any more which cgroup it was.
    package var cgroupPath: ByteString?
    /// As series have them, transient names folded.
    package var series: SeriesNames
    /// Whether what the runtime says of the container was looked up, if there is one: its name and image.
    package var isContainerKnown = true
    /// Every path by which the host knows the file; empty when it is on no mount of the host.
    package var hostPaths: [ByteString]
    /// Every path by which the host knows the directory that the file is in.
    package var hostDirectories: [ByteString] = []
    /// Whether something in that directory is mounted by itself: then its files have not all the same ways to them.
    package var hasMountedNeighbours = false
    /// What is shown: the first of `hostPaths`, else what the writer sees; absent when nobody could tell.
    package var path: ByteString?
    /// Whether it could be told where the file is: on the host, or on no mount of it.
    package var isPlaceKnown = true
    /// Whether it could be told later: what is mounted for the writer was not read yet.
    package var awaitsMounts = false
    /// Whether the writer's root is the host's.
    package var root: Root
    package var pathSource: PathSource
    package var executableHostPaths: [ByteString]
    /// What is shown of the executable; absent for kernel threads and where it could not be read.
    package var executablePath: ByteString?

    package init(
        sighting: Sighting, identity: UnitIdentity, cgroupPath: ByteString? = nil, series: SeriesNames,
        hostPaths: [ByteString], path: ByteString?, root: Root, pathSource: PathSource,
        executableHostPaths: [ByteString], executablePath: ByteString?
    ) {
        (self.sighting, self.identity, self.cgroupPath, self.series) = (sighting, identity, cgroupPath, series)
        (self.hostPaths, self.path, self.root, self.pathSource) = (hostPaths, path, root, pathSource)
        (self.executableHostPaths, self.executablePath) = (executableHostPaths, executablePath)
    }
}
