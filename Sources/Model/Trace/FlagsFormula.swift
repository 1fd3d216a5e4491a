/// What the flags of an open have to be like for it to become a row, such as `O_CREAT & ~O_EXCL`.
package indirect enum FlagsFormula: Hashable, Sendable {
    case atom(Atom)
    case not(Self)
    /// Two or more, joined by `&`.
    case all([Self])
    /// Two or more, joined by `|`.
    case any([Self])

    package enum Atom: Hashable, Sendable {
        /// The access mode is this one: a comparison, as `O_RDONLY` has no bit.
        case access(AccessMode)
        /// All bits of the flag are set.
        case flag(OpenFlag)
        /// All of these bits are set; at least one.
        case bits(UInt64)
        case property(Property)
    }

    /// What is asked for more often than a flag.
    package enum Property: String, CaseIterable, Sendable {
        /// The open gives access to read: `O_RDONLY` or `O_RDWR`, and not `O_PATH`.
        case read = "READ"
        /// The open gives access to write: `O_WRONLY` or `O_RDWR`, and not `O_PATH`.
        case write = "WRITE"
        /// A file came into being.
        case created = "CREATED"
        /// The result is an error.
        case failed = "FAILED"
    }

    /// Whether the formula holds for an open on a kernel of this architecture.
    package func matches(_ open: OpenFacts, on architecture: Architecture) -> Bool {
        switch self {
        case .atom(let atom): atom.matches(open, on: architecture)
        case .not(let formula): !formula.matches(open, on: architecture)
        case .all(let formulas): formulas.allSatisfy { $0.matches(open, on: architecture) }
        case .any(let formulas): formulas.contains { $0.matches(open, on: architecture) }
        }
    }
}

/// What a formula looks at.
package struct OpenFacts: Hashable, Sendable {
    /// As the program passed them; 64 bits, which `openat2` takes.
    package var flags: UInt64
    /// Whether a file came into being; absent when nobody could tell.
    package var created: Bool?
    /// A file descriptor or a negative errno; absent when it never became known.
    package var result: Int32?

    package init(flags: UInt64, created: Bool? = nil, result: Int32? = nil) {
        (self.flags, self.created, self.result) = (flags, created, result)
    }

    /// What is not known is not so: `FAILED` and `CREATED` mean that it is known, and `~` turns just that round.
    var isCreated: Bool { created == true }
    var isFailed: Bool { result.map { $0 < 0 } ?? false }
}

extension FlagsFormula.Atom {
    fileprivate func matches(_ open: OpenFacts, on architecture: Architecture) -> Bool {
        switch self {
        case .access(let mode): AccessMode(of: open.flags) == mode
        case .flag(let flag): open.flags.contains(all: flag.bits(on: architecture))
        case .bits(let bits): open.flags.contains(all: bits)
        case .property(.created): open.isCreated
        case .property(.failed): open.isFailed
        case .property(.read): open.gives(.readOnly, on: architecture)
        case .property(.write): open.gives(.writeOnly, on: architecture)
        }
    }
}

extension OpenFacts {
    fileprivate func gives(_ access: AccessMode, on architecture: Architecture) -> Bool {
        let mode = AccessMode(of: flags)
        return (mode == access || mode == .readWrite) && !flags.contains(all: OpenFlag.path.bits(on: architecture))
    }
}

extension UInt64 {
    fileprivate func contains(all bits: UInt64) -> Bool { self & bits == bits }
}

extension FlagsFormula: CustomStringConvertible {
    /// As it is written: reading it again gives the same formula.
    package var description: String {
        switch self {
        case .atom(let atom): atom.description
        case .not(let formula): "~" + formula.operand(besides: false)
        case .all(let formulas): formulas.map { $0.operand(besides: false) }.joined(separator: "&")
        case .any(let formulas): formulas.map { $0.operand(besides: true) }.joined(separator: "|")
        }
    }

    /// As part of another formula: in parentheses where it would be read otherwise.
    private func operand(besides or: Bool) -> String {
        switch self {
        case .atom, .not: description
        case .all: or ? description : "(\(description))"
        case .any: "(\(description))"
        }
    }
}

extension FlagsFormula.Atom: CustomStringConvertible {
    package var description: String {
        switch self {
        case .access(let mode): mode.name
        case .flag(let flag): flag.rawValue
        case .bits(let bits): "0x" + String(bits, radix: 16)
        case .property(let property): property.rawValue
        }
    }

    /// Every name a formula can have, in capitals.
    package static let names: [String: Self] = {
        var names: [String: Self] = [:]
        for mode in AccessMode.allCases { names[mode.name] = .access(mode) }
        for flag in OpenFlag.allCases { names[flag.rawValue] = .flag(flag) }
        for (name, flag) in OpenFlag.otherNames { names[name] = .flag(flag) }
        for property in FlagsFormula.Property.allCases { names[property.rawValue] = .property(property) }
        return names
    }()
}
