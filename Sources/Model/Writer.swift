/// The identity of a cgroup: the inode number of its directory, 64 bits, never used twice while the host is up.
package struct CgroupID: Hashable, Sendable, Comparable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// An executable file as the kernel tells it apart: by device, inode and generation, never by name.
package struct ExecutableID: Hashable, Sendable {
    /// The kernel's own `dev_t` (major << 20 | minor).
    package let device: UInt32
    package let inode: UInt64
    package let generation: UInt32

    package init(device: UInt32, inode: UInt64, generation: UInt32) {
        (self.device, self.inode, self.generation) = (device, inode, generation)
    }
}

/// Who did it inside a unit: executable, process name (the group leader's `comm`) and uid, in one cgroup.
package struct Writer: Hashable, Sendable {
    package let cgroup: CgroupID
    /// Absent for kernel threads.
    package let executable: ExecutableID?
    package let comm: ByteString
    package let uid: UInt32

    package init(cgroup: CgroupID, executable: ExecutableID?, comm: ByteString, uid: UInt32) {
        (self.cgroup, self.executable, self.comm, self.uid) = (cgroup, executable, comm, uid)
    }
}

/// Operations that fail and are told apart by errno.
package enum FailingOperation: UInt32, CaseIterable, Sendable {
    case open = 0
    case write = 1
}

/// How often each errno was the answer; the key is the positive number.
package typealias ErrorCounts = [Int32: UInt64]
