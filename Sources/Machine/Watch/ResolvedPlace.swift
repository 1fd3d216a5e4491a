internal import CLinux
internal import Glibc
internal import Model

/// What a path leads to, with all links followed.
struct ResolvedPlace {
    /// From the root of its mount namespace.
    var path: ByteString
    /// The number of the mount it is on.
    var mount: Int32
    var inode: UInt64
    /// What statx(2) has as its device, as the kernel packs it: of a subvolume it is not that of the file system.
    var statDevice: UInt32

    /// - Parameters:
    ///   - root: the directory that is `/` for the path and all links on the way.
    ///   - waits: whether to look up what the kernel does not have at hand, which may take as long as another host or a
    ///     user's file system likes. Without waiting nothing is found before Linux 5.12, and no links are followed that
    ///     nobody has followed of late, as that would have to be noted in them (mount option `relatime`).
    init?(_ path: ByteString, root: CInt, waits: Bool) {
        let opened = path.withCString { clinux_open_in_root(root, $0, waits ? 1 : 0) }
        guard opened >= 0 else { return nil }
        defer { close(opened) }
        self.init(opened: opened)
    }

    /// Without asking another host or a user's file system, but step by step: for links that were not followed of late, and
    /// kernels that have no other way. From the agent's own root directory.
    ///
    /// - Parameter isOfProcess: set where the way ends at what a process has open, as its working directory.
    init?(walking path: ByteString, isOfProcess: inout Bool) {
        guard let place = UsersPlace(path, of: 0, isOfProcess: &isOfProcess), let resolved = place.resolved else {
            return nil
        }
        self = resolved
    }

    init?(opened: CInt) {
        var status = clinux_place()
        // The link first: of a directory that is removed meanwhile it ends with " (deleted)", and its status tells.
        guard let found = readLink("/proc/self/fd/\(opened)"), found.first == UInt8(ascii: "/"),
            clinux_place_of_open(opened, &status) == 0, status.links > 0, let mount = Int32(exactly: status.mount)
        else { return nil }
        (path, self.mount, inode) = (ByteString(found), mount, status.inode)
        statDevice = status.device
    }

    /// The file system it is on and the path in it, when the table is of the same mounts.
    func place(in table: MountTable) -> (device: UInt32, within: ByteString)? {
        guard let place = table.place(ofPath: path), place.mount.id == mount else { return nil }
        return (place.mount.device, place.within)
    }
}
