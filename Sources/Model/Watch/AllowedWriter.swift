/// Whom a watch rule allows.
package enum AllowedWriter: Sendable, Equatable {
    /// Whoever runs the host's file of this path; a file of the same path in a container is another.
    case executable(ByteString)
    /// What the system's own systemd started. Users choose the names of their units, so those are not meant.
    case unit(NameGlob)
    case userUnit(NameGlob)
    /// The name of the process, which it may choose itself.
    case processName(NameGlob)
    case uid(UInt32)

    /// What the kernel keeps of a process's name, in bytes.
    private static var longestProcessName: Int { 15 }

    init(_ text: String) throws(WatchMistake.Problem) {
        if text.hasPrefix("/") {
            if text.utf8.contains(where: { "*?[".utf8.contains($0) }) { throw .executableGlob }
            if let problem = WatchRule.problem(ofPath: text) { throw problem }
            self = .executable(ByteString(text))
            return
        }
        guard let colon = text.firstIndex(of: ":"), text.index(after: colon) < text.endIndex else { throw .noWriter }
        let value = String(text[text.index(after: colon)...])
        switch text[..<colon] {
        case "unit": self = .unit(try Self.glob(value))
        case "user_unit": self = .userUnit(try Self.glob(value))
        case "comm":
            let isPlain = !value.utf8.contains { "*?[\\".utf8.contains($0) }
            if isPlain, value.utf8.count > Self.longestProcessName { throw .longProcessName(Self.longestProcessName) }
            self = .processName(try Self.glob(value))
        case "uid":
            guard value.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let uid = UInt32(value) else {
                throw .noUID
            }
            self = .uid(uid)
        default: throw .noWriter
        }
    }

    private static func glob(_ text: String) throws(WatchMistake.Problem) -> NameGlob {
        do { return try NameGlob(text) } catch { throw .glob(error) }
    }

    func includes(_ placed: PlacedSighting, isExecutable: (ByteString, PlacedSighting) -> Bool) -> Bool {
        let (identity, series, writer) = (placed.identity, placed.series, placed.sighting.writer)
        switch self {
        case .executable(let path): return writer.executable != nil && isExecutable(path, placed)
        case .unit(let glob): return [identity.unit, series.unit].contains { $0.map(glob.matches) ?? false }
        case .userUnit(let glob):
            return [identity.userUnit, series.userUnit].contains { $0.map(glob.matches) ?? false }
        case .processName(let glob): return glob.matches(writer.comm)
        case .uid(let uid): return writer.uid == uid
        }
    }
}
