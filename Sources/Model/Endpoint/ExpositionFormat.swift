/// The text formats that Prometheus and its like scrape.
package enum ExpositionFormat: Sendable, Hashable, CaseIterable {
    case prometheus, openMetrics

    package var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// OpenMetrics for who asks for it, and for nothing else as much: everybody else reads the older format.
    package init(accept: String?) {
        var best: [Self: Double] = [:]
        for range in (accept ?? "").split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.trimmed.lowercased() }
            let format: Self
            switch parts.first {
            case "application/openmetrics-text": format = .openMetrics
            case "text/plain", "text/*", "*/*": format = .prometheus
            default: continue
            }
            let versions = parts.filter { $0.hasPrefix("version=") }
            if format == .openMetrics, !versions.allSatisfy({ $0 == "version=1.0.0" }) { continue }
            let quality = parts.first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            best[format] = max(best[format] ?? 0, quality)
        }
        let wished = best[.openMetrics] ?? 0
        self = wished > 0 && wished >= (best[.prometheus] ?? 0) ? .openMetrics : .prometheus
    }
}
