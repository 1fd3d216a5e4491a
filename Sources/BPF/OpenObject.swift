internal import CLibbpf
internal import Glibc

/// Owns one `bpf_object`; the only place that closes it.
struct ObjectHandle: ~Copyable {
    let raw: OpaquePointer
    let name: String

    deinit { bpf_object__close(raw) }

    borrowing func map(_ name: String) throws(BPFError) -> OpaquePointer {
        try checkPointer(bpf_object__find_map_by_name(raw, name), .find, name)
    }

    borrowing func program(_ name: String) throws(BPFError) -> OpaquePointer {
        try checkPointer(bpf_object__find_program_by_name(raw, name), .find, name)
    }

    borrowing func forEachProgram<Failure: Error>(
        _ body: (OpaquePointer) throws(Failure) -> Void
    ) throws(Failure) {
        var program = bpf_object__next_program(raw, nil)
        while let current = program {
            try body(current)
            program = bpf_object__next_program(raw, current)
        }
    }
}

/// A parsed object file, not yet in the kernel: maps can be resized, constants set and programs switched off.
///
/// Loading consumes it, so nothing can be changed too late.
public struct OpenObject: ~Copyable {
    private let handle: ObjectHandle

    /// Parses an ELF object held in memory, which must outlive the call only.
    ///
    /// - Parameter kernelTypes: the BTF file it is relocated against; by default the running kernel's. With one named,
    ///   libbpf does not go on to look for missing types in modules, for which it (1.1) must have CAP_SYS_ADMIN.
    public init(_ name: String, bytes: UnsafeRawBufferPointer, kernelTypes: String? = nil) throws(BPFError) {
        handle = try withMessages { () throws(BPFError) in
            // Both strings are copied by libbpf.
            let opened = name.withCString { name in
                withCString(kernelTypes) { kernelTypes in
                    var options = bpf_object_open_opts()
                    options.sz = MemoryLayout<bpf_object_open_opts>.size
                    options.object_name = name
                    options.btf_custom_path = kernelTypes
                    return bpf_object__open_mem(bytes.baseAddress, bytes.count, &options)
                }
            }
            return ObjectHandle(raw: try checkPointer(opened, .open, name), name: name)
        }
    }

    /// All programs of the object, in the order of the file.
    public var programs: [ProgramDescription] {
        var programs: [ProgramDescription] = []
        handle.forEachProgram { program in
            programs.append(ProgramDescription(program))
        }
        return programs
    }

    /// Leaves a program out of the kernel, or takes it in again.
    public borrowing func setLoaded(_ isLoaded: Bool, program: String) throws(BPFError) {
        try check(bpf_program__set_autoload(handle.program(program), isLoaded), .configure, program)
    }

    /// Leaves a map out, for kernels that do not know its type; code that uses it must be dead there.
    public borrowing func omit(map: String) throws(BPFError) {
        try check(bpf_map__set_autocreate(handle.map(map), false), .configure, map)
    }

    public borrowing func setMaxEntries(_ count: Int, ofMap map: String) throws(BPFError) {
        try check(bpf_map__set_max_entries(handle.map(map), UInt32(clamping: count)), .resize, map)
    }

    /// Sets the constants that the programs see in a section such as `.rodata.config`; the sizes must agree.
    public borrowing func setConstants<Value: BitwiseCopyable>(_ value: Value, section: String) throws(BPFError) {
        var value = value
        try check(
            bpf_map__set_initial_value(handle.map(section), &value, MemoryLayout<Value>.size), .configure, section)
    }

    /// Hands the object to the kernel's verifier. A refusal carries the verifier's log.
    ///
    /// - Parameter countsInstructions: whether to ask for `verifiedInstructions` also where the kernel does not keep
    ///   them (before 5.16); that takes memory and time.
    public consuming func load(countsInstructions: Bool = false) throws(BPFError) -> LoadedObject {
        guard countsInstructions else {
            try loadPrograms()
            return LoadedObject(handle: handle)
        }
        let logs = try VerifierLogs(handle)
        do throws(BPFError) {
            try loadPrograms()
        } catch {
            throw BPFError(error.operation, error.subject, errno: error.errno, log: error.log + logs.lines)
        }
        return LoadedObject(handle: handle, loggedInstructions: logs.verifiedInstructions)
    }

    private borrowing func loadPrograms() throws(BPFError) {
        let raw = handle.raw
        let name = handle.name
        try withMessages { () throws(BPFError) in _ = try check(bpf_object__load(raw), .load, name) }
    }
}

private func withCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let text else { return body(nil) }
    return text.withCString { body($0) }
}
