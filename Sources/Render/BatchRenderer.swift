package import Model

/// Renders batches; see the schema in docs/schema.
package enum BatchRenderer {
    /// The batch as one payload, or as several that each stand alone when one would exceed `maxBytes`.
    ///
    /// Parts are cut between rows. A row that is larger than `maxBytes` by itself is sent alone and as it is: whether
    /// to take it is the receiver's decision. A batch without rows is a payload too, because sequences have no holes.
    package static func payloads(_ batch: Batch, format: BatchFormat, maxBytes: Int) -> [Payload] {
        var payloads: [Payload] = []
        render(batch, format: format, maxBytes: maxBytes) { payloads.append($0) }
        return payloads
    }

    /// The same payloads one at a time, so that only one of them has to be in memory.
    package static func render(
        _ batch: Batch, format: BatchFormat, maxBytes: Int, to take: (Payload) -> Void
    ) {
        let shape = PayloadShape(batch, format: format)
        let cuts = shape.cuts(maxBytes: maxBytes)
        for (index, rows) in cuts.enumerated() {
            take(shape.payload(rows: rows, part: index + 1, parts: cuts.count))
        }
    }
}
