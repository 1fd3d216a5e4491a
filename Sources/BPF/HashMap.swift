internal import CLibbpf
internal import Glibc

/// A kernel hash map of typed keys and values.
///
/// Every call is a system call, and while one runs the kernel skips programs that fire on the same CPU: not for hot paths.
public struct HashMap<Key: BitwiseCopyable, Value: BitwiseCopyable>: ~Copyable {
    private let handle: MapHandle

    /// Fails with EINVAL when the kind or the sizes are not those of the map.
    public init(_ handle: consuming MapHandle, key: Key.Type, value: Value.Type) throws(BPFError) {
        try handle.require(BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH)
        try handle.require(key: key, value: value)
        self.handle = handle
    }

    /// The value of a key, or nil when there is none.
    public borrowing func lookup(_ key: Key, initial: Value) throws(BPFError) -> Value? {
        var key = key
        var value = initial
        let code = bpf_map_lookup_elem(handle.descriptor, &key, &value)
        if code == -ENOENT { return nil }
        try check(code, .lookup, handle.name)
        return value
    }

    public borrowing func update(_ key: Key, to value: Value) throws(BPFError) {
        var (key, value) = (key, value)
        try check(bpf_map_update_elem(handle.descriptor, &key, &value, 0), .update, handle.name)
    }

    /// The keys, at most so many: unlike the other calls this one makes the kernel skip no program.
    ///
    /// When entries go meanwhile, the walk may begin anew or end early: some may be there twice, others not at all.
    public borrowing func keys(atMost limit: Int, initial: Key) throws(BPFError) -> [Key] {
        var keys: [Key] = []
        var (key, next) = (initial, initial)
        while keys.count < limit {
            let code =
                keys.isEmpty
                ? bpf_map_get_next_key(handle.descriptor, nil, &next)
                : bpf_map_get_next_key(handle.descriptor, &key, &next)
            if code == -ENOENT { break }
            try check(code, .lookup, handle.name)
            keys.append(next)
            key = next
        }
        return keys
    }

    /// Removes a key and says whether it was there.
    @discardableResult
    public borrowing func delete(_ key: Key) throws(BPFError) -> Bool {
        var key = key
        let code = bpf_map_delete_elem(handle.descriptor, &key)
        if code == -ENOENT { return false }
        try check(code, .delete, handle.name)
        return true
    }

    /// Every entry, `batch` entries a system call; entries that change meanwhile may or may not be among them.
    public borrowing func entries(batch: Int = 256) throws(BPFError) -> [(key: Key, value: Value)] {
        var entries: [(key: Key, value: Value)] = []
        var capacity = max(batch, 1)
        var cursor: UInt64 = 0
        var isFirst = true
        while true {
            let keys = UnsafeMutableBufferPointer<Key>.allocate(capacity: capacity)
            let values = UnsafeMutableBufferPointer<Value>.allocate(capacity: capacity)
            defer {
                keys.deallocate()
                values.deallocate()
            }
            var count = UInt32(capacity)
            let code = withUnsafeMutablePointer(to: &cursor) { cursor in
                bpf_map_lookup_batch(
                    handle.descriptor, isFirst ? nil : cursor, cursor, keys.baseAddress, values.baseAddress, &count, nil
                )
            }
            if code == -ENOSPC {  // one bucket holds more than a batch
                capacity *= 2
                continue
            }
            if code != -ENOENT { try check(code, .lookup, handle.name) }
            for index in 0..<Int(count) { entries.append((keys[index], values[index])) }
            if code == -ENOENT { return entries }
            isFirst = false
        }
    }
}

/// A kernel queue: first in, first out.
public struct Queue<Value: BitwiseCopyable>: ~Copyable {
    private let handle: MapHandle

    public init(_ handle: consuming MapHandle, value: Value.Type) throws(BPFError) {
        try handle.require(BPF_MAP_TYPE_QUEUE)
        guard handle.keySize == 0, handle.valueSize == MemoryLayout<Value>.stride else {
            throw BPFError(.find, handle.name, errno: EINVAL)
        }
        self.handle = handle
    }

    public borrowing func push(_ value: Value) throws(BPFError) {
        var value = value
        try check(bpf_map_update_elem(handle.descriptor, nil, &value, 0), .push, handle.name)
    }
}
