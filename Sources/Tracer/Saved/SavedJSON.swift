internal import Foundation
internal import Model
internal import Render

extension SavedTrace {
    func readLines(_ take: (TraceEvent) throws -> Void) throws -> String? {
        let decoder = JSONDecoder()
        var (line, start) = (0, 0)
        while start < bytes.count {
            line += 1
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            defer { start = end + 1 }
            let part = bytes[start..<end]
            if part.allSatisfy({ " \t\r".utf8.contains($0) }) { continue }
            do {
                try take(try row(part, line, decoder))
            } catch let mistake as Mistake where end == bytes.count && Self.isTorn(part) {
                _ = mistake
                return tornEnd(line)
            }
        }
        return nil
    }

    /// Whether a text without the end of its line is a beginning of an object only.
    private static func isTorn(_ part: ArraySlice<UInt8>) -> Bool {
        (try? JSONScanner.members(of: Array(part), in: 0..<part.count)) == nil
    }

    func readArray(_ take: (TraceEvent) throws -> Void) throws -> String? {
        let rows: [Range<Int>]
        do {
            rows = try JSONScanner.elements(of: bytes, in: 0..<bytes.count)
        } catch {
            throw mistakeInArray()
        }
        let decoder = JSONDecoder()
        var (line, place) = (1, 0)
        for range in rows {
            line += bytes[place..<range.lowerBound].count { $0 == UInt8(ascii: "\n") }
            place = range.lowerBound
            try take(try row(bytes[range], line, decoder))
        }
        return nil
    }

    private func mistakeInArray() -> Mistake {
        let lines = bytes.count { $0 == UInt8(ascii: "\n") } + (bytes.last == UInt8(ascii: "\n") ? 0 : 1)
        if bytes.last(where: { !" \t\r\n".utf8.contains($0) }) != UInt8(ascii: "]") {
            return mistake(lines, "the array has no end: the trace was cut off (jsonl can be read up to there)")
        }
        do {
            _ = try JSONSerialization.jsonObject(with: Data(bytes))
        } catch let error as NSError {
            let detail = error.userInfo["NSDebugDescription"] as? String
            return mistake(nil, "this is not JSON: \(detail ?? error.localizedDescription)".legible)
        }
        return mistake(nil, "this is no array of rows")
    }

    private func row(_ part: ArraySlice<UInt8>, _ line: Int, _ decoder: JSONDecoder) throws(Mistake) -> TraceEvent {
        do {
            return try decoder.decode(SavedRow.self, from: Data(part)).event()
        } catch let error as SavedRow.Wrong {
            throw mistake(line, error.reason)
        } catch let error as DecodingError {
            // Foundation has the same words for what is no JSON and for a number that is not of the right kind.
            guard case .dataCorrupted = error, !Self.isTorn(part) else { throw mistake(line, Self.words(of: error)) }
            throw mistake(line, "a number is not of the right kind, or too large")
        } catch {
            throw mistake(line, "this is no row: \(error)".legible)
        }
    }

    private static func words(of error: DecodingError) -> String {
        func name(_ context: DecodingError.Context) -> String {
            context.codingPath.map { "\"\($0.stringValue)\"" }.first ?? "the row"
        }
        return switch error {
        case .keyNotFound(let key, _): "the row has no member \"\(key.stringValue)\""
        case .typeMismatch(_, let context): "\(name(context)) is not of the right type"
        case .valueNotFound(_, let context): "\(name(context)) must not be null"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty ? "this is not JSON" : "\(name(context)): \(context.debugDescription)".legible
        @unknown default: "this is no row"
        }
    }
}

/// The members of a row, as docs/schema/opentrace.trace-1.json has them.
struct SavedRow: Decodable {
    struct Wrong: Error { let reason: String }

