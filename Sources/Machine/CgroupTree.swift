internal import CLinux
internal import Glibc
package import Model

/// The tree of cgroups as the file system shows it; paths start at the mount, with a slash.
package struct CgroupTree: ~Copyable, Sendable {
    package let mount: CgroupMount
    private let descriptor: CInt
    /// Where the kernel says which path an open file has.
    private let descriptors: CInt

    private static let descriptorsPath = "/proc/self/fd"

    package init(_ mount: CgroupMount) throws(SystemError) {
        let opened = mount.path.withCString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard opened >= 0 else { throw SystemError("cannot open", mount.path.lossyText) }
        let descriptors = open(Self.descriptorsPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptors >= 0 else {
            let error = SystemError("cannot open", Self.descriptorsPath)
            close(opened)
            throw error
        }
        self.mount = mount
        (descriptor, self.descriptors) = (opened, descriptors)
    }

    deinit {
        close(descriptor)
        close(descriptors)
    }

    /// Whether the mount shows the hierarchy from its real root: kernfs numbers that 1.
    package var startsAtRealRoot: Bool { rootID == CgroupID(1) }

    /// The cgroup at the top of the mount.
    package var rootID: CgroupID? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? CgroupID(UInt64(status.st_ino)) : nil
    }

    /// Calls `visit` with every cgroup there is; those that vanish meanwhile are left out.
    ///
    /// - Returns: how many cgroups could not be looked into, by permission or for want of descriptors; what is in them is
    ///   left out, too.
    @discardableResult package func walk(_ visit: (CgroupID, ByteString) -> Void) -> Int {
        if let rootID { visit(rootID, "/") }
        // Not a duplicate, which would go on where the walk before has ended.
        let start = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if start < 0 { return 1 }
        var unread = 0
        walk(start, path: [], &unread, visit)
        return unread
    }

    /// The path of a cgroup by its ID; nil when it is gone or not below the mount.
    ///
    /// Source: the kernfs file handle is the ID (linux/fs/kernfs/mount.c).
    package func path(of id: CgroupID) -> ByteString? {
        withCgroup(id, asPlace: true) { path($0, id) } ?? nil
    }

    /// All that the name of a cgroup says, in one look; nil when it is gone or not below the mount.
    ///
    /// - Parameter root: a folder that stands for `/` where invocations have their links.
    package func name(of id: CgroupID, root: String = "") -> CgroupName? {
        withCgroup(id) { opened in
            guard let path = path(opened, id) else { return nil }
            var name = CgroupName(path: path, identity: UnitIdentity(cgroupPath: path))
            if name.mayHaveInvocation { name.invocationID = invocationID(opened, id, name, root) }
            return name
        } ?? nil
    }

    /// The 32 hexadecimal digits systemd gave this run of the unit; nil when it gave none, or the cgroup is gone.
    ///
    /// - Parameter name: what was learned about the cgroup before.
    /// - Parameter root: a folder that stands for `/` where invocations have their links.
    package func invocationID(of id: CgroupID, named name: CgroupName, root: String = "") -> String? {
        withCgroup(id) { invocationID($0, id, name, root) } ?? nil
    }

    private func invocationID(_ opened: CInt, _ id: CgroupID, _ name: CgroupName, _ root: String) -> String? {
        // What is below a unit's own cgroup may be arranged by another systemd, with IDs of its own.
        if name.identity.subgroup == nil, let written = attribute(opened) { return written }
        guard let owner = name.identity.owner,
            let linked = InvocationLinks.id(of: owner.unit, ofUser: owner.user, root: root)
        else { return nil }
        // The link goes by the name: it is this run's while the run's cgroup is still there.
        return path(opened, id) == name.path ? linked : nil
    }

    /// Whom a cgroup is delegated to may write the second of the attributes, but not the first.
    private func attribute(_ opened: CInt) -> String? {
        attribute("trusted.invocation_id", opened) ?? attribute("user.invocation_id", opened)
    }

    private func attribute(_ name: String, _ opened: CInt) -> String? {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            let length = clinux_get_attribute(opened, name, base, buffer.count)
            return length > 0 ? InvocationLinks.invocationID(Array(buffer[..<length])) : nil
        }
    }

    private func withCgroup<Result>(_ id: CgroupID, asPlace: Bool = false, _ body: (CInt) -> Result) -> Result? {
        let opened = clinux_open_cgroup(descriptor, id.rawValue, asPlace ? 1 : 0)
        guard opened >= 0 else { return nil }
        defer { close(opened) }
        return body(opened)
    }

    private func path(_ opened: CInt, _ id: CgroupID) -> ByteString? {
        // Most paths fit where no memory has to be taken for them.
        let short: PathRead = withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { path(opened, id, in: $0) }
        if case .read(let path) = short { return path }
        let long = withUnsafeTemporaryAllocation(byteCount: Int(PATH_MAX), alignment: 1) { path(opened, id, in: $0) }
        return if case .read(let path) = long { path } else { nil }
    }

    private enum PathRead {
        case read(ByteString?)
        /// There was no room for the whole of it.
        case longer
    }

    private func path(_ opened: CInt, _ id: CgroupID, in buffer: UnsafeMutableRawBufferPointer) -> PathRead {
        guard let base = buffer.assumingMemoryBound(to: CChar.self).baseAddress else { return .read(nil) }
        let length = clinux_path_of_open(descriptors, opened, base, buffer.count)
        guard length > 0 else { return .read(nil) }
        if length == buffer.count { return .longer }
        let shown = UnsafeRawBufferPointer(buffer)[..<length]
        // So the kernel marks what was removed while it was open; it may as well be the name of what is still there.
        if shown.last == UInt8(ascii: ")"), shown.suffix(10).elementsEqual(" (deleted)".utf8), !has(id) {
            return .read(nil)
        }
        return .read(relative(shown))
    }

    /// Whether a cgroup lives, also one that is not below the mount or whose path is longer than any that can be told.
    package func has(_ id: CgroupID) -> Bool { withCgroup(id, asPlace: true) { _ in true } ?? false }

    /// Without the mount's own path; nil for paths that are not below it.
    private func relative(_ path: Slice<UnsafeRawBufferPointer>) -> ByteString? {
        let top = mount.path.bytes
        guard path.starts(with: top) else { return nil }
        let rest = path.dropFirst(top.count)
        if rest.isEmpty { return "/" }
        return rest.first == UInt8(ascii: "/") ? ByteString(Array(rest)) : nil
    }

    /// Whether there are directories in it, nil when that cannot be told: most cgroups have none, and to read their files takes far longer than to ask.
    ///
    /// Source: kernfs counts them as links (linux/fs/kernfs/inode.c, kernfs_refresh_inode).
    private static func hasChildren(_ name: UnsafePointer<CChar>, in directory: CInt) -> Bool? {
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            return hasVanished(errno) ? false : nil
        }
        return status.st_nlink > 2
    }

    /// As long as it is: a cgroup's name may have more than the 255 bytes that the C library's type has room for.
    private static func name(of entry: UnsafeMutablePointer<dirent>) -> UnsafePointer<CChar> {
        let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? MemoryLayout<dirent>.size
        return UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
    }

    /// Source: kernfs says so of a removed directory that is still open.
    private static func hasVanished(_ error: CInt) -> Bool { error == ENOENT || error == ENODEV }

    /// Takes `directory` over. The number of a directory entry is the cgroup's ID, so nothing has to be opened twice.
    private func walk(_ directory: CInt, path: [UInt8], _ unread: inout Int, _ visit: (CgroupID, ByteString) -> Void) {
        guard let stream = fdopendir(directory) else {
            unread += 1
            close(directory)
            return
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            guard entry.pointee.d_type == DT_DIR else { continue }
            let text = Self.name(of: entry)
            let name = Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
            if name == [UInt8(ascii: ".")] || name == [UInt8(ascii: "."), UInt8(ascii: ".")] { continue }
            let childPath = path + [UInt8(ascii: "/")] + name
            visit(CgroupID(UInt64(entry.pointee.d_ino)), ByteString(childPath))
            switch Self.hasChildren(text, in: dirfd(stream)) {
            case false?: break
            case nil: unread += 1
            case true?:
                let child = openat(dirfd(stream), text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                if child >= 0 {
                    walk(child, path: childPath, &unread, visit)
                } else if !Self.hasVanished(errno) {
                    unread += 1
                }
            }
        }
    }
}

extension CgroupName {
    /// Whether systemd gives invocations to what is called so: to units, not to bare cgroups or slices.
    var mayHaveInvocation: Bool { identity.unit != nil }
}

extension ByteString {
    /// The bytes as a C string.
    func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { buffer in
            // An array with at least its NUL has an address.
            guard let base = buffer.baseAddress else { preconditionFailure("empty C string") }
            return body(base)
        }
    }
}
