package import Model

extension FormulaError {
    /// A sentence, then the formula with a caret below the place; several lines without the last line's end.
    package var text: String {
        guard case .tooLong = problem else { return sentence + "\n" + excerpt }
        return sentence
    }

    private var sentence: String {
        let meant = suggestion.map { "; did you mean \"\($0)\"?" } ?? ""
        switch problem {
        case .tooLong(let most): return "the formula has more than \(most) bytes"
        case .tooDeep(let most):
            return "more than \(most) parentheses and \"~\" stand in one another here; write it with fewer"
        case .empty: return "the formula is empty; name a flag, such as \"O_CREAT\""
        case .noFlag:
            if let suggestion { return "an operator is written once: \"\(suggestion)\"" }
            return "a flag is missing here; write its name, such as \"O_CREAT\""
        case .noOperator:
            return suggestion.map { "an operator is missing here; did you mean \"\($0)\"?" }
                ?? "an operator is missing here; write \"&\" for and, \"|\" for or"
        case .unclosedParenthesis: return "nothing closes this parenthesis; write a \")\""
        case .unopenedParenthesis: return "nothing opens this parenthesis; take it away or write a \"(\""
        case .unknownName(let name):
            let help = "; flags are those of open(2), READ, WRITE, CREATED and FAILED"
            return "there is no flag \"\(Self.shortened(name))\"" + (suggestion == nil ? help : meant)
        case .badNumber(let digits):
            return "\"\(Self.shortened(digits))\" is no number of 64 bits; write it as in C: 64, 0x40 or 0100"
        case .zero: return "0 has no bits that could be set" + meant
        case .strangeCharacter:
            return "this does not belong into a formula" + (suggestion == nil ? "; take it away" : meant)
        }
    }

    private static func shortened(_ word: String) -> String { word.count > 40 ? word.prefix(40) + "..." : word }

    /// How much of the formula is shown on either side of the place.
    private static var reach: Int { 36 }

    private var excerpt: String {
        let start = max(0, position - Self.reach)
        let scalars = formula.unicodeScalars.dropFirst(start)
        let before = scalars.prefix(position - start).map(Self.shown).joined()
        let after = scalars.dropFirst(position - start)
        let lead = start > 0 ? "..." : ""
        let tail = after.dropFirst(Self.reach).isEmpty ? "" : "..."
        let indent = String(repeating: " ", count: 2 + lead.count + before.count)
        return "  \(lead)\(before)\(after.prefix(Self.reach).map(Self.shown).joined())\(tail)\n\(indent)^"
    }

    /// One column for each character: what is not ASCII may have two columns or none, which would move the caret.
    private static func shown(_ scalar: Unicode.Scalar) -> String {
        if scalar.isASCII { return String(scalar).legible }
        return "\\u{\(String(scalar.value, radix: 16))}"
    }
}