    let pid: UInt32
    let cgid: UInt64
    let comm: String
    let comm_raw: String?
    let kind: String
    let flags: UInt64
    let mode: UInt64
    let filename: String?
    let filename_raw: String?
    let `return`: Int32?
    let time: String?
    let tid: UInt32?
    let ppid: UInt32?
    let uid: UInt32?
    let unit: String?
    let unit_raw: String?
    let path: String?
    let path_raw: String?
    let created: Bool?
    let via: String?
    let dev: String?
    let ino: UInt64?
    let op: String?
    let target: String?
    let target_raw: String?
    let target_path: String?
    let target_path_raw: String?
    let resolved: String?
    let root: String?
    let container: String?
    let container_raw: String?
    let argv: [String]?
    let argv_raw: [String]?

    func event() throws(Wrong) -> TraceEvent {
        var actor = TraceEvent.Actor(
            pid: pid, tid: tid ?? pid, parent: ppid, uid: uid, cgroup: CgroupID(cgid),
            comm: try bytes(comm, comm_raw, "comm") ?? "")
        actor.unit = try bytes(unit, unit_raw, "unit")
        actor.container = try bytes(container, container_raw, "container")
        var arguments: [ByteString]?
        if let argv {
            guard argv_raw == nil || argv_raw?.count == argv.count else {
                throw Wrong(reason: "\"argv_raw\" has not as many items as \"argv\"")
            }
            arguments = []
            for (index, argument) in argv.enumerated() {
                arguments?.append(try bytes(argument, argv_raw?[index], "argv") ?? "")
            }
        }
        return TraceEvent(
            time: try moment(), actor: actor, operation: try word(op, "op") ?? .open, kind: try savedWord(kind, "kind"),
            facts: OpenFacts(flags: flags, created: created, result: `return`), mode: mode,
            filename: try bytes(filename, filename_raw, "filename"), target: try bytes(target, target_raw, "target"),
            path: try bytes(path, path_raw, "path"), targetPath: try bytes(target_path, target_path_raw, "target_path"),
            resolution: try word(resolved, "resolved"), root: try word(root, "root"), via: try word(via, "via"),
            file: try file(), arguments: arguments)
    }

    private func bytes(_ text: String?, _ raw: String?, _ name: String) throws(Wrong) -> ByteString? {
        guard let raw else { return text.map { ByteString($0) } }
        guard let data = Data(base64Encoded: raw) else { throw Wrong(reason: "\"\(name)_raw\" is no base64") }
        return ByteString(Array(data))
    }

    private func word<Word: RawRepresentable<String> & CaseIterable>(
        _ text: String?, _ name: String
    ) throws(Wrong) -> Word? {
        guard let text else { return nil }
        return try savedWord(text, name)
    }

    private func moment() throws(Wrong) -> Timestamp? {
        guard let time else { return nil }
        guard let moment = Timestamp(time) else {
            throw Wrong(reason: "\"time\" is no moment such as 2026-11-22T12:00:00.000000000Z")
        }
        return moment
    }

    private func file() throws(Wrong) -> TraceEvent.FileID? {
        guard let dev, let ino else { return nil }
        let parts = dev.split(separator: ":", omittingEmptySubsequences: false).map { UInt32($0) }
        guard parts.count == 2, let major = parts[0], let minor = parts[1], major < 1 << 12, minor < 1 << 20 else {
            throw Wrong(reason: "\"dev\" is not a major and a minor number such as 8:1")
        }
        return TraceEvent.FileID(device: major << 20 | minor, inode: ino)
    }
}

func savedWord<Word: RawRepresentable<String> & CaseIterable>(
    _ text: String, _ name: String
) throws(SavedRow.Wrong) -> Word {
    if let word = Word(rawValue: text) { return word }
    let near = Suggestion.nearest(to: text, among: Word.allCases.map(\.rawValue))
    let meant = near.map { "; did you mean \"\($0)\"?" } ?? ""
    throw SavedRow.Wrong(reason: "\"\(name)\" is \"\(String(text.prefix(40)).legible)\", which it cannot be\(meant)")
}
