internal import CLibbpf

/// The CPUs that this machine may ever have.
public enum PossibleCPUs {
    /// One more than the highest number a CPU can have.
    public static func count() throws(BPFError) -> Int {
        Int(try check(libbpf_num_possible_cpus(), .inspect, "possible CPUs"))
    }
}
