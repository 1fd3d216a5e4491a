package import Model

/// Renders batches; see the schema in docs/schema.
package enum BatchRenderer {
    /// The batch, the first of its output, as one payload, or as several that each stand alone when one would exceed `maxBytes`.
    ///
    /// Alerts go first. Parts are cut between alerts and between rows. One that is larger than `maxBytes` by itself is sent alone and as it is: whether
    /// to take it is the receiver's decision. A batch without rows is a payload too, because sequences have no holes.
    package static func payloads(_ batch: Batch, format: BatchFormat, maxBytes: Int) -> [Payload] {
        var payloads: [Payload] = []
        var shaper = BatchShaper(format: format, maxBytes: maxBytes)
        shaper.render(batch) { payloads.append($0) }
        return payloads
    }

    /// The same payloads one at a time, so that only one of them has to be in memory.
    static func render(_ batch: Batch, as format: RowFormat, maxBytes: Int, to take: (Payload) -> Void) {
        let shape = PayloadShape(batch, format: format)
        let cuts = shape.cuts(maxBytes: maxBytes)
        for (index, part) in cuts.enumerated() {
            take(shape.payload(part, part: index + 1, parts: cuts.count))
        }
    }
}
