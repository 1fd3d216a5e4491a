import Model
import Render

/// What the local endpoint makes of a window of 1,000 units.
func benchmarkMetrics() {
    let batch = largeBatch(units: 1000)
    var live = LiveUnits(idle: 900)
    var view = live.add(batch)
    measure("add a window of 1,000 units to the endpoint's") { view = live.add(batch) }
    for format in ExpositionFormat.allCases {
        var bytes = 0
        bytes = Exposition.render(view, as: format).count
        measure("render /metrics of 1,000 units as \(format), \(bytes) bytes") {
            if Exposition.render(view, as: format).count != bytes { bytes = 0 }
        }
    }
    measure("render /api/v1/units of 1,000 units") { _ = EndpointDocuments.units(view) }
}

/// The median of many, in this thread's time.
private func measure(_ what: String, _ body: () -> Void) { report(what, microseconds(each: 1, body)) }
