internal import CLibbpf
internal import Glibc

/// The words of 64 bits that an array map consists of, shared with the programs: both sides read and write.
///
/// A word is read and written whole. Nothing else is promised: when a program writes the same word, one of both is lost.
public struct MappedWords: ~Copyable {
    private let handle: MapHandle
    private let base: UnsafeMutableRawPointer
    public let count: Int

    /// The map must have BPF_F_MMAPABLE (5.5) and elements of a multiple of 8 bytes; it is mapped as a whole.
    public init(_ handle: consuming MapHandle) throws(BPFError) {
        try handle.require(BPF_MAP_TYPE_ARRAY)
        guard handle.valueSize > 0, handle.valueSize % 8 == 0 else {
            throw BPFError(.map, handle.name, errno: EINVAL)
        }
        let count = handle.maxEntries * handle.valueSize / 8
        let mapped = mmap(nil, count * 8, PROT_READ | PROT_WRITE, MAP_SHARED, handle.descriptor, 0)
        guard let mapped, mapped != MAP_FAILED else {
            throw BPFError(.map, handle.name, errno: Glibc.errno)
        }
        (base, self.count) = (mapped, count)
        self.handle = handle
    }

    deinit { munmap(base, count * 8) }

    public subscript(index: Int) -> UInt64 {
        get {
            precondition(index >= 0 && index < count, "\(handle.name) has no word \(index)")
            return base.load(fromByteOffset: index * 8, as: UInt64.self)
        }
        nonmutating set {
            precondition(index >= 0 && index < count, "\(handle.name) has no word \(index)")
            base.storeBytes(of: newValue, toByteOffset: index * 8, as: UInt64.self)
        }
    }
}
