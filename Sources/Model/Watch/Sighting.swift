/// The first operation of its kind by a writer in a directory, as the kernel programs report it: what watch rules and the
/// baseline judge.
///
/// The programs report each combination of writer, operation and directory once, and then each file in it once, until
/// they are given a `Verdict`; what they forget for lack of room they report again.
package struct Sighting: Sendable, Equatable {
    /// CLOCK_MONOTONIC, in nanoseconds.
    package var time: UInt64
    package var cgroup: CgroupID
    package var writer: SightedWriter
    package var operation: WatchedOperation
    /// Absent for an operation by a system call.
    package var via: Via?
    package var place: Place
    /// Names the mount namespace of the writer; absent when it could not be read.
    package var mountNamespace: UInt32?
    /// Where a verdict is to be left.
    package var ticket: Ticket

    package init(
        time: UInt64, cgroup: CgroupID, writer: SightedWriter, operation: WatchedOperation, via: Via? = nil,
        place: Place, mountNamespace: UInt32? = nil, ticket: Ticket = Ticket(directory: 0, writer: 0)
    ) {
        (self.time, self.cgroup, self.writer, self.operation, self.via) = (time, cgroup, writer, operation, via)
        (self.place, self.mountNamespace, self.ticket) = (place, mountNamespace, ticket)
    }

    /// Whether the last name is followed if it is a link, so that names in one directory may lead anywhere: truncate(2) follows it,
    /// and so does an open that creates, whose name only io_uring reports; mknod(2) does not.
    package var followsLastName: Bool {
        guard case .named = place else { return false }
        return operation == .truncate || operation == .create && via != nil
    }

    /// How an io_uring request was carried out.
    package enum Via: String, Sendable {
        case inline, worker, sqpoll
    }

    package enum Place: Sendable, Equatable {
        /// The kernel's own file.
        case file(FilePlace)
        /// What the caller named: its memory, which it could change, was read when the operation was over. An absolute name
        /// begins at the caller's root, others at its working directory or at that of a descriptor: `base`. The name is
        /// cut at 4,095 bytes, as the kernel would refuse a longer one; absent when it could not be read.
        case named(ByteString?, base: FilePlace)
    }

    /// Names of the two marks in the kernel that a verdict may set.
    package struct Ticket: Sendable, Equatable, Hashable {
        package var directory: UInt64
        package var writer: UInt64

        package init(directory: UInt64, writer: UInt64) { (self.directory, self.writer) = (directory, writer) }
    }

    /// What the kernel need not report any more.
    package enum Verdict: Sendable, Equatable {
        /// Nothing: what matters depends on the file, so each other file is to be reported.
        case eachFile
        /// This operation of this writer in this directory, whatever the file.
        case directory
        /// Whatever this writer does: no rule is about its cgroup, or each that is allows the writer.
        case writer
    }
}

/// Where a file is, by the kernel's own links.
package struct FilePlace: Sendable, Equatable, Hashable {
    /// That of the superblock, the kernel's own `dev_t` (major << 20 | minor), as /proc/self/mountinfo has it.
    package var device: UInt32
    package var inode: UInt64
    /// From the root of its file system, whatever is mounted where; absent when it was too deep.
    package var within: ByteString?
    /// Through its mounts, up to the root of the mount namespace it was opened in; absent when it was too deep or of no
    /// mount's tree.
    package var seen: ByteString?

    package init(device: UInt32, inode: UInt64, within: ByteString?, seen: ByteString?) {
        (self.device, self.inode, self.within, self.seen) = (device, inode, within, seen)
    }
}

package struct SightedWriter: Sendable, Equatable {
    /// Absent for kernel threads.
    package var executable: ExecutableID?
    package var executablePlace: FilePlace?
    /// That of the group leader.
    package var comm: ByteString
    package var uid: UInt32
    package var pid: Int32
    /// The parent first; ends with the process that has none, or after eight. A name stands for a process whose leader
    /// has it now.
    package var parents: [Parent]

    package struct Parent: Sendable, Equatable {
        package var comm: ByteString
        package var pid: Int32

        package init(comm: ByteString, pid: Int32) { (self.comm, self.pid) = (comm, pid) }
    }

    package init(
        executable: ExecutableID?, executablePlace: FilePlace? = nil, comm: ByteString, uid: UInt32, pid: Int32,
        parents: [Parent] = []
    ) {
        (self.executable, self.executablePlace, self.comm) = (executable, executablePlace, comm)
        (self.uid, self.pid, self.parents) = (uid, pid, parents)
    }
}
