package import Model

/// Makes payloads of the batches of one output, in its format.
///
/// Formats with cumulative sums need all windows since the start: so each output has one, and gives it every batch once.
package struct BatchShaper: Sendable {
    private let format: BatchFormat
    private let maxBytes: Int
    private var series: CumulativeSeries

    /// - Parameter maxBytes: of a payload; a batch that comes to more is several.
    package init(format: BatchFormat, maxBytes: Int, limits: CumulativeSeries.Limits = .init()) {
        (self.format, self.maxBytes) = (format, maxBytes)
        series = CumulativeSeries(limits: limits)
    }

    /// Hands over the payloads of the next batch one at a time, so that only one of them has to be in memory.
    package mutating func render(_ batch: Batch, to take: (Payload) -> Void) {
        switch format {
        case .json: BatchRenderer.render(batch, as: .document, maxBytes: maxBytes, to: take)
        case .ndjson: BatchRenderer.render(batch, as: .lines, maxBytes: maxBytes, to: take)
        case .otlp: OTLPRequest(series.add(batch), of: batch).render(maxBytes: maxBytes, to: take)
        }
    }
}
