import Model

/// A random formula as a person may write it, with what it means by the numbers of the kernel's headers.
///
/// It is its own evaluator: neither the parser nor the tree has a part in `holds`.
struct RandomFormula {
    let text: String
    let holds: (OpenFacts) -> Bool

    /// By the name in C; x86-64.
    private static let flags: [(String, UInt64)] = [
        ("CREAT", 0x40), ("EXCL", 0x80), ("NOCTTY", 0x100), ("TRUNC", 0x200), ("APPEND", 0x400), ("NONBLOCK", 0x800),
        ("DSYNC", 0x1000), ("ASYNC", 0x2000), ("DIRECT", 0x4000), ("LARGEFILE", 0x8000), ("DIRECTORY", 0x10000),
        ("NOFOLLOW", 0x20000), ("NOATIME", 0x40000), ("CLOEXEC", 0x80000), ("SYNC", 0x101000), ("PATH", 0x200000),
        ("TMPFILE", 0x410000),
    ]

    init(depth: Int, using random: inout SplitMix) {
        self.init(depth: depth, strength: 0, using: &random)
    }

    /// An `&` of many `|`, which has more terms than other formulas of its length.
    init(clauses count: Int, using random: inout SplitMix) {
        let flags = Self.flags
        let clauses = (0..<count).map { _ in
            let atoms = (0..<Int.random(in: 2...4, using: &random)).map { _ in
                let flag = Self.named(flags.randomElement(using: &random) ?? flags[0], using: &random)
                guard Bool.random(using: &random) else { return flag }
                return Self(text: "~" + flag.text) { !flag.holds($0) }
            }
            return Self(text: "(\(atoms.map(\.text).joined(separator: "|")))") { open in
                atoms.contains { $0.holds(open) }
            }
        }
        self.init(text: clauses.map(\.text).joined(separator: "&")) { open in clauses.allSatisfy { $0.holds(open) } }
    }

    /// - Parameter strength: of the operator around it: 0 none or `|`, 1 `&`, 2 `~`.
    private init(depth: Int, strength: Int, using random: inout SplitMix) {
        let choice = depth == 0 ? 0 : Int.random(in: 0..<8, using: &random)
        let own: Int
        switch choice {
        case 0, 1:
            self = Self.atom(using: &random)
            return
        case 2:
            let inner = Self(depth: depth - 1, strength: 2, using: &random)
            self.init(text: "~" + Self.blank(&random) + inner.text) { !inner.holds($0) }
            return
        case 3...5:
            let parts = Self.parts(depth, strength: 1, using: &random)
            self.init(text: parts.map(\.text).joined(separator: Self.blank(&random) + "&")) { open in
                parts.allSatisfy { $0.holds(open) }
            }
            own = 1
        default:
            let parts = Self.parts(depth, strength: 0, using: &random)
            self.init(text: parts.map(\.text).joined(separator: "|" + Self.blank(&random))) { open in
                parts.contains { $0.holds(open) }
            }
            own = 0
        }
        if own < strength || Int.random(in: 0..<8, using: &random) == 0 { self.init(text: "(\(text))", holds: holds) }
    }

    private init(text: String, holds: @escaping (OpenFacts) -> Bool) { (self.text, self.holds) = (text, holds) }

    private static func parts(_ depth: Int, strength: Int, using random: inout SplitMix) -> [Self] {
        (0..<Int.random(in: 2...4, using: &random)).map { _ in
            Self(depth: depth - 1, strength: strength, using: &random)
        }
    }

    private static func atom(using random: inout SplitMix) -> Self {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: Self(text: "O_RDONLY") { $0.flags % 4 == 0 }
        case 1: Self(text: "wronly") { $0.flags % 4 == 1 }
        case 2: Self(text: "RdWr") { $0.flags % 4 == 2 }
        case 3: Self(text: "READ") { ($0.flags % 4 == 0 || $0.flags % 4 == 2) && $0.flags & 0x200000 == 0 }
        case 4: Self(text: "write") { ($0.flags % 4 == 1 || $0.flags % 4 == 2) && $0.flags & 0x200000 == 0 }
        case 5: Self(text: "CREATED") { $0.created ?? false }
        case 6: Self(text: "failed") { ($0.result ?? 0) < 0 }
        case 7:
            numbered(UInt64.random(in: 1..<0x1000, using: &random), using: &random)
        default:
            named(flags.randomElement(using: &random) ?? flags[0], using: &random)
        }
    }

    private static func numbered(_ bits: UInt64, using random: inout SplitMix) -> Self {
        let texts = ["\(bits)", "0x" + String(bits, radix: 16), "0" + String(bits, radix: 8)]
        return Self(text: texts.randomElement(using: &random) ?? "") { $0.flags & bits == bits }
    }

    private static func named(_ flag: (String, UInt64), using random: inout SplitMix) -> Self {
        let texts = [flag.0, "O_" + flag.0, "o_" + flag.0.lowercased()]
        return Self(text: texts.randomElement(using: &random) ?? "") { $0.flags & flag.1 == flag.1 }
    }

    private static func blank(_ random: inout SplitMix) -> String { Bool.random(using: &random) ? " " : "" }
}

extension OpenFacts {
    /// Sparse and dense flags alike, now and then with bits that no kernel knows.
    static func random(using random: inout SplitMix) -> Self {
        var flags = random.next() & 0x7F_FFC0
        if Bool.random(using: &random) { flags &= random.next() }
        if Bool.random(using: &random) { flags |= random.next() & 0x7F_FFC0 }
        if Int.random(in: 0..<16, using: &random) == 0 { flags |= random.next() }
        flags = flags & ~3 | UInt64.random(in: 0..<4, using: &random)
        return Self(
            flags: flags, created: [true, false, nil].randomElement(using: &random) ?? nil,
            result: [-13, -1, 0, 3, nil].randomElement(using: &random) ?? nil)
    }
}
