/// Terms of which one must hold, while a formula is taken apart; never more than `FlagsTerms.most`.
///
/// Everything here keeps the union at least as wide as the formula, so that a part which had to be made wider leaves
/// the whole wider, never narrower: `~` is taken down to the atoms first.
struct TermUnion {
    private(set) var terms: [FlagsTerm]
    private(set) var isExact = true

    private init(_ terms: [FlagsTerm]) { self.terms = terms }

    private static var always: Self { Self([FlagsTerm(mask: 0, value: 0)]) }
    private static var never: Self { Self([]) }

    init(_ formula: FlagsFormula, isNegated: Bool, on architecture: Architecture) {
        switch (formula, isNegated) {
        case (.atom(let atom), false): self = atom.terms(on: architecture).reduce(into: .never) { $0.insert($1) }
        case (.atom(let atom), true):
            self = atom.terms(on: architecture).reduce(.always) { $0.and(.complement(of: $1)) }
        case (.not(let formula), _): self.init(formula, isNegated: !isNegated, on: architecture)
        case (.all(let formulas), false), (.any(let formulas), true):
            self = formulas.reduce(.always) { $0.and(Self($1, isNegated: isNegated, on: architecture)) }
        case (.any(let formulas), false), (.all(let formulas), true):
            self = formulas.reduce(into: .never) { $0.formUnion(Self($1, isNegated: isNegated, on: architecture)) }
        }
    }

    /// Where the term does not hold, one of its bits is the other way round.
    private static func complement(of term: FlagsTerm) -> Self {
        var union = Self.never
        var rest = term.mask
        while rest != 0 {
            let bit = rest & ~(rest - 1)
            union.insert(FlagsTerm(mask: bit, value: ~term.value))
            rest ^= bit
        }
        return union
    }

    private mutating func formUnion(_ other: Self) {
        for term in other.terms { insert(term) }
        isExact = isExact && other.isExact
    }

    private func and(_ other: Self) -> Self {
        var product = Self.never
        for left in terms {
            for right in other.terms {
                if let both = left.and(right) { product.insert(both) }
            }
        }
        product.isExact = product.isExact && isExact && other.isExact
        return product
    }

    private mutating func insert(_ term: FlagsTerm) {
        guard !terms.contains(where: { $0.covers(term) }) else { return }
        terms.removeAll { term.covers($0) }
        for (index, other) in terms.enumerated() {
            if let merged = term.merged(with: other) {
                terms.remove(at: index)
                return insert(merged)
            }
        }
        terms.append(term)
        if terms.count > FlagsTerms.most { widen() }
    }

    /// Makes one of the two terms that lose the fewest conditions by it.
    private mutating func widen() {
        var best = (left: 0, right: 1, lost: Int.max)
        for right in terms.indices {
            for left in 0..<right {
                let kept = terms[left].widened(to: terms[right]).mask.nonzeroBitCount
                let lost = terms[left].mask.nonzeroBitCount + terms[right].mask.nonzeroBitCount - 2 * kept
                if lost < best.lost { best = (left, right, lost) }
            }
        }
        let wider = terms[best.left].widened(to: terms[best.right])
        terms.remove(at: best.right)
        terms.remove(at: best.left)
        isExact = false
        insert(wider)
    }
}

extension FlagsFormula.Atom {
    /// Terms of which one must hold.
    fileprivate func terms(on architecture: Architecture) -> [FlagsTerm] {
        let path = OpenFlag.path.bits(on: architecture)
        return switch self {
        case .access(let mode): [FlagsTerm(flags: AccessMode.mask, equal: mode.rawValue)]
        case .flag(let flag):
            [FlagsTerm(flags: flag.bits(on: architecture), equal: flag.bits(on: architecture))]
        case .bits(let bits): [FlagsTerm(flags: bits, equal: bits)]
        case .property(.created): [FlagsTerm(.created)]
        case .property(.failed): [FlagsTerm(.failed)]
        case .property(.read):
            [AccessMode.readOnly, .readWrite].map {
                FlagsTerm(flags: AccessMode.mask | path, equal: $0.rawValue)
            }
        case .property(.write):
            [AccessMode.writeOnly, .readWrite].map {
                FlagsTerm(flags: AccessMode.mask | path, equal: $0.rawValue)
            }
        }
    }
}
