internal import CLibbpf
internal import Glibc

/// Owns a descriptor of a kernel map, so it may outlive the object it came from.
public struct MapHandle: ~Copyable, Sendable {
    let descriptor: CInt
    public let name: String
    /// Bytes; zero for queues and ring buffers.
    public let keySize: Int
    public let valueSize: Int
    public let maxEntries: Int
    private let kind: bpf_map_type

    init(_ map: OpaquePointer) throws(BPFError) {
        name = String(cString: bpf_map__name(map))
        kind = bpf_map__type(map)
        keySize = Int(bpf_map__key_size(map))
        valueSize = Int(bpf_map__value_size(map))
        maxEntries = Int(bpf_map__max_entries(map))
        let copy = fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw BPFError(.find, String(cString: bpf_map__name(map)), errno: Glibc.errno) }
        descriptor = copy
    }

    deinit { close(descriptor) }

    /// Fails with EINVAL for a map of another kind: of one with a value for each CPU, say, a lookup writes them all.
    borrowing func require(_ kinds: bpf_map_type...) throws(BPFError) {
        guard kinds.contains(kind) else { throw BPFError(.find, name, errno: EINVAL) }
    }

    /// Says whether the map's sizes are those of the types it is used with.
    borrowing func require<Key: BitwiseCopyable, Value: BitwiseCopyable>(
        key: Key.Type, value: Value.Type
    ) throws(BPFError) {
        guard keySize == MemoryLayout<Key>.stride, valueSize == MemoryLayout<Value>.stride else {
            throw BPFError(.find, name, errno: EINVAL)
        }
    }
}
