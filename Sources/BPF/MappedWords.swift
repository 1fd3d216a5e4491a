internal import CLibbpf
internal import Glibc

/// The words of 64 bits that an array map consists of, shared with the programs: both sides read and write.
///
/// A word is read and written whole. Nothing else is promised: when a program writes the same word, one of both is lost.
public struct MappedWords: ~Copyable, Sendable {
    private let handle: MapHandle
    /// Not a pointer: this memory is other programs' as well, so it belongs to nobody here.
    private let address: UInt
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
        (address, self.count) = (UInt(bitPattern: mapped), count)
        self.handle = handle
    }

    deinit { munmap(UnsafeMutableRawPointer(bitPattern: address), count * 8) }

    private func word(_ index: Int) -> UnsafeMutablePointer<UInt64> {
        precondition(index >= 0 && index < count, "\(handle.name) has no word \(index)")
        guard let word = UnsafeMutablePointer<UInt64>(bitPattern: address + UInt(index) * 8) else {
            preconditionFailure("nothing of \(handle.name) is mapped")
        }
        return word
    }

    public subscript(index: Int) -> UInt64 {
        get { word(index).pointee }
        nonmutating set { word(index).pointee = newValue }
    }
}
