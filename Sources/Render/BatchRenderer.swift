package import Model

/// Renders batches; see the schema in docs/schema.
package enum BatchRenderer {
    /// The batch as one payload, or as several that each stand alone when one would exceed `maxBytes`.
    package static func payloads(_ batch: Batch, format: BatchFormat, maxBytes: Int) -> [Payload] {
        [Payload(id: "\(batch.agent.instance)-\(batch.sequence)", format: format, body: [], rows: batch.rows.count)]
    }
}
