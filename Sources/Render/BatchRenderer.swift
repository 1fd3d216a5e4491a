package import Model

/// Renders batches; see the schema in docs/schema.
package enum BatchRenderer {
    /// The batch as one payload, or as several that each stand alone when one would exceed `maxBytes`.
    ///
    /// Parts are cut between rows. A row that is larger than `maxBytes` by itself is sent alone and as it is: whether
    /// to take it is the receiver's decision. A batch without rows is a payload too, because sequences have no holes.
    package static func payloads(_ batch: Batch, format: BatchFormat, maxBytes: Int) -> [Payload] {
        let shape = PayloadShape(batch, format: format)
        let cuts = shape.cuts(maxBytes: maxBytes)
        return cuts.enumerated().map { shape.payload(rows: $1, part: $0 + 1, parts: cuts.count) }
    }
}

/// The members of every row, rendered once: parts are assembled from slices of these bytes.
struct RenderedRows {
    private let bytes: [UInt8]
    /// Where each row ends.
    private let ends: [Int]

    init(_ rows: [UnitRow], members: CounterMembers) {
        var json = JSONWriter(reservingCapacity: rows.count * 1536)
        var ends: [Int] = []
        ends.reserveCapacity(rows.count)
        for row in rows {
            row.write(to: &json, counting: members)
            json.endFragment()
            ends.append(json.bytes.count)
        }
        (bytes, self.ends) = (json.bytes, ends)
    }

    subscript(row: Int) -> ArraySlice<UInt8> { bytes[start(of: row)..<ends[row]] }

    func size(of rows: Range<Int>) -> Int {
        rows.isEmpty ? 0 : ends[rows.upperBound - 1] - start(of: rows.lowerBound)
    }

    private func start(of row: Int) -> Int { row == 0 ? 0 : ends[row - 1] }
}
