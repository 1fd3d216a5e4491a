package import Model

/// What of a formula is tested where, for a person.
package struct FormulaExplanation: Sendable {
    private let formula: FlagsFormula
    private let terms: FlagsTerms
    private let architecture: Architecture

    package init(_ formula: FlagsFormula, on architecture: Architecture) {
        (self.formula, self.architecture) = (formula, architecture)
        terms = FlagsTerms(formula, on: architecture)
    }

    /// Several lines, each with its end.
    package var text: String {
        var lines = ["formula (\(architecture.rawValue)): \(formula)"]
        if terms.acceptNothing {
            lines.append("in the kernel: nothing passes, because no open can match the formula")
        } else if terms.acceptEverything {
            lines.append("in the kernel: every open passes")
        } else {
            let count = terms.terms.count
            lines.append("in the kernel: an open passes that meets " + (count == 1 ? "this" : "one of these \(count)"))
            let conditions = terms.terms.map(Self.condition)
            let widest = conditions.map(\.count).max() ?? 0
            for (term, condition) in zip(terms.terms, conditions) {
                let blanks = String(repeating: " ", count: widest - condition.count)
                lines.append("  \(condition)\(blanks)  \(term.formula(on: architecture)?.description ?? "")")
            }
        }
        lines.append(
            terms.isExact
                ? "in opentrace: nothing more, the kernel's test is the formula"
                : "in opentrace: the formula itself, because the kernel's test lets more pass")
        return lines.joined(separator: "\n") + "\n"
    }

    /// As C would say it.
    private static func condition(of term: FlagsTerm) -> String {
        var parts: [String] = []
        if term.flagsMask != 0 {
            parts.append("(flags & \(hexadecimal(term.flagsMask))) == \(hexadecimal(term.flagsValue))")
        }
        for (outcome, name) in [(FlagsTerm.Outcome.created, "created"), (.failed, "failed")]
        where term.outcomeMask.contains(outcome) {
            parts.append(term.outcomeValue.contains(outcome) ? name : "!\(name)")
        }
        return parts.joined(separator: " && ")
    }

    private static func hexadecimal(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
}
