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
        for metric in UnitMetric.all {
            let counters = metric.counters.filter { !absent.contains($0.counter) }
            let positions = view.units.indices.filter { position in
                let sums = view.units[position].sums.sums.counters
                return metric.uses.isEmpty || metric.uses.contains { sums[$0] > 0 }
            }
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
        if absent.contains(.writeFailures) { return }
        writeErrors(of: view, labels, to: &writer)
    }

    private static func writeErrors(of view: LiveView, _ labels: [Labels], to writer: inout ExpositionWriter) {
        let positions = view.units.indices.filter { !view.units[$0].sums.sums.writeErrors.isEmpty }
        if positions.isEmpty { return }
        writer.begin(UnitMetric.writeErrors)
        let name = Array(UnitMetric.writeErrors.name.utf8)
        for position in positions {
            for (number, count) in view.units[position].sums.sums.writeErrors.sorted(by: { $0.key < $1.key }) {
                var labels = labels[position]
                labels.add("errno", ByteString(ErrnoName.name(of: number)))
                writer.series(name, labels.bytes, count)
            }
        }
    }
}
