internal import Model

/// The formats that have the rows of one window, and nothing of those before.
enum RowFormat {
    /// Everything in one.
    case document
    /// One for the batch and one for each row.
    case lines

    var batchFormat: BatchFormat {
        switch self {
        case .document: .json
        case .lines: .ndjson
        }
    }
}

/// How the rows of a batch become payloads of one format: how large each would be, and its bytes.
struct PayloadShape {
    private let batch: Batch
    private let members: CounterMembers
    private let format: RowFormat
    private let rows: RenderedRows
    /// What a payload needs at most besides its rows, and what it needs at most with each.
    ///
    /// Part numbers, ids and totals are only known once the cuts are: so they are taken as large as they can get. The
    /// totals of a part have no more digits and no more names of errors than those of the whole batch.
    private var frame = (around: 0, perRow: 0)

    init(_ batch: Batch, format: RowFormat) {
        (self.batch, self.format) = (batch, format)
        members = CounterMembers(absent: batch.coverage.absent)
        rows = RenderedRows(batch.rows, members: members)
        frame = largestFrame()
    }

    /// The rows of each part: as many as fit, and at least one.
    func cuts(maxBytes: Int) -> [Range<Int>] {
        var cuts: [Range<Int>] = []
        var (start, size) = (0, frame.around)
        for row in batch.rows.indices {
            let added = rows.size(of: row..<row + 1) + frame.perRow
            if row > start, size + added > maxBytes {
                cuts.append(start..<row)
                (start, size) = (row, frame.around)
            }
            size += added
        }
        return cuts + [start..<batch.rows.count]
    }

    func payload(rows range: Range<Int>, part: Int, parts: Int) -> Payload {
        let envelope = BatchEnvelope(batch: batch, members: members, part: part, parts: parts)
        let totals = RowTotals(of: batch.rows[range])
        let size = frame.around + rows.size(of: range) + range.count * frame.perRow
        var json = JSONWriter(reservingCapacity: size)
        switch format {
        case .document: writeDocument(envelope, totals, range, to: &json)
        case .lines: writeLines(envelope, totals, range, to: &json)
        }
        return Payload(id: envelope.id, format: format.batchFormat, body: json.bytes, rows: range.count)
    }

    private func writeDocument(
        _ envelope: BatchEnvelope, _ totals: RowTotals, _ range: Range<Int>, to json: inout JSONWriter
    ) {
        json.object { json in
            envelope.write(totals: totals, to: &json)
            json.array("units") { json in
                for row in range { json.object { rows.write(row, to: &$0) } }
            }
            json.array("alerts") { _ in }
        }
        json.endLine()
    }

    private func writeLines(
        _ envelope: BatchEnvelope, _ totals: RowTotals, _ range: Range<Int>, to json: inout JSONWriter
    ) {
        json.object { json in
            json.member("type", "batch")
            envelope.write(totals: totals, to: &json)
        }
        json.endLine()
        let reference = unitReference(envelope)
        for row in range {
            json.object { json in
                json.rendered(reference)
                rows.write(row, to: &json)
            }
            json.endLine()
        }
    }

    /// What every unit's line of a part begins with.
    private func unitReference(_ envelope: BatchEnvelope) -> [UInt8] {
        var json = JSONWriter()
        json.member("type", "unit")
        envelope.writeReference(to: &json, withWindow: true)
        return json.bytes
    }

    private func largestFrame() -> (around: Int, perRow: Int) {
        let parts = max(batch.rows.count, 1)
        let envelope = BatchEnvelope(batch: batch, members: members, part: parts, parts: parts)
        let totals = RowTotals(of: batch.rows[...])
        var json = JSONWriter()
        switch format {
        case .document:
            writeDocument(envelope, totals, 0..<0, to: &json)
            // Braces, and a comma that the first row does not have.
            return (json.bytes.count, 3)
        case .lines:
            writeLines(envelope, totals, 0..<0, to: &json)
            // Braces, a comma and the end of the line.
            return (json.bytes.count, unitReference(envelope).count + 4)
        }
    }
}
