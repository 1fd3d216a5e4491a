/// Why a text is no formula, and at which place of it.
package struct FormulaError: Error, Equatable, Sendable {
    package enum Problem: Equatable, Sendable {
        /// Longer than this many bytes.
        case tooLong(Int)
        /// More parentheses and `~` in one another than this.
        case tooDeep(Int)
        /// Nothing but blanks.
        case empty
        /// The text ends, or goes on with something else, where a flag should stand.
        case noFlag
        /// Two flags follow each other.
        case noOperator
        case unclosedParenthesis
        case unopenedParenthesis
        case unknownName(String)
        /// Digits that are no number, or one of more than 64 bits.
        case badNumber(String)
        /// Every open has "all" of no bits.
        case zero
        case strangeCharacter
    }

    package let problem: Problem
    package let formula: String
    /// Where in the formula, counted in Unicode scalars.
    package let position: Int
    /// What may have been meant: a name, or an operator.
    package let suggestion: String?

    package init(_ problem: Problem, in formula: String, at position: Int, suggestion: String? = nil) {
        (self.problem, self.formula, self.position, self.suggestion) = (problem, formula, position, suggestion)
    }
}
