internal import BPF
internal import Model

/// Which programs of the tracer's object a selection needs on this kernel, and where they attach.
struct TracePrograms {
    /// Events by program.
    var wanted: [String: [String]]
    /// Sentences about events that the selection needs and this kernel has not.
    var missing: [String]

    init(
        _ programs: [ProgramDescription], for selection: TraceSelection, direct: Bool, copies: Bool,
        hasEvent: (String) -> Bool
    ) {
        let choice = ProgramChoice(programs, direct: direct, copies: copies, hasEvent: hasEvent)
        wanted = choice.wanted.compactMapValues { events in
            let needed = events.filter { Self.isNeeded($0, for: selection) }
            return needed.isEmpty ? nil : needed
        }
        missing = choice.missing.filter { sentence in
            sentence.split(separator: ":").first.map { Self.isNeeded(String($0), for: selection) } ?? true
        }
    }

    private static func isNeeded(_ event: String, for selection: TraceSelection) -> Bool {
        let operations = selection.operations
        let isHost = selection.scope == .host
        switch event {
        case "task/task_newtask": return !isHost || operations.contains(.fork)
        case "sched/sched_process_exit": return !isHost || operations.contains(.exit)
        case "sched/sched_process_exec": return operations.contains(.exec)
        default: break
        }
        if event.hasPrefix("cgroup/") { return isHost }
        if event.hasPrefix("io_uring/") { return !operations.isDisjoint(with: ofRings) }
        let call = String(event.dropFirst("syscalls/sys_exit_".count))
        guard let operation = TraceCall(call)?.operation else { return false }
        return operations.contains(operation) || (operation == .open && operations.contains(.create))
    }

    private static let ofRings: Set<TraceOperation> = [
        .open, .create, .write, .delete, .rename, .mkdir, .link, .truncate,
    ]
}
