internal import CLibbpf
internal import Glibc

/// An object whose maps and programs live in the kernel; its end takes them away.
public struct LoadedObject: ~Copyable {
    private let handle: ObjectHandle
    /// By program, where the verifier was asked.
    let loggedInstructions: [String: UInt32]

    init(handle: consuming ObjectHandle, loggedInstructions: [String: UInt32] = [:]) {
        self.handle = handle
        self.loggedInstructions = loggedInstructions
    }

    /// Attaches every loaded program at its own section's place; dropping the result detaches them.
    ///
    /// When one cannot be attached, those attached before are detached again.
    public borrowing func attach() throws(BPFError) -> Attachment {
        var links = Attachment()
        try attach(where: { _ in true }, to: &links)
        return links
    }

    /// Attaches the loaded programs that `isWanted`, in the order of the file, adding to `links`.
    public borrowing func attach(
        where isWanted: (ProgramDescription) -> Bool, to links: inout Attachment
    ) throws(BPFError) {
        try handle.forEachProgram { (program: OpaquePointer) throws(BPFError) in
            let description = ProgramDescription(
                name: String(cString: bpf_program__name(program)),
                section: String(cString: bpf_program__section_name(program)))
            guard bpf_program__autoload(program), isWanted(description) else { return }
            // A block of its own: the links must be kept even when a later program fails.
            let link = try withMessages { () throws(BPFError) in
                try checkPointer(bpf_program__attach(program), .attach, description.name)
            }
            links.add(link)
        }
    }

    /// A descriptor of the map, which may outlive the object.
    public borrowing func map(_ name: String) throws(BPFError) -> MapHandle {
        try MapHandle(handle.map(name))
    }

    /// What the kernel knows about the loaded programs.
    public borrowing func statistics() throws(BPFError) -> [ProgramStatistics] {
        var all: [ProgramStatistics] = []
        try handle.forEachProgram { (program: OpaquePointer) throws(BPFError) in
            guard bpf_program__autoload(program) else { return }
            var statistics = try ProgramStatistics(program)
            statistics.verifiedInstructions =
                statistics.verifiedInstructions ?? loggedInstructions[statistics.name]
            all.append(statistics)
        }
        return all
    }
}

/// How often a program ran, and how often the kernel skipped it.
public struct ProgramStatistics: Sendable {
    public let name: String
    /// Where it attaches, such as `tp/syscalls/sys_exit_write`.
    public let section: String
    /// The kernel's number of the loaded program, as `bpftool prog show` lists it.
    public let id: UInt32
    /// Runs skipped because another program was active on the CPU. Since 5.12; classic tracepoints since 6.7.
    public let recursionMisses: UInt64
    /// Counted only while the kernel's BPF statistics are on.
    public let runs: UInt64
    public let runTimeNanoseconds: UInt64
    /// How many instructions the verifier went through, every way counted. Absent before 5.16 unless the object was
    /// loaded with `countsInstructions`.
    public internal(set) var verifiedInstructions: UInt32?

    /// For tests of what is made of these figures.
    package init(name: String, recursionMisses: UInt64 = 0, runs: UInt64 = 0, runTimeNanoseconds: UInt64 = 0) {
        (self.name, section, id) = (name, "", 0)
        (self.recursionMisses, self.runs, self.runTimeNanoseconds) = (recursionMisses, runs, runTimeNanoseconds)
    }

    init(_ program: OpaquePointer) throws(BPFError) {
        name = String(cString: bpf_program__name(program))
        section = String(cString: bpf_program__section_name(program))
        var info = bpf_prog_info()
        var size = UInt32(MemoryLayout<bpf_prog_info>.size)
        try check(bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size), .inspect, name)
        id = info.id
        recursionMisses = info.recursion_misses
        runs = info.run_cnt
        runTimeNanoseconds = info.run_time_ns
        verifiedInstructions = info.verified_insns == 0 ? nil : info.verified_insns
    }
}

/// Attached programs, detached together, the last one first.
public struct Attachment: ~Copyable {
    private var links: [OpaquePointer] = []

    public init() {}

    deinit { for link in links.reversed() { bpf_link__destroy(link) } }

    public var count: Int { links.count }

    mutating func add(_ link: OpaquePointer) { links.append(link) }
}
