internal import Model

/// The formats that have the rows of one window, and nothing of those before.
enum RowFormat {
    /// Everything in one.
    case document
    /// One for the batch, one for each row and one for each alert.
    case lines

    var batchFormat: BatchFormat {
        switch self {
        case .document: .json
        case .lines: .ndjson
        }
    }
}

/// How the rows and alerts of a batch become payloads of one format: how large each would be, and its bytes.
struct PayloadShape {
    /// What stands in one payload.
    struct Part: Equatable {
        var alerts: Range<Int>
        var rows: Range<Int>

        var isEmpty: Bool { alerts.isEmpty && rows.isEmpty }
    }

    private let batch: Batch
    private let members: CounterMembers
    private let format: RowFormat
    private let rows: RenderedElements
    private let alerts: RenderedElements
    /// What a payload needs at most besides its rows and alerts, and what it needs at most with each.
    ///
    /// Part numbers, ids and totals are only known once the cuts are: so they are taken as large as they can get. The
    /// totals of a part have no more digits and no more names of errors than those of the whole batch.
    private var frame = (around: 0, perRow: 0, perAlert: 0)

    init(_ batch: Batch, format: RowFormat) {
        (self.batch, self.format) = (batch, format)
        let members = CounterMembers(absent: batch.coverage.absent)
        self.members = members
        rows = RenderedElements(count: batch.rows.count) { batch.rows[$0].write(to: &$1, counting: members) }
        alerts = RenderedElements(count: batch.alerts.count) { $1.members(of: batch.alerts[$0]) }
        frame = largestFrame()
    }

    /// What goes into each part: the alerts first, then the rows, as many as fit, and at least one of either.
    func cuts(maxBytes: Int) -> [Part] {
        var parts: [Part] = []
        var (part, size) = (Part(alerts: 0..<0, rows: 0..<0), frame.around)
        for alert in batch.alerts.indices {
            let added = alerts.size(of: alert) + frame.perAlert
            if !part.isEmpty, size + added > maxBytes {
                parts.append(part)
                (part, size) = (Part(alerts: alert..<alert, rows: 0..<0), frame.around)
            }
            part.alerts = part.alerts.lowerBound..<alert + 1
            size += added
        }
        let noAlerts = batch.alerts.endIndex..<batch.alerts.endIndex
        for row in batch.rows.indices {
            let added = rows.size(of: row) + frame.perRow
            if !part.isEmpty, size + added > maxBytes {
                parts.append(part)
                (part, size) = (Part(alerts: noAlerts, rows: row..<row), frame.around)
            }
            part.rows = part.rows.lowerBound..<row + 1
            size += added
        }
        return parts + [part]
    }

    func payload(_ content: Part, part: Int, parts: Int) -> Payload {
        let envelope = BatchEnvelope(batch: batch, members: members, part: part, parts: parts)
        let totals = RowTotals(of: batch.rows[content.rows])
        let size =
            frame.around + rows.size(of: content.rows) + content.rows.count * frame.perRow
            + alerts.size(of: content.alerts) + content.alerts.count * frame.perAlert
        var json = JSONWriter(reservingCapacity: size)
        switch format {
        case .document: writeDocument(envelope, totals, content, to: &json)
        case .lines: writeLines(envelope, totals, content, to: &json)
        }
        return Payload(id: envelope.id, format: format.batchFormat, body: json.bytes, rows: content.rows.count)
    }

    private func writeDocument(
        _ envelope: BatchEnvelope, _ totals: RowTotals, _ content: Part, to json: inout JSONWriter
    ) {
        json.object { json in
            envelope.write(totals: totals, to: &json)
            json.array("units") { json in
                for row in content.rows { json.object { rows.write(row, to: &$0) } }
            }
            json.array("alerts") { json in
                for alert in content.alerts { json.object { alerts.write(alert, to: &$0) } }
            }
        }
        json.endLine()
    }

    private func writeLines(
        _ envelope: BatchEnvelope, _ totals: RowTotals, _ content: Part, to json: inout JSONWriter
    ) {
        json.object { json in
            json.member("type", "batch")
            envelope.write(totals: totals, to: &json)
        }
        json.endLine()
        func write(_ elements: RenderedElements, _ range: Range<Int>, after reference: [UInt8]) {
            for element in range {
                json.object { json in
                    json.rendered(reference)
                    elements.write(element, to: &json)
                }
                json.endLine()
            }
        }
        write(rows, content.rows, after: reference(envelope, type: "unit", withWindow: true))
        write(alerts, content.alerts, after: reference(envelope, type: "alert", withWindow: false))
    }

    /// What every line of a type begins with in a part.
    private func reference(_ envelope: BatchEnvelope, type: String, withWindow: Bool) -> [UInt8] {
        var json = JSONWriter()
        json.member("type", type)
        envelope.writeReference(to: &json, withWindow: withWindow)
        return json.bytes
    }

    private func largestFrame() -> (around: Int, perRow: Int, perAlert: Int) {
        let parts = max(batch.rows.count + batch.alerts.count, 1)
        let envelope = BatchEnvelope(batch: batch, members: members, part: parts, parts: parts)
        let totals = RowTotals(of: batch.rows[...])
        let nothing = Part(alerts: 0..<0, rows: 0..<0)
        var json = JSONWriter()
        switch format {
        case .document:
            writeDocument(envelope, totals, nothing, to: &json)
            // Braces, and a comma that the first one does not have.
            return (json.bytes.count, 3, 3)
        case .lines:
            writeLines(envelope, totals, nothing, to: &json)
            // Braces, a comma and the end of the line.
            return (
                json.bytes.count, reference(envelope, type: "unit", withWindow: true).count + 4,
                reference(envelope, type: "alert", withWindow: false).count + 4
            )
        }
    }
}
