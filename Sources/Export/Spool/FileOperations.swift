import Model
import SystemPackage

/// What a spool does to a disk, so that a test can stand in for one that fails or loses its power.
protocol FileOperations: Sendable {
    /// Makes the directory and those above it; one that is there is fine.
    func makeDirectory(_ path: FilePath) throws(Errno)
    /// Everything in the directory, in no order.
    func files(in path: FilePath) throws(Errno) -> [FoundFile]
    /// An empty file to write to, in place of one that may be there.
    func create(_ path: FilePath) throws(Errno) -> FileDescriptor
    /// All of the bytes.
    func write(_ bytes: [UInt8], to file: FileDescriptor) throws(Errno)
    /// Returns when what was written has reached the disk.
    func sync(_ file: FileDescriptor) throws(Errno)
    func close(_ file: FileDescriptor)
    func rename(_ path: FilePath, to other: FilePath) throws(Errno)
    func remove(_ path: FilePath) throws(Errno)
    /// Returns when the names in the directory have reached the disk.
    func syncDirectory(_ path: FilePath) throws(Errno)
    /// As many bytes of the regular file as there are, and no more than `limit`.
    func beginning(of path: FilePath, upTo limit: Int) throws(Errno) -> [UInt8]
    /// Bytes that may be written to the file system of the path, and all it has.
    func room(at path: FilePath) throws(Errno) -> (free: Int, total: Int)
}

/// What a directory says of a file.
struct FoundFile: Sendable {
    enum Kind: Sendable { case regular, directory, other }

    /// Any bytes but `/`.
    var name: FilePath.Component
    var kind: Kind
    var size: Int
    /// What it takes on the disk: less than its size where it has holes.
    var allocated: Int

    /// What it counts for in a spool. A file system may also have set aside more than the size for a while.
    var blocks: Int { SpoolCaps.blocks(min(size, allocated)) }
}
