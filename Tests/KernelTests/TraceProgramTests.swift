import BPF
import KernelABI
import Model
import Testing

@testable import Kernel

private func tracePrograms() throws -> [ProgramDescription] {
    try OpenObject("trace", bytes: UnsafeRawBufferPointer(start: ot_object_trace.bytes, count: ot_object_trace.size))
        .programs
}

@Suite struct TraceProgramTests {
    private func choice(
        _ selection: TraceSelection, direct: Bool = true, copies: Bool = false,
        hasEvent: (String) -> Bool = { $0 != "io_uring/io_uring_submit_sqe" }
    ) throws -> TracePrograms {
        TracePrograms(try tracePrograms(), for: selection, direct: direct, copies: copies, hasEvent: hasEvent)
    }

    private func events(_ selection: TraceSelection, direct: Bool = true) throws -> [String] {
        try choice(selection, direct: direct).wanted.values.flatMap(\.self).sorted()
    }

    @Test(arguments: [true, false])
    func `opens of children need the calls that open, io_uring, and what follows processes`(direct: Bool) throws {
        let opens = ["creat", "open", "open_by_handle_at", "openat", "openat2"].map { "syscalls/sys_exit_\($0)" }
        let rings = ["complete", "queue_async_work", "req_failed", "submit_req"].map { "io_uring/io_uring_\($0)" }
        let processes = ["sched/sched_process_exit", "task/task_newtask"]
        let all = try events(TraceSelection(scope: .children(cgroup: nil)), direct: direct)
        #expect(all == (opens + rings + processes).sorted())
        #expect(try events(TraceSelection(scope: .process(1)), direct: direct) == all)
        let created = TraceSelection(scope: .children(cgroup: nil), operations: [.create])
        #expect(
            try events(created, direct: direct)
                == (all + ["syscalls/sys_exit_mknod", "syscalls/sys_exit_mknodat"]).sorted())
    }

    @Test func `of the host the cgroups are told, and processes are not followed`() throws {
        let all = try events(TraceSelection())
        #expect(all.filter { $0.hasPrefix("cgroup/") }.count == 3)
        #expect(!all.contains("task/task_newtask") && !all.contains("sched/sched_process_exit"))
    }

    @Test(arguments: TraceOperation.allCases)
    func `each operation has its events, once each`(operation: TraceOperation) throws {
        for direct in [true, false] {
            let all = try events(TraceSelection(operations: [operation]), direct: direct)
                .filter { !$0.hasPrefix("cgroup/") }
            #expect(!all.isEmpty && Set(all).count == all.count)
        }
    }

    @Test func `every event of the object is needed for something`() throws {
        let selections = [TraceSelection(operations: Set(TraceOperation.allCases))]
        let needed = try Set(selections.flatMap { try choice($0) { _ in true }.wanted.values.flatMap(\.self) })
        #expect(try Set(tracePrograms().flatMap(\.places)) == needed)
    }

    @Test func `what this kernel has not is missed only by those who need it`() throws {
        let without = { (event: String) in !event.hasPrefix("io_uring/") && event != "syscalls/sys_exit_openat2" }
        #expect(try choice(TraceSelection(), hasEvent: without).missing.count == 5)
        #expect(try choice(TraceSelection(operations: [.exec]), hasEvent: without).missing == [])
        #expect(try choice(TraceSelection()).missing == [])
        #expect(try choice(TraceSelection()) { _ in false }.wanted == [:])
    }

    @Test func `copies follow their originals where programs can be preempted`() throws {
        let with = try choice(TraceSelection(operations: [.open, .write]), copies: true).wanted
        #expect(with["on_open_copy1"] == with["on_open"] && with["on_write_copy2"] == with["on_write"])
        #expect(with["on_open"] != nil && with["on_submit_req_copy1"] == nil)
    }
}
