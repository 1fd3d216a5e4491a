/// What is mounted where in one mount namespace, as a process's mountinfo has it.
///
/// Paths are followed as the kernel follows them, from mount to mount: so one that is hidden below another is on no way,
/// whatever the order of the lines.
package struct MountTable: Sendable {
    package struct Mount: Sendable, Equatable {
        package var id: Int32
        package var parent: Int32
        /// That of the superblock, the kernel's own `dev_t` (major << 20 | minor).
        package var device: UInt32
        /// What of its file system is to be seen: a directory, or a single file. Not absolute for such as `net:[4026531840]`.
        package var root: ByteString
        /// Whether that was deleted since.
        package var isRootDeleted = false
        /// Where it is to be seen, absolute.
        package var point: ByteString
        /// Whether it is of type `proc`, whose links lead to what processes have open.
        package var isProcess = false

        package init(id: Int32, parent: Int32, device: UInt32, root: ByteString, point: ByteString) {
            (self.id, self.parent, self.device, self.root, self.point) = (id, parent, device, root, point)
        }
    }

    /// Where a mount is attached: to another, or to none that the table has.
    private struct Place: Hashable {
        var parent: Int?
        var point: ByteString
    }

    /// A directory of a file system.
    private struct Directory: Hashable {
        var device: UInt32
        var path: ByteString
    }

    package let mounts: [Mount]
    /// Positions in `mounts`.
    private var attached: [Place: Int] = [:]
    private var byDevice: [UInt32: [Int]] = [:]
    private var rootsByDirectory: Set<Directory> = []

    package init(_ mounts: [Mount]) {
        self.mounts = mounts
        // A number that comes twice is of no table that a kernel wrote; the later is as good as any.
        let positions = Dictionary(zip(mounts.map(\.id), mounts.indices)) { _, later in later }
        for (position, mount) in mounts.enumerated() {
            let parent = mount.parent == mount.id ? nil : positions[mount.parent]
            attached[Place(parent: parent, point: mount.point)] = position
            byDevice[mount.device, default: []].append(position)
            if let directory = mount.root.parentPath {
                rootsByDirectory.insert(Directory(device: mount.device, path: directory))
            }
        }
    }

    /// What the root directory is of; nil when no mount is to be seen there.
    package var root: (device: UInt32, within: ByteString)? {
        place(ofPath: "/").map { ($0.mount.device, $0.within) }
    }

    /// Whether any mount is of this file system.
    package func has(device: UInt32) -> Bool { byDevice[device] != nil }

    /// Whether something directly in a directory of a file system is mounted by itself, as single files are.
    package func hasMounts(of device: UInt32, in directory: ByteString) -> Bool {
        rootsByDirectory.contains(Directory(device: device, path: directory))
    }

    /// The file system and the path in it that an absolute path without `.` and `..` leads to, links not followed; nil where
    /// nothing is mounted.
    package func place(ofPath path: ByteString) -> (mount: Mount, within: ByteString)? {
        guard let position = position(coveringPath: path) else { return nil }
        let mount = mounts[position]
        guard let rest = path.rest(below: mount.point) else { return nil }
        return (mount, mount.root.appending(rest: rest))
    }

    /// Every absolute path that leads to what is at `path` within a file system; the shortest first.
    ///
    /// Those through a root that was deleted come last: what has its name now may be something else.
    package func hostPaths(device: UInt32, within path: ByteString) -> [ByteString] {
        var found: [(path: ByteString, isDeleted: Bool)] = []
        for position in byDevice[device] ?? [] {
            let mount = mounts[position]
            guard let rest = path.rest(below: mount.root) else { continue }
            let seen = mount.point.appending(rest: rest)
            if self.position(coveringPath: seen) == position { found.append((seen, mount.isRootDeleted)) }
        }
        found.sort { left, right in
            if left.isDeleted != right.isDeleted { return right.isDeleted }
            return left.path.count != right.path.count
                ? left.path.count < right.path.count : left.path < right.path
        }
        return found.map(\.path)
    }

    /// The mount that a path ends in.
    private func position(coveringPath path: ByteString) -> Int? {
        guard path.isAbsolutePath else { return nil }
        var here: Int?
        // A table in which mounts go round in circles is of no kernel, and must not hold anybody up.
        var steps = 0
        func enter(_ point: ByteString) {
            while steps <= mounts.count, let next = attached[Place(parent: here, point: point)] {
                here = next
                steps += 1
            }
        }
        enter("/")
        if path.count > 1 {
            for slash in path.bytes.indices.dropFirst() where path.bytes[slash] == UInt8(ascii: "/") {
                enter(ByteString(path.bytes[..<slash]))
            }
            enter(path)
        }
        return here
    }
}
