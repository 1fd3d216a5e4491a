/// One half of a rendered batch, for a receiver that finds the whole too large.
///
/// It is cut from the bytes alone, as those may be older than the process. What stands in a row stays as it is, byte
/// for byte; of the rest only the id, the part, the totals and the place of the alerts change: a batch cut once is what
/// the renderer would have sent as two parts. Like every part of a window, each half says what was lost and what the
/// agent itself did in the window as a whole. Alerts are in the first half, as long as there are rows to part.
package struct BatchHalf: Sendable, Equatable {
    /// The id of what was cut, with `/1` or `/2`.
    package let id: String
    package let body: [UInt8]
    /// Unit rows in it.
    package let rows: Int

    /// The halves of a document of format `json`; nil when it has fewer than two rows and alerts, or is not one of
    /// ours.
    package static func halves(ofDocument text: [UInt8], id: String) -> [Self]? {
        do throws(JSONScanner.Malformed) {
            guard text.last == newline else { return nil }
            let frame = try BatchFrame(of: text, in: 0..<text.count - 1, id: id)
            let (units, alerts) = (try frame.value(of: "units"), try frame.value(of: "alerts"))
            let rows = try JSONScanner.elements(of: text, in: units)
            let raised = try JSONScanner.elements(of: text, in: alerts)
            func kept(_ elements: ArraySlice<Range<Int>>) -> [UInt8] {
                guard let first = elements.first, let last = elements.last else { return Array("[]".utf8) }
                // They stand one after the other, with their commas.
                return [UInt8(ascii: "[")] + text[first.lowerBound..<last.upperBound] + [UInt8(ascii: "]")]
            }
            return try pair(of: rows, raised, id: id) { number, rows, raised throws(JSONScanner.Malformed) in
                let edits = try frame.edits(forHalf: number, rows: rows)
                return text.edited(
                    in: 0..<text.count, edits + [Edit(units, kept(rows)), Edit(alerts, kept(raised))])
            }
        } catch {
            return nil
        }
    }

    /// The halves of lines of format `ndjson`; nil when there are fewer than two rows and alerts, or they are not
    /// ours.
    package static func halves(ofLines text: [UInt8], id: String) -> [Self]? {
        do throws(JSONScanner.Malformed) {
            let lines = try lines(of: text, id: id)
            guard let frame = lines.first, try frame.type() == "batch" else { return nil }
            let types = try lines.dropFirst().map { line throws(JSONScanner.Malformed) in try line.type() }
            guard types.allSatisfy({ $0 == "unit" || $0 == "alert" }) else { return nil }
            let rows = zip(lines.dropFirst(), types).filter { $1 == "unit" }.map(\.0)
            let alerts = zip(lines.dropFirst(), types).filter { $1 == "alert" }.map(\.0)
            return try pair(of: rows, alerts, id: id) { number, rows, alerts throws(JSONScanner.Malformed) in
                var body = text.edited(
                    in: frame.place, try frame.edits(forHalf: number, rows: rows.map(\.place)))
                body.append(newline)
                for line in rows + alerts {
                    body += text.edited(in: line.place, [try line.newID(forHalf: number)])
                    body.append(newline)
                }
                return body
            }
        } catch {
            return nil
        }
    }

    private static let newline = UInt8(ascii: "\n")

    /// Cuts between rows as long as there are two, then between alerts.
    private static func pair<Element>(
        of rows: [Element], _ alerts: [Element], id: String,
        _ body: (Int, ArraySlice<Element>, ArraySlice<Element>) throws(JSONScanner.Malformed) -> [UInt8]
    ) throws(JSONScanner.Malformed) -> [Self]? {
        guard rows.count + alerts.count > 1 else { return nil }
        let middle = rows.count / 2
        let raised = rows.count > 1 ? alerts.count : (alerts.count + rows.count) / 2
        return [
            Self(id: "\(id)/1", body: try body(1, rows[..<middle], alerts[..<raised]), rows: middle),
            Self(
                id: "\(id)/2", body: try body(2, rows[middle...], alerts[raised...]), rows: rows.count - middle),
        ]
    }

    /// The lines of a text, every one of them ended.
    private static func lines(of text: [UInt8], id: String) throws(JSONScanner.Malformed) -> [BatchFrame] {
        var lines: [BatchFrame] = []
        var start = text.startIndex
        while start < text.endIndex {
            guard let end = text[start...].firstIndex(of: newline) else { throw JSONScanner.Malformed() }
            lines.append(try BatchFrame(of: text, in: start..<end, id: id))
            start = end + 1
        }
        return lines
    }
}
