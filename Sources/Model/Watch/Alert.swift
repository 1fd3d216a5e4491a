/// A writer that was not expected where it wrote.
package struct Alert: Sendable, Equatable {
    package enum Name: String, Sendable, CaseIterable {
        /// A watch rule does not allow it.
        case unexpectedWriter = "unexpected_writer"
        /// The baseline has not seen it while it learned.
        case newWriter = "new_writer"
    }

    /// What raises alerts: they are counted by it.
    package struct Source: Sendable, Hashable {
        package var name: Name
        /// `watch[0]` or `baseline`.
        package var rule: String

        package init(_ name: Name, rule: String) { (self.name, self.rule) = (name, rule) }
    }

    package var source: Source { Source(name, rule: rule) }

    package var name: Name
    /// The same for the same rule, unit, writer and directory, on every host and after every start: 16 hexadecimal digits.
    package var id: String
    /// `watch[0]` or `baseline`.
    package var rule: String
    package var time: Timestamp
    package var identity: UnitIdentity
    package var cgroup: CgroupID
    package var cgroupPath: ByteString?
    package var executable: ByteString?
    package var comm: ByteString
    package var uid: UInt32
    package var pid: Int32
    /// The parent's process name first.
    package var parents: [ByteString]
    /// Their numbers, which nobody is shown.
    package var ancestors: [Int32]
    package var operation: WatchedOperation
    package var via: Sighting.Via?
    /// Absolute, as the host sees it when that can be told.
    package var path: ByteString?
    package var pathSource: PlacedSighting.PathSource
    package var root: PlacedSighting.Root
    /// Whether it is to be sent at once.
    package var isUrgent: Bool

    package init(
        _ name: Name, id: String, rule: String, time: Timestamp, of placed: PlacedSighting, isUrgent: Bool = false
    ) {
        (self.name, self.id, self.rule, self.time, self.isUrgent) = (name, id, rule, time, isUrgent)
        let sighting = placed.sighting
        (identity, cgroup, operation, via) = (placed.identity, sighting.cgroup, sighting.operation, sighting.via)
        cgroupPath = placed.cgroupPath
        (executable, comm) = (placed.executablePath, sighting.writer.comm)
        (uid, pid, parents) = (sighting.writer.uid, sighting.writer.pid, sighting.writer.parents.map(\.comm))
        ancestors = sighting.writer.parents.map(\.pid)
        (path, pathSource, root) = (placed.path, placed.pathSource, placed.root)
    }
}
