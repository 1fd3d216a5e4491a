/// The directories of a cgroup's path, from the root on, each a part of its bytes.
package struct CgroupDirectories: RandomAccessCollection, Sendable {
    private let bytes: [UInt8]
    private let parts: [Range<Int>]

    package var startIndex: Int { 0 }
    package var endIndex: Int { parts.count }

    package subscript(position: Int) -> ArraySlice<UInt8> { bytes[parts[position]] }

    /// What tells most directories from most others; none is empty.
    func glance(at position: Int) -> (first: UInt8, last: UInt8, count: Int) {
        let part = parts[position]
        return (bytes[part.lowerBound], bytes[part.upperBound - 1], part.count)
    }

    /// - Parameters:
    ///   - most: how many are told apart.
    ///   - hasRest: whether what follows them, if anything does, is one more.
    fileprivate init(of path: ByteString, most: Int, hasRest: Bool) {
        bytes = path.bytes
        var parts: [Range<Int>] = []
        parts.reserveCapacity(16)
        var start = 0
        while start < bytes.count {
            if bytes[start] == UInt8(ascii: "/") {
                start += 1
                continue
            }
            if parts.count == most {
                if hasRest { parts.append(start..<bytes.count) }
                break
            }
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
            parts.append(start..<end)
            start = end
        }
        self.parts = parts
    }
}

/// How much of a cgroup path is looked at: whoever may make cgroups may nest thousands of them, and each is named.
///
/// systemd nests no more than 127 slices, because the name of each is that of the one above and two bytes more, and a
/// user's systemd may do so again. Containers stand a few directories deep, also in one another.
extension ByteString {
    /// The directories of a path; the rest of a path with more than 256 of them is one more.
    package var cgroupDirectories: CgroupDirectories { CgroupDirectories(of: self, most: 256, hasRest: true) }

    /// The first directories of a path, 64 at most: what is deeper is no container's or pod's own.
    package var containerDirectories: CgroupDirectories {
        CgroupDirectories(of: self, most: Self.mostContainerDirectories, hasRest: false)
    }

    fileprivate static var mostContainerDirectories: Int { 64 }
}

extension CgroupDirectories {
    /// The positions that a container or a pod may have, the innermost first.
    func containerPositions(below end: Int?) -> ReversedCollection<Range<Int>> {
        (0..<Swift.min(count, end ?? count, ByteString.mostContainerDirectories)).reversed()
    }
}
