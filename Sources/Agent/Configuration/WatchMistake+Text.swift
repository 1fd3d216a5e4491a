internal import Model
internal import Render

extension WatchMistake.Place {
    /// As it is called in sentences.
    var name: String {
        switch self {
        case .slice: "slice"
        case .unit: "unit"
        case .container: "container"
        case .path(let index): "paths[\(index)]"
        case .writer(let index): "allow[\(index)]"
        case .operation(let index): "ops[\(index)]"
        }
    }

    func key(in rule: ConfigurationKey) -> ConfigurationKey {
        switch self {
        case .slice, .unit, .container: rule.appending(name)
        case .path(let index): rule.appending("paths").appending(index)
        case .writer(let index): rule.appending("allow").appending(index)
        case .operation(let index): rule.appending("ops").appending(index)
        }
    }
}

extension WatchMistake {
    /// What is wrong, to be said after the name of its place; never the value itself.
    var sentence: String {
        switch problem {
        case .glob(let mistake): "is no pattern: \(mistake.text)"
        case .notAbsolute: "must begin with \"/\""
        case .notPlain: "must have no \"//\", \"/./\" or \"/../\" in it: no file has such a path"
        case .endsWithSlash: "must not end with \"/\"; all that is below a directory is \"DIRECTORY/**\""
        case .noWriter:
            "must be a path, \"unit:GLOB\", \"user_unit:GLOB\", \"comm:GLOB\" or \"uid:NUMBER\""
        case .executableGlob: "must be the path of one executable, without \"*\", \"?\" and \"[\""
        case .noUID: "must have the number of a user after \"uid:\"; \"id -u NAME\" shows it"
        case .longProcessName(let most):
            "is longer than any process's name: the kernel keeps \(most) bytes; write these and \"*\""
        case .unknownOperation: "is no operation that can be watched"
        }
    }
}
