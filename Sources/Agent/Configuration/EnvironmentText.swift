/// Environment variables in the strings of a configuration: `${NAME}`, `${NAME:-default}`, `$$` for a dollar sign.
///
/// Strings are filled in after the file was parsed, so that a variable can never add keys or tables. Problems name
/// the variable, never its content.
struct EnvironmentText {
    var variables: [String: String]

    struct Problem: Error, Equatable {
        var sentence: String
    }

    /// `text` with its variables filled in.
    func filled(_ text: String) throws(Problem) -> String {
        guard text.unicodeScalars.contains("$") else { return text }
        var rest = text.unicodeScalars[...]
        var filled = String.UnicodeScalarView()
        while let dollar = rest.firstIndex(of: "$") {
            filled.append(contentsOf: rest[..<dollar])
            rest = rest[dollar...].dropFirst()
            switch rest.popFirst() {
            case "$"?:
                filled.append("$")
            case "{"?:
                guard let end = rest.firstIndex(of: "}") else { throw Problem(sentence: "${ without its closing }") }
                filled.append(contentsOf: try value(of: rest[..<end]).unicodeScalars)
                rest = rest[end...].dropFirst()
            default:
                throw Problem(sentence: "write $$ for a dollar sign, ${NAME} for an environment variable")
            }
        }
        filled.append(contentsOf: rest)
        return String(filled)
    }

    private func value(of reference: Substring.UnicodeScalarView) throws(Problem) -> String {
        let isName: (Unicode.Scalar) -> Bool = { $0 == "_" || $0.isASCII && ($0.properties.isAlphabetic || $0.isDigit) }
        let name = String(reference.prefix(while: isName))
        let rest = String(reference.dropFirst(name.unicodeScalars.count))
        guard let first = name.unicodeScalars.first, !first.isDigit, rest.isEmpty || rest.hasPrefix(":-") else {
            throw Problem(sentence: "an environment variable is written ${NAME} or ${NAME:-default}")
        }
        if let value = variables[name], !value.isEmpty || rest.isEmpty { return value }
        guard !rest.isEmpty else {
            if name == "CREDENTIALS_DIRECTORY" {
                throw Problem(
                    sentence: "environment variable \(name) is not set; systemd sets it for units with LoadCredential=")
            }
            throw Problem(
                sentence: "environment variable \(name) is not set; ${\(name):-default} would give it a default")
        }
        return String(rest.dropFirst(2))
    }
}

extension Unicode.Scalar {
    var isDigit: Bool { ("0"..."9").contains(self) }
}
