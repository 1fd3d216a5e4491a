/// Who may write where: anybody else in its scope is unexpected.
package struct WatchRule: Sendable, Equatable {
    /// As it is written in the configuration.
    package struct Text: Sendable, Equatable {
        package var slice: String?
        package var unit: String?
        package var container: String?
        package var paths: [String] = []
        package var allow: [String] = []
        package var operations: [String] = WatchedOperation.allCases.map(\.name)
        package var isUrgent = false

        package init() {}
    }

    /// Such as `watch[0]`.
    package let name: String
    package let scope: WatchScope
    /// Empty: everywhere.
    package let paths: [PathGlob]
    package let writers: [AllowedWriter]
    package let operations: Set<WatchedOperation>
    package let isUrgent: Bool
    /// What makes it this rule and no other, whatever its place among the others and whom it allows: part of alerts' ids.
    let key: ByteString

    package init(_ name: String, _ text: Text) throws(WatchMistakes) {
        var mistakes: [WatchMistake] = []
        scope = WatchScope(text, &mistakes)
        paths = text.paths.enumerated().compactMap { Self.path($1, .path($0), &mistakes) }
        var writers: [AllowedWriter] = []
        for (index, writer) in text.allow.enumerated() {
            do { writers.append(try AllowedWriter(writer)) } catch {
                mistakes.append(WatchMistake(.writer(index), error))
            }
        }
        var operations: Set<WatchedOperation> = []
        for (index, name) in text.operations.enumerated() {
            if let operation = WatchedOperation(name: name) {
                operations.insert(operation)
            } else {
                mistakes.append(WatchMistake(.operation(index), .unknownOperation))
            }
        }
        guard mistakes.isEmpty else { throw WatchMistakes(all: mistakes) }
        (self.name, self.writers, self.operations, isUrgent) = (name, writers, operations, text.isUrgent)
        let watched = WatchedOperation.allCases.filter(operations.contains).map(\.name)
        let lists = [text.paths, watched].map { $0.joined(separator: "\n") }
        key = ByteString(([text.slice, text.unit, text.container].map { $0 ?? "" } + lists).joined(separator: "\u{0}"))
    }

    private static func path(
        _ text: String, _ place: WatchMistake.Place, _ mistakes: inout [WatchMistake]
    ) -> PathGlob? {
        if let problem = problem(ofPath: text) {
            mistakes.append(WatchMistake(place, problem))
            return nil
        }
        do { return try PathGlob(text) } catch {
            mistakes.append(WatchMistake(place, .glob(error)))
            return nil
        }
    }

    /// Why no file could have this path.
    static func problem(ofPath text: String) -> WatchMistake.Problem? {
        guard text.hasPrefix("/") else { return .notAbsolute }
        let names = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        if names.count > 1, names.last?.isEmpty == true { return .endsWithSlash }
        return names.dropLast(names.count > 1 ? 0 : 1).contains { $0.isEmpty || $0 == "." || $0 == ".." }
            ? .notPlain : nil
    }

    package func watches(path: ByteString) -> Bool { paths.isEmpty || paths.contains { $0.matches(path) } }

    /// Whether what it watches is below a directory, and so is moved with it.
    package func watchesBelow(_ directory: ByteString) -> Bool { paths.contains { $0.isBelow(directory) } }

    /// Which of the files directly in a directory it watches.
    package func coverage(ofFilesIn directory: ByteString) -> PathGlob.Coverage {
        if paths.isEmpty { return .all }
        var coverage = PathGlob.Coverage.none
        for path in paths {
            switch path.coverage(ofNamesIn: directory) {
            case .all: return .all
            case .some: coverage = .some
            case .none: continue
            }
        }
        return coverage
    }

    func allows(
        _ placed: PlacedSighting, isExecutable: (ByteString, PlacedSighting) -> Bool
    ) -> Bool {
        writers.contains { $0.includes(placed, isExecutable: isExecutable) }
    }
}
