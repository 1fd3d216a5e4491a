internal import CLibbpf
internal import Glibc

/// Owns a descriptor of a kernel map, so it may outlive the object it came from.
public struct MapHandle: ~Copyable {
    let descriptor: CInt
    public let name: String
    /// Bytes; zero for queues and ring buffers.
    public let keySize: Int
    public let valueSize: Int
    public let maxEntries: Int

    init(
        duplicating descriptor: CInt, name: String, keySize: Int, valueSize: Int, maxEntries: Int
    ) throws(BPFError) {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw BPFError(.find, name, errno: Glibc.errno) }
        self.descriptor = copy
        (self.name, self.keySize, self.valueSize, self.maxEntries) = (name, keySize, valueSize, maxEntries)
    }

    deinit { close(descriptor) }

    /// Says whether the map's sizes are those of the types it is used with.
    borrowing func require<Key: BitwiseCopyable, Value: BitwiseCopyable>(
        key: Key.Type, value: Value.Type
    ) throws(BPFError) {
        guard keySize == MemoryLayout<Key>.stride, valueSize == MemoryLayout<Value>.stride else {
            throw BPFError(.find, name, errno: EINVAL)
        }
    }
}
