internal import KernelABI

extension ot_stats {
    /// In the order of `ProgramGroup`, as far as its groups are those of system calls.
    var takenOver: [UInt64] { withUnsafeBytes(of: taken_over) { Array($0.bindMemory(to: UInt64.self)) } }
}
