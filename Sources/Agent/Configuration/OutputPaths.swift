internal import Model

/// The files of all outputs: two writers of one file, or of one file and an archive of it, would spoil each other's lines.
struct OutputPaths {
    private struct Place {
        var output: ConfigurationKey
        /// With a slash at its end.
        var directory: String
        var name: String
    }

    private let places: [Place]

    init(_ sections: [SectionValues]) {
        places = sections.compactMap { section in
            guard section.kind == .output, section.string("type") == "file", let path = section.string("path") else {
                return nil
            }
            let parts = path.split(separator: "/").filter { $0 != "." }.map(String.init)
            let directory = parts.dropLast().map { $0 + "/" }.joined()
            return Place(
                output: section.key, directory: (path.hasPrefix("/") ? "/" : "") + directory, name: parts.last ?? "")
        }
    }

    /// Tells of the later one of each two, in the order of the file.
    func check(_ problems: inout ProblemCollector) {
        for (index, place) in places.enumerated() {
            let sentence = places[..<index].lazy.compactMap { Self.conflict(of: place, with: $0) }.first
            if let sentence { problems.value(place.output.appending("path"), sentence) }
        }
    }

    private static func conflict(of place: Place, with other: Place) -> String? {
        guard Array(place.directory.utf8) == Array(other.directory.utf8) else { return nil }
        if Array(place.name.utf8) == Array(other.name.utf8) { return "[\(other.output)] writes to this path already" }
        if ArchivePattern(fileName: other.name).parse(place.name.utf8) != nil {
            return "old files of [\(other.output)] have names like this"
        }
        if ArchivePattern(fileName: place.name).parse(other.name.utf8) != nil {
            return "old files of this output have names like the path of [\(other.output)]"
        }
        return nil
    }
}
