/// How much of a cgroup path is looked at: whoever may make cgroups may nest thousands of them, and each is named.
///
/// systemd nests no more than 127 slices, because the name of each is that of the one above and two bytes more, and a
/// user's systemd may do so again. Containers stand a few directories deep, also in one another.
extension ByteString {
    /// The directories of a path; the rest of a path with more than 256 of them is one more.
    package var cgroupDirectories: [ArraySlice<UInt8>] {
        bytes.split(separator: UInt8(ascii: "/"), maxSplits: 256)
    }

    /// The first directories of a path, 64 at most: what is deeper is no container's or pod's own.
    package var containerDirectories: [ArraySlice<UInt8>] {
        Array(
            bytes.split(separator: UInt8(ascii: "/"), maxSplits: Self.mostContainerDirectories).prefix(
                Self.mostContainerDirectories))
    }

    static var mostContainerDirectories: Int { 64 }
}

extension [ArraySlice<UInt8>] {
    /// The positions that a container or a pod may have, the innermost first.
    func containerPositions(below end: Int?) -> ReversedCollection<Range<Int>> {
        (0..<Swift.min(count, end ?? count, ByteString.mostContainerDirectories)).reversed()
    }
}
