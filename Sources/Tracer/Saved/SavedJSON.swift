internal import Foundation
internal import Model
internal import Render

extension SavedTrace {
    func readLines(_ take: (TraceEvent) throws -> Void) throws -> End {
        let decoder = JSONDecoder()
        var ending = End()
        var (line, start) = (0, 0)
        while start < bytes.count {
            line += 1
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            defer { start = end + 1 }
            let part = bytes[start..<end]
            if part.allSatisfy({ " \t\r".utf8.contains($0) }) { continue }
            do {
                try hand(try row(part, line, decoder), to: take, &ending)
            } catch let mistake as Mistake where end == bytes.count && Self.isTorn(part) {
                _ = mistake
                ending.cutOff = tornEnd(line)
            }
        }
        return ending
    }

    private func hand(
        _ record: SavedRow.Record, to take: (TraceEvent) throws -> Void, _ ending: inout End
    ) throws {
        switch record {
        case .event(let event): try take(event)
        case .lost(let account): ending.add(account)
        }
    }

    /// Whether a text without the end of its line is a beginning of an object only.
    private static func isTorn(_ part: ArraySlice<UInt8>) -> Bool {
        (try? JSONScanner.members(of: Array(part), in: 0..<part.count)) == nil
    }

    func readArray(_ take: (TraceEvent) throws -> Void) throws -> End {
        let rows: [Range<Int>]
        do {
            rows = try JSONScanner.elements(of: bytes, in: 0..<bytes.count)
        } catch {
            throw mistakeInArray()
        }
        let decoder = JSONDecoder()
        var ending = End()
        var (line, place) = (1, 0)
        for range in rows {
            line += bytes[place..<range.lowerBound].count { $0 == UInt8(ascii: "\n") }
            place = range.lowerBound
            try hand(try row(bytes[range], line, decoder), to: take, &ending)
        }
        return ending
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

    private func row(
        _ part: ArraySlice<UInt8>, _ line: Int, _ decoder: JSONDecoder
    ) throws(Mistake) -> SavedRow.Record {
        do {
            return try decoder.decode(SavedRow.self, from: Data(part)).record()
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
