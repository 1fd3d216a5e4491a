internal import CLibbpf
internal import Glibc

/// A kernel array map, read and written by system calls.
public struct ArrayMap<Value: BitwiseCopyable>: ~Copyable {
    private let handle: MapHandle

    public init(_ handle: consuming MapHandle, value: Value.Type) throws(BPFError) {
        try handle.require(BPF_MAP_TYPE_ARRAY)
        try handle.require(key: UInt32.self, value: value)
        self.handle = handle
    }

    public var count: Int { handle.maxEntries }

    public borrowing func lookup(_ index: Int, initial: Value) throws(BPFError) -> Value {
        guard var key = UInt32(exactly: index) else { throw BPFError(.lookup, handle.name, errno: ENOENT) }
        var value = initial
        try check(bpf_map_lookup_elem(handle.descriptor, &key, &value), .lookup, handle.name)
        return value
    }
}

/// An array map seen through shared memory: reading it costs no system call and disturbs no program.
///
/// Only the beginning that is asked for is mapped, since every mapped page counts as the process's own. Each read copies
/// one element; a program may write while it is copied, so a reader of several words must tolerate a mix of old and new.
public struct MappedArray<Element: BitwiseCopyable>: ~Copyable {
    private let handle: MapHandle
    private var base: UnsafeMutableRawPointer?
    private var mappedBytes = 0

    /// The map must have BPF_F_MMAPABLE (5.5) and elements of this size, a multiple of 8 bytes.
    public init(_ handle: consuming MapHandle, element: Element.Type) throws(BPFError) {
        try handle.require(BPF_MAP_TYPE_ARRAY)
        try handle.require(key: UInt32.self, value: element)
        guard MemoryLayout<Element>.stride % 8 == 0 else { throw BPFError(.map, handle.name, errno: EINVAL) }
        self.handle = handle
    }

    deinit { if let base { munmap(base, mappedBytes) } }

    public var capacity: Int { handle.maxEntries }

    /// How many elements can be read without another `reach`.
    public var mappedCount: Int { min(mappedBytes / MemoryLayout<Element>.stride, capacity) }

    /// Maps at least the first `count` elements; the mapping grows by doubling.
    public mutating func reach(_ count: Int) throws(BPFError) {
        let wanted = min(count, capacity)
        guard wanted > mappedCount else { return }
        let page = Int(sysconf(CInt(_SC_PAGESIZE)))
        let stride = MemoryLayout<Element>.stride
        let whole = (capacity * stride + page - 1) / page * page
        let needed = (max(wanted, mappedCount * 2) * stride + page - 1) / page * page
        let size = min(needed, whole)
        guard let mapped = mmap(nil, size, PROT_READ, MAP_SHARED, handle.descriptor, 0), mapped != MAP_FAILED else {
            throw BPFError(.map, handle.name, errno: Glibc.errno)
        }
        if let base { munmap(base, mappedBytes) }
        (base, mappedBytes) = (mapped, size)
    }

    /// A copy of one element, which `reach` must have mapped.
    public subscript(index: Int) -> Element {
        precondition(index >= 0 && index < mappedCount, "element \(index) of \(handle.name) is not mapped")
        guard let base else { preconditionFailure("nothing of \(handle.name) is mapped") }
        return base.load(fromByteOffset: index * MemoryLayout<Element>.stride, as: Element.self)
    }
}
