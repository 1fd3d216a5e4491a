internal import BPF
internal import Glibc
internal import KernelABI
internal import Model

/// Which programs of the object suit this kernel, and what is missing.
struct ProgramChoice {
    var wanted: Set<String> = []
    /// Sentences for the coverage statement.
    var missing: [String] = []

    /// - Parameters:
    ///   - direct: whether the kernel lets programs load from pointers they read (`bpf_rdonly_cast`, 6.2).
    ///   - hasEvent: whether tracefs has an event, such as `syscalls/sys_exit_write`.
    init(_ programs: [ProgramDescription], direct: Bool, hasEvent: (String) -> Bool) {
        for program in programs {
            let isProbed = program.name.hasSuffix("_probed")
            let hasTwin = programs.contains { $0.name == program.name + "_probed" }
            guard isProbed ? !direct : direct || !hasTwin else { continue }
            let event = String(program.section.dropFirst("tp/".count))
            if hasEvent(event) {
                wanted.insert(program.name)
            } else if let reason = Self.reason(event, hasEvent: hasEvent) {
                missing.append(reason)
            }
        }
    }

    /// Why an event that is not there is missed; nil when nothing is.
    private static func reason(_ event: String, hasEvent: (String) -> Bool) -> String? {
        switch event {
        case "io_uring/io_uring_submit_sqe":  // what the next one was called up to 6.2
            return nil
        case "io_uring/io_uring_submit_req" where hasEvent("io_uring/io_uring_submit_sqe"):
            return nil
        case "syscalls/sys_exit_open", "syscalls/sys_exit_creat":
            #if arch(x86_64)
                break
            #else
                return nil  // the architecture has no such call
            #endif
        default:
            break
        }
        return "\(event): this kernel has no such event"
    }
}

/// The kinds of programs whose missed runs are told apart.
enum ProgramGroup: String, CaseIterable {
    case write, open, ioUring = "io_uring", cgroup

    init(program: String) {
        let name = program.dropFirst("on_".count)
        if name.hasPrefix("cgroup_") {
            self = .cgroup
        } else if name.hasPrefix("open") || name.hasPrefix("creat") {
            self = .open
        } else if ["submit_", "complete", "req_failed", "queue_async_work"].contains(where: name.hasPrefix) {
            self = .ioUring
        } else {
            self = .write
        }
    }
}
