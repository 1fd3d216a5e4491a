internal import BPF
internal import Glibc
internal import KernelABI
internal import Model

extension KernelTrace {
    /// A ring buffer's size is a power of two, and at least a page.
    static func ringBytes(atLeast bytes: Int) -> Int {
        var size = 64 << 10
        while size < min(bytes, 1 << 30) { size *= 2 }
        return size
    }

    /// Maps that the selection has no use for have one entry.
    static func size(
        _ object: borrowing OpenObject, _ selection: TraceSelection, ringBytes: Int, isPreemptible: Bool
    ) throws(BPFError) {
        try object.setMaxEntries(ringBytes, ofMap: "events")
        try object.setMaxEntries(isPreemptible ? MemoryPlan.chunksOfMarks : 1, ofMap: "marks")
        if selection.scope == .host { try object.setMaxEntries(1, ofMap: "followed") }
        if !selection.operations.contains(.write) || selection.writes == .each {
            try object.setMaxEntries(1, ofMap: "written")
        }
    }
}

extension ot_trace_config {
    init(_ selection: TraceSelection) {
        self.init()
        switch selection.scope {
        case .host:
            scope = OT_SCOPE_HOST.rawValue
        case .children(let cgroup):
            scope = OT_SCOPE_CHILDREN.rawValue
            self.cgroup = cgroup?.rawValue ?? 0
        case .process(let pid):
            scope = OT_SCOPE_PROCESS.rawValue
            process = pid
        }
        operations = selection.operations.reduce(0) { $0 | 1 << $1.number }
        only_failures = selection.onlyFailures ? 1 : 0
        has_uid = selection.uid == nil ? 0 : 1
        uid = selection.uid ?? 0
        only_first_writes = selection.writes == .first ? 1 : 0
        wants_paths = selection.wantsPaths ? 1 : 0
        var namespace = stat()
        stat("/proc/self/ns/mnt", &namespace)
        mount_namespace = UInt32(truncatingIfNeeded: namespace.st_ino)
        guard let opens = selection.opens else { return }
        // None at all would let every open pass; one that never holds, none.
        term_count = UInt32(max(opens.terms.count, 1))
        withUnsafeMutableBytes(of: &terms) { bytes in
            let slots = bytes.bindMemory(to: ot_trace_term.self)
            for index in slots.indices {
                slots[index] = opens.terms.indices.contains(index) ? ot_trace_term(opens.terms[index]) : .unused
            }
        }
    }
}

extension ot_trace_term {
    /// Its value is outside its mask.
    fileprivate static var unused: Self { Self(mask: 0, value: 1, outcome_mask: 0, outcome_value: 0) }

    fileprivate init(_ term: FlagsTerm) {
        self.init(
            mask: term.flagsMask, value: term.flagsValue, outcome_mask: UInt32(term.outcomeMask.rawValue),
            outcome_value: UInt32(term.outcomeValue.rawValue))
    }
}

extension TraceOperation {
    /// As the programs number it: `ot_trace_operation`.
    var number: UInt32 {
        switch self {
        case .open: OT_TRACE_OPEN.rawValue
        case .create: OT_TRACE_CREATE.rawValue
        case .write: OT_TRACE_WRITE.rawValue
        case .delete: OT_TRACE_DELETE.rawValue
        case .rename: OT_TRACE_RENAME.rawValue
        case .mkdir: OT_TRACE_MKDIR.rawValue
        case .link: OT_TRACE_LINK.rawValue
        case .truncate: OT_TRACE_TRUNCATE.rawValue
        case .sharedMap: OT_TRACE_SHARED_MAP.rawValue
        case .exec: OT_TRACE_EXEC.rawValue
        case .fork: OT_TRACE_FORK.rawValue
        case .exit: OT_TRACE_EXIT.rawValue
        }
    }

    static let byNumber: [Self] = allCases.sorted { $0.number < $1.number }
}
