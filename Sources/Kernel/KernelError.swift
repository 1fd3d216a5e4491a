package import BPF

/// Why the kernel programs cannot run here, in a sentence that says what to do.
package enum KernelError: Error, Sendable {
    case notPrivileged
    case noTypes
    case noEvents(String)
    case refused(BPFError)
}

extension KernelError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notPrivileged:
            """
            not allowed to load BPF programs: run as root, or with CAP_BPF, CAP_PERFMON and \
            CAP_DAC_READ_SEARCH
            """
        case .noTypes:
            """
            this kernel does not describe its types (no /sys/kernel/btf/vmlinux): it needs CONFIG_DEBUG_INFO_BTF=y, \
            which the kernels of Debian 11, Ubuntu 20.10, Fedora 31, RHEL 8.2 and later have
            """
        case .noEvents(let path):
            """
            this kernel has no tracepoints of system calls in \(path): it needs CONFIG_FTRACE_SYSCALLS=y, and tracefs \
            mounted (mount -t tracefs nodev /sys/kernel/tracing)
            """
        case .refused(let error):
            "the kernel refuses the programs: \(error)"
        }
    }
}
