extension FlagsTerm {
    /// The term as a formula; nil when it holds for every open.
    package func formula(on architecture: Architecture) -> FlagsFormula? {
        var atoms = accessMode
        var rest = flagsMask & ~AccessMode.mask
        for flag in OpenFlag.allCases {
            let bits = flag.bits(on: architecture)
            guard rest & bits == bits else { continue }
            if flagsValue & bits == bits {
                atoms.append(.atom(.flag(flag)))
            } else if flagsValue & bits == 0, bits.nonzeroBitCount == 1 {
                atoms.append(.not(.atom(.flag(flag))))
            } else {
                continue
            }
            rest &= ~bits
        }
        // What is left has no name of its own, as the half of O_SYNC that O_DSYNC is not.
        for position in UInt64(0)..<64 where rest & (1 << position) != 0 {
            let atom = FlagsFormula.atom(.bits(1 << position))
            atoms.append(flagsValue & (1 << position) != 0 ? atom : .not(atom))
        }
        for (outcome, property) in [(Outcome.created, FlagsFormula.Property.created), (.failed, .failed)] {
            guard outcomeMask.contains(outcome) else { continue }
            let atom = FlagsFormula.atom(.property(property))
            atoms.append(outcomeValue.contains(outcome) ? atom : .not(atom))
        }
        return atoms.count > 1 ? .all(atoms) : atoms.first
    }

    /// The one or two modes that the term allows.
    private var accessMode: [FlagsFormula] {
        let mask = flagsMask & AccessMode.mask
        guard mask != 0 else { return [] }
        let modes = AccessMode.allCases.filter { $0.rawValue & mask == flagsValue & mask }
        let atoms = modes.map { FlagsFormula.atom(.access($0)) }
        return atoms.count > 1 ? [.any(atoms)] : atoms
    }
}
