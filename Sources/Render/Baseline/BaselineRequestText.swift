package import Model

/// What is asked for in a baseline, and what came of it, as lines of JSON in files.
package enum BaselineRequestText {
    package static func bytes(of edit: BaselineEdit) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("action", edit.action.rawValue)
            switch edit.target {
            case .all: json.member("target", "all")
            case .units(let glob):
                json.member("target", "units")
                json.member("glob", glob.text)
            case .ids(let ids):
                json.member("target", "ids")
                json.member("ids", ids.joined(separator: " "))
            }
        }
        json.endLine()
        return json.bytes
    }

    /// Nil for what is not such a request.
    package static func edit(in bytes: [UInt8]) -> BaselineEdit? {
        guard let line = line(bytes), let action = line.string("action").flatMap(BaselineEdit.Action.init) else {
            return nil
        }
        switch line.string("target") {
        case "all": return BaselineEdit(action, .all)
        case "units":
            guard let text = line.string("glob"), let glob = try? PathGlob(text) else { return nil }
            return BaselineEdit(action, .units(glob))
        case "ids":
            return line.string("ids").map { BaselineEdit(action, .ids($0.split(separator: " ").map(String.init))) }
        default: return nil
        }
    }

    package static func bytes(of outcome: BaselineEdit.Outcome) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("combinations", outcome.combinations)
            json.member("units", outcome.units)
            json.member("unknown", outcome.unknown.joined(separator: " "))
        }
        json.endLine()
        return json.bytes
    }

    package static func outcome(in bytes: [UInt8]) -> BaselineEdit.Outcome? {
        guard let line = line(bytes), let combinations = line.number("combinations"), let units = line.number("units"),
            let unknown = line.string("unknown")
        else { return nil }
        return BaselineEdit.Outcome(
            combinations: Int(combinations), units: Int(units), unknown: unknown.split(separator: " ").map(String.init))
    }

    private static func line(_ bytes: [UInt8]) -> BaselineLine? {
        bytes.last == UInt8(ascii: "\n") ? BaselineLine(bytes.dropLast()) : nil
    }
}
