package import Model

extension PathGlob.Mistake {
    /// What is wrong with the pattern, without the pattern itself.
    package var text: String {
        switch problem {
        case .empty: "it is empty; \"*\" is any name"
        case .unclosedBracket:
            "nothing closes the \"[\" at byte \(position + 1); write \"\\[\" for the character itself"
        case .nothingEscaped: "nothing follows the \"\\\" at its end; write \"\\\\\" for the character itself"
        case .emptyRange: "the range at byte \(position + 1) ends before it begins"
        case .notASCII: "only ASCII can stand in brackets, and byte \(position + 1) is something else"
        case .tooLong(let most): "it has more than \(most) bytes"
        }
    }
}
