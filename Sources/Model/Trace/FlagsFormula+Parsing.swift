extension FlagsFormula {
    /// The longest formula, in bytes: enough to name every flag a hundred times.
    package static var longest: Int { 4096 }
    /// How deep parentheses and `~` may stand in one another.
    package static var deepest: Int { 100 }

    /// Reads a formula: `~` binds tighter than `&`, and that tighter than `|`.
    ///
    /// Names are flags of `open(2)`, in any case and with or without their `O_`, and `READ`, `WRITE`, `CREATED`, `FAILED`.
    /// Numbers are written as in C: `577`, `0x241`, `01101`.
    package init(parsing text: String) throws(FormulaError) {
        // Before anything is made of it.
        guard text.utf8.count <= Self.longest else {
            throw FormulaError(.tooLong(Self.longest), in: text, at: 0)
        }
        var parser = FormulaParser(text)
        self = try parser.formula()
    }
}

/// Goes through a formula from left to right, one method for each strength of operator.
private struct FormulaParser {
    private let text: String
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    init(_ text: String) {
        self.text = text
        scalars = Array(text.unicodeScalars)
    }

    mutating func formula() throws(FormulaError) -> FlagsFormula {
        guard next != nil else { throw error(.empty) }
        let formula = try any()
        switch next {
        case nil: return formula
        case ")": throw error(.unopenedParenthesis)
        case let scalar?: throw missingOperator(before: scalar)
        }
    }

    private mutating func any() throws(FormulaError) -> FlagsFormula {
        var operands = [try all()]
        while take("|") { operands.append(try all()) }
        return operands.count == 1 ? operands[0] : .any(operands)
    }

    private mutating func all() throws(FormulaError) -> FlagsFormula {
        var operands = [try operand()]
        while take("&") { operands.append(try operand()) }
        return operands.count == 1 ? operands[0] : .all(operands)
    }

    private mutating func operand() throws(FormulaError) -> FlagsFormula {
        guard let first = next else { throw error(.noFlag) }
        let start = position
        switch first {
        case "~":
            try descend()
            position += 1
            let operand = try operand()
            depth -= 1
            return .not(operand)
        case "(":
            try descend()
            position += 1
            let group = try any()
            guard let end = next else { throw error(.unclosedParenthesis, at: start) }
            guard end == ")" else { throw missingOperator(before: end) }
            position += 1
            depth -= 1
            return group
        case let scalar where scalar.isPartOfWord:
            let word = word()
            return .atom(
                scalar.isDigit ? try number(word, at: start) : try name(word, at: start))
        case "&", "|", ")":
            let isDoubled = first != ")" && start > 0 && scalars[start - 1] == first
            throw error(.noFlag, suggestion: isDoubled ? String(first) : nil)
        default: throw error(.strangeCharacter, suggestion: Self.meantOperators[String(first)])
        }
    }

    private mutating func descend() throws(FormulaError) {
        depth += 1
        guard depth <= FlagsFormula.deepest else { throw error(.tooDeep(FlagsFormula.deepest)) }
    }

    private func name(_ word: String, at start: Int) throws(FormulaError) -> FlagsFormula.Atom {
        let name = word.uppercased()
        if let atom = FlagsFormula.Atom.names[name] ?? FlagsFormula.Atom.names["O_" + name] { return atom }
        // All begin alike, which must not make words look near to each other.
        let bare = { (name: String) in name.hasPrefix("O_") ? String(name.dropFirst(2)) : name }
        let names = Dictionary(FlagsFormula.Atom.names.keys.map { (bare($0), $0) }) { first, _ in first }
        let near = Suggestion.nearest(to: bare(name), among: Array(names.keys)).flatMap { names[$0] }
        throw error(.unknownName(word), at: start, suggestion: Self.meantOperators[word.lowercased()] ?? near)
    }

    private func number(_ word: String, at start: Int) throws(FormulaError) -> FlagsFormula.Atom {
        let lower = word.lowercased()
        let bits =
            if lower.hasPrefix("0x") {
                UInt64(lower.dropFirst(2), radix: 16)
            } else {
                UInt64(lower, radix: lower.hasPrefix("0") ? 8 : 10)
            }
        guard let bits else { throw error(.badNumber(word), at: start) }
        guard bits != 0 else { throw error(.zero, at: start, suggestion: AccessMode.readOnly.name) }
        return .bits(bits)
    }

    // MARK: The text

    /// The next scalar that is no blank.
    private var next: Unicode.Scalar? {
        mutating get {
            while position < scalars.count, scalars[position].isBlank { position += 1 }
            return position < scalars.count ? scalars[position] : nil
        }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private mutating func word() -> String {
        let end = scalars[position...].firstIndex { !$0.isPartOfWord } ?? scalars.count
        defer { position = end }
        var word = String.UnicodeScalarView()
        word.append(contentsOf: scalars[position..<end])
        return String(word)
    }

    // MARK: Mistakes

    /// What people write for the operators out of habit.
    private static let meantOperators = [
        "!": "~", "not": "~", "+": "|", ",": "|", "or": "|", "and": "&",
    ]

    private func error(
        _ problem: FormulaError.Problem, at place: Int? = nil, suggestion: String? = nil
    ) -> FormulaError {
        FormulaError(problem, in: text, at: place ?? position, suggestion: suggestion)
    }

    private mutating func missingOperator(before scalar: Unicode.Scalar) -> FormulaError {
        let start = position
        if scalar.isPartOfWord {
            return error(.noOperator, at: start, suggestion: Self.meantOperators[word().lowercased()])
        }
        if scalar == "(" || scalar == "~" { return error(.noOperator) }
        return error(.strangeCharacter, suggestion: Self.meantOperators[String(scalar)])
    }
}

extension Unicode.Scalar {
    fileprivate var isBlank: Bool { self == " " || self == "\t" || self == "\n" || self == "\r" }
    fileprivate var isDigit: Bool { "0"..."9" ~= self }
    fileprivate var isPartOfWord: Bool { isDigit || "a"..."z" ~= self || "A"..."Z" ~= self || self == "_" }
}
