/// What of a formula the kernel tests: a few terms, of which one must hold.
///
/// A BPF program must end after a bounded number of steps, so a formula becomes a disjunction of at most `most` terms. One
/// that would need more becomes a wider one, which lets every open pass that the formula matches and some besides; who reads
/// the rows then tests the formula itself.
package struct FlagsTerms: Equatable, Sendable {
    /// The most terms the kernel is given.
    package static var most: Int { 32 }

    package let terms: [FlagsTerm]
    /// Whether the terms let pass just what the formula matches.
    package let isExact: Bool

    package init(_ formula: FlagsFormula, on architecture: Architecture) {
        let union = TermUnion(formula, isNegated: false, on: architecture)
        (terms, isExact) = (union.terms, union.isExact)
    }

    /// As the kernel does it.
    package func accept(_ open: OpenFacts) -> Bool { terms.contains { $0.accepts(open) } }

    /// Whether no open can match the formula.
    package var acceptNothing: Bool { terms.isEmpty }

    /// Whether a term holds for every open.
    package var acceptEverything: Bool { terms.contains { $0.isEmpty } }
}

/// A conjunction: the flags under a mask have one value, and so has what came of the open.
package struct FlagsTerm: Hashable, Sendable {
    /// What came of an open, as bits.
    package struct Outcome: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// A file came into being, and that is known.
        package static let created = Self(rawValue: 1)
        /// The result is an error, and that is known.
        package static let failed = Self(rawValue: 2)
    }

    /// The flags in the lower half, the outcome in the upper: a term is one comparison of one number.
    let mask, value: UInt128

    init(mask: UInt128, value: UInt128) { (self.mask, self.value) = (mask, value & mask) }

    init(flags mask: UInt64, equal value: UInt64) { self.init(mask: UInt128(mask), value: UInt128(value)) }

    init(_ outcome: Outcome) {
        let bits = UInt128(outcome.rawValue) << 64
        self.init(mask: bits, value: bits)
    }

    package var flagsMask: UInt64 { UInt64(truncatingIfNeeded: mask) }
    package var flagsValue: UInt64 { UInt64(truncatingIfNeeded: value) }
    package var outcomeMask: Outcome { Outcome(rawValue: UInt8(truncatingIfNeeded: mask >> 64)) }
    package var outcomeValue: Outcome { Outcome(rawValue: UInt8(truncatingIfNeeded: value >> 64)) }

    /// Whether it asks for nothing, so that it always holds.
    var isEmpty: Bool { mask == 0 }

    package func accepts(_ open: OpenFacts) -> Bool {
        var outcome: Outcome = []
        if open.isCreated { outcome.insert(.created) }
        if open.isFailed { outcome.insert(.failed) }
        return open.flags & flagsMask == flagsValue && outcome.intersection(outcomeMask) == outcomeValue
    }

    // MARK: Two terms

    /// Both at once; nil when that cannot be.
    func and(_ other: Self) -> Self? {
        guard (value ^ other.value) & mask & other.mask == 0 else { return nil }
        return Self(mask: mask | other.mask, value: value | other.value)
    }

    /// Whether this one holds wherever the other does.
    func covers(_ other: Self) -> Bool { mask & ~other.mask == 0 && (value ^ other.value) & mask == 0 }

    /// One for both, if there is one that is no wider: they differ in a single bit, which then does not matter.
    func merged(with other: Self) -> Self? {
        let difference = value ^ other.value
        guard mask == other.mask, difference.nonzeroBitCount == 1 else { return nil }
        return Self(mask: mask & ~difference, value: value)
    }

    /// The narrowest that holds wherever one of the two does.
    func widened(to other: Self) -> Self {
        Self(mask: mask & other.mask & ~(value ^ other.value), value: value)
    }
}
