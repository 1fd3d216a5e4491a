internal import CLinux
internal import Glibc
package import Model

/// The tree of cgroups as the file system shows it; paths start at the mount, with a slash.
package struct CgroupTree: ~Copyable, Sendable {
    package let mount: CgroupMount
    private let descriptor: CInt

    package init(_ mount: CgroupMount) throws(SystemError) {
        let opened = mount.path.withCString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard opened >= 0 else { throw SystemError("cannot open", mount.path.lossyText) }
        self.mount = mount
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// Whether the mount shows the hierarchy from its real root: kernfs numbers that 1.
    package var startsAtRealRoot: Bool { rootID == CgroupID(1) }

    /// The cgroup at the top of the mount.
    package var rootID: CgroupID? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? CgroupID(UInt64(status.st_ino)) : nil
    }

    /// Calls `visit` with every cgroup there is; those that vanish meanwhile are left out.
    package func walk(_ visit: (CgroupID, ByteString) -> Void) {
        if let rootID { visit(rootID, "/") }
        // Not a duplicate, which would go on where the walk before has ended.
        let start = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if start >= 0 { walk(start, path: [], visit) }
    }

    /// The path of a cgroup by its ID; nil when it is gone or not below the mount.
    ///
    /// Source: the kernfs file handle is the ID (linux/fs/kernfs/mount.c); about 5 microseconds.
    package func path(of id: CgroupID) -> ByteString? {
        let shown = withCgroup(id) { opened in readLink("/proc/self/fd/\(opened)") } ?? nil
        guard let shown else { return nil }
        return relative(shown)
    }

    /// The 32 hexadecimal digits systemd gave this run of the unit; nil when it gave none.
    package func invocationID(of id: CgroupID) -> String? {
        withCgroup(id) { opened in
            // Whom a cgroup is delegated to may write the second of them, but not the first.
            for name in ["trusted.invocation_id", "user.invocation_id"] {
                let bytes = [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
                    guard let base = buffer.baseAddress else { return }
                    count = max(clinux_get_attribute(opened, name, base, buffer.count), 0)
                }
                if let id = InvocationLinks.invocationID(bytes) { return id }
            }
            return nil
        } ?? nil
    }

    private func withCgroup<Result>(_ id: CgroupID, _ body: (CInt) -> Result) -> Result? {
        let opened = clinux_open_cgroup(descriptor, id.rawValue)
        guard opened >= 0 else { return nil }
        defer { close(opened) }
        return body(opened)
    }

    /// Without the mount's own path; nil for paths that are not below it.
    private func relative(_ path: [UInt8]) -> ByteString? {
        let top = mount.path.bytes
        guard path.starts(with: top) else { return nil }
        let rest = path.dropFirst(top.count)
        if rest.isEmpty { return "/" }
        return rest.first == UInt8(ascii: "/") ? ByteString(rest) : nil
    }

    /// Whether there are directories in it: most cgroups have none, and to read their files takes far longer than to ask.
    ///
    /// Source: kernfs counts them as links (linux/fs/kernfs/inode.c, kernfs_refresh_inode).
    private static func hasChildren(_ entry: UnsafeMutablePointer<dirent>, in directory: CInt) -> Bool {
        var status = stat()
        guard fstatat(directory, &entry.pointee.d_name.0, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return false }
        return status.st_nlink > 2
    }

    /// Takes `directory` over. The number of a directory entry is the cgroup's ID, so nothing has to be opened twice.
    private func walk(_ directory: CInt, path: [UInt8], _ visit: (CgroupID, ByteString) -> Void) {
        guard let stream = fdopendir(directory) else {
            close(directory)
            return
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            guard entry.pointee.d_type == DT_DIR else { continue }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name == [UInt8(ascii: ".")] || name == [UInt8(ascii: "."), UInt8(ascii: ".")] { continue }
            let childPath = path + [UInt8(ascii: "/")] + name
            visit(CgroupID(UInt64(entry.pointee.d_ino)), ByteString(childPath))
            if Self.hasChildren(entry, in: dirfd(stream)) {
                let child = openat(
                    dirfd(stream), &entry.pointee.d_name.0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                if child >= 0 { walk(child, path: childPath, visit) }
            }
        }
    }
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
