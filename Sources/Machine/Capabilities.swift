/// What this process may do, by capabilities(7).
package struct Capabilities: Sendable, Equatable {
    /// Those the agent needs, with their numbers in linux/capability.h.
    package enum Needed: Int, CaseIterable, Sendable {
        case bpf = 39
        case perfmon = 38
        case dacReadSearch = 2

        package var name: String {
            switch self {
            case .dacReadSearch: "CAP_DAC_READ_SEARCH"
            case .perfmon: "CAP_PERFMON"
            case .bpf: "CAP_BPF"
            }
        }
    }

    private let effective: UInt64

    /// Reads the effective set from the text of /proc/self/status; nil when there is none.
    package init?(status: [UInt8]) {
        let prefix = Array("CapEff:".utf8)
        let line = status.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: prefix) }
        let digits = line.map { String(decoding: $0.dropFirst(prefix.count), as: UTF8.self) }
        guard let set = digits.flatMap({ UInt64($0.drop { $0 == "\t" || $0 == " " }, radix: 16) }) else { return nil }
        effective = set
    }

    package func has(_ capability: Needed) -> Bool { has(number: capability.rawValue) }

    private func has(number: Int) -> Bool { effective & 1 << number != 0 }

    private static let sysAdmin = 21

    package var missing: [Needed] { Needed.allCases.filter { !has($0) } }

    /// CAP_SYS_ADMIN includes the other two, as before 5.8 when there was nothing else.
    package var mayLoadPrograms: Bool { has(number: Self.sysAdmin) || (has(.bpf) && has(.perfmon)) }
}
