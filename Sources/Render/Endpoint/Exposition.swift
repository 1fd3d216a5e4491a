package import Model

/// A view as `/metrics` shows it.
package enum Exposition {
    package static func render(_ view: LiveView, as format: ExpositionFormat) -> [UInt8] {
        var writer = ExpositionWriter(format, reservingCapacity: 16 << 10 + view.units.count * 1536)
        writeUnits(view, to: &writer)
        for metric in AgentMetric.all {
            let points = metric.points(view)
            if points.isEmpty { continue }
            writer.begin(metric.family)
            let name = Array(metric.family.name.utf8)
            for point in points {
                // Whole numbers without a fraction, as far as a double tells them apart.
                if let whole = UInt64(exactly: point.value), whole < 1 << 53 {
                    writer.series(name, point.labels, whole)
                } else {
                    writer.series(name, point.labels, point.value)
                }
            }
        }
        writer.end()
        return writer.bytes
    }

    private static func writeUnits(_ view: LiveView, to writer: inout ExpositionWriter) {
        let absent = view.batch.coverage.absent
        let labels = view.units.map(\.sums.key.labels)
        let rings = UnitMetric.all.flatMap(\.counters).filter { $0.via != nil }.map(\.counter)
        // Most units never use io_uring: they have no series of it.
        let usesRings = view.units.map { unit in rings.contains { unit.sums.sums.counters[$0] > 0 } }
        for metric in UnitMetric.all {
            let counters = metric.counters.filter { !absent.contains($0.counter) }
            let positions = view.units.indices.filter { counters.first?.via == nil || usesRings[$0] }
            if counters.isEmpty || positions.isEmpty { continue }
            writer.begin(metric.family)
            let name = Array(metric.family.name.utf8)
            for (via, counter) in counters {
                for position in positions {
                    let value = view.units[position].sums.sums.counters[counter]
                    var labels = labels[position]
                    if let via { labels.add("via", ByteString(via)) }
                    writer.series(name, labels.bytes, value)
                }
            }
        }
    }
}
