internal import BPF
internal import Glibc
internal import KernelABI
internal import Model

/// Which programs of the object suit this kernel, where they attach, and what is missing.
struct ProgramChoice {
    /// Events by program.
    var wanted: [String: [String]] = [:]
    /// Sentences for the coverage statement.
    var missing: [String] = []

    /// - Parameters:
    ///   - direct: whether the kernel lets programs load from pointers they read (`bpf_rdonly_cast`, 6.2).
    ///   - copies: whether to attach copies that take over what the kernel leaves out of their originals.
    ///   - hasEvent: whether tracefs has an event, such as `syscalls/sys_exit_write`.
    init(_ programs: [ProgramDescription], direct: Bool, copies: Bool, hasEvent: (String) -> Bool) {
        for program in programs {
            let isProbed = program.name.hasSuffix("_probed")
            let isCopy = ProgramGroup.isCopy(program.name)
            let hasTwin = programs.contains { $0.name == program.name + "_probed" }
            guard isProbed ? !direct : isCopy ? direct && copies : direct || !hasTwin else { continue }
            let events = program.places.filter(hasEvent)
            if !events.isEmpty { wanted[program.name] = events }
            if isCopy { continue }
            missing += program.places.filter { !hasEvent($0) }.compactMap { Self.reason($0, hasEvent: hasEvent) }
        }
    }

    /// Why an event that is not there is missed; nil when nothing is.
    private static func reason(_ event: String, hasEvent: (String) -> Bool) -> String? {
        switch event {
        case "io_uring/io_uring_submit_sqe":  // what the next one was called up to 6.3
            return nil
        case "io_uring/io_uring_submit_req" where hasEvent("io_uring/io_uring_submit_sqe"):
            return nil
        case "io_uring/io_uring_req_failed":
            return "\(event): this kernel has no such event; requests it refuses before they begin are no failures here"
        case "syscalls/sys_exit_open", "syscalls/sys_exit_creat", "syscalls/sys_exit_unlink", "syscalls/sys_exit_rmdir",
            "syscalls/sys_exit_rename", "syscalls/sys_exit_mkdir", "syscalls/sys_exit_mknod",
            "syscalls/sys_exit_symlink", "syscalls/sys_exit_link":
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

/// A program that the kernel has taken.
package struct LoadedProgram: Sendable, Equatable {
    /// Its name in the object.
    package let program: String
    /// Such as `syscalls/sys_exit_write`; those of them that this kernel has.
    package let events: [String]
    /// How many instructions the verifier went through; absent where nobody knows.
    package let verifiedInstructions: UInt32?

    package init(program: String, events: [String], verifiedInstructions: UInt32?) {
        (self.program, self.events, self.verifiedInstructions) = (program, events, verifiedInstructions)
    }
}
