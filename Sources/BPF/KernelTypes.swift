internal import CLibbpf
internal import Glibc

/// The types of the running kernel (BTF): what it has can be asked before a program is loaded.
public struct KernelTypes: ~Copyable {
    private static var usual: String { "/sys/kernel/btf/vmlinux" }

    /// Where the kernel shows its types; nil when libbpf has to find them elsewhere.
    public static var path: String? { access(usual, R_OK) == 0 ? usual : nil }

    private let raw: OpaquePointer

    /// Fails with ENOENT on a kernel built without CONFIG_DEBUG_INFO_BTF.
    public init() throws(BPFError) {
        let loaded = try withMessages { () throws(BPFError) in
            try checkPointer(btf__load_vmlinux_btf(), .readTypes, Self.usual)
        }
        raw = loaded
    }

    deinit { btf__free(raw) }

    // BTF_KIND_STRUCT and BTF_KIND_FUNC, which are both a macro and an enumerator in <linux/btf.h>.
    private static var structureKind: UInt32 { 4 }
    private static var functionKind: UInt32 { 12 }

    public borrowing func hasFunction(_ name: String) -> Bool {
        btf__find_by_name_kind(raw, name, Self.functionKind) > 0
    }

    public borrowing func hasStructure(_ name: String) -> Bool {
        btf__find_by_name_kind(raw, name, Self.structureKind) > 0
    }
}
