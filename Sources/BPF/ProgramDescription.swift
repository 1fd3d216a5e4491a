internal import CLibbpf

/// A program as its object file describes it.
public struct ProgramDescription: Sendable, Hashable {
    public let name: String
    /// Where it attaches, such as `tp/syscalls/sys_exit_write`.
    public let section: String

    init(name: String, section: String) { (self.name, self.section) = (name, section) }

    init(_ program: OpaquePointer) {
        self.init(
            name: String(cString: bpf_program__name(program)),
            section: String(cString: bpf_program__section_name(program)))
    }

    /// The places it attaches to, without what kind they are of: `syscalls/sys_exit_write`.
    ///
    /// A section lists several that have their beginning in common as a shell would: `tp/syscalls/sys_exit_{write,writev}`.
    /// One program for them is verified once.
    public var places: [String] {
        let place = section.split(separator: "/", maxSplits: 1).dropFirst().joined()
        guard let brace = place.firstIndex(of: "{"), place.last == "}" else { return [place] }
        return place[brace...].dropFirst().dropLast().split(separator: ",").map { "\(place[..<brace])\($0)" }
    }

    /// Whether its places are tracepoints.
    var isTracepoint: Bool { section.hasPrefix("tp/") || section.hasPrefix("tracepoint/") }
}
