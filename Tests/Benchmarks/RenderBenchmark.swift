import Model
import Render

/// A batch of 1,000 units as bytes, in each format.
func benchmarkRendering() {
    let batch = largeBatch(units: 1000)
    for format in BatchFormat.allCases {
        var shaper = BatchShaper(format: format, maxBytes: 4 << 20)
        var times: [Double] = []
        var bytes = 0
        for _ in 1...101 {
            bytes = 0
            times.append(microsecondsOnce(each: 1) { shaper.render(batch) { bytes += $0.body.count } })
        }
        report("render 1,000 units as \(format.rawValue), \(bytes) bytes", times.sorted()[times.count / 2])
    }
}
