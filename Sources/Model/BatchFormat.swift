/// The wire formats of a batch.
package enum BatchFormat: String, CaseIterable, Sendable {
    case json, ndjson
    /// OTLP's metrics in JSON: cumulative sums over all windows since the start.
    case otlp

    /// The HTTP content type of a body in this format.
    package var contentType: String {
        switch self {
        case .json, .otlp: "application/json"
        case .ndjson: "application/x-ndjson"
        }
    }
}

/// A batch, or one part of it, rendered: what an output sends or writes, and retries byte for byte.
package struct Payload: Sendable {
    /// `<instance>-<sequence>`, with `@<keys>` when its rows are grouped, and `/<part>` when there is more than one.
    package let id: String
    package let format: BatchFormat
    package let body: [UInt8]
    /// Unit rows in it, for the accounts.
    package let rows: Int

    package init(id: String, format: BatchFormat, body: [UInt8], rows: Int) {
        (self.id, self.format, self.body, self.rows) = (id, format, body, rows)
    }
}
