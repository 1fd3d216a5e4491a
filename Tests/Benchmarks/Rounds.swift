/// The median of several measurements, each of `count` calls, in microseconds a call.
func microseconds(rounds: Int = 15, each count: Int, _ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    let times = (0..<rounds).map { _ in clock.measure(body) / .microseconds(1) / Double(count) }
    return times.sorted()[rounds / 2]
}

func report(_ what: String, _ microseconds: Double) {
    let unit = microseconds < 1000 ? ("us", microseconds) : ("ms", microseconds / 1000)
    let rounded = (unit.1 * 100).rounded() / 100
    let name = what + String(repeating: " ", count: max(1, 64 - what.count))
    print("\(name)\(rounded) \(unit.0)")
}

/// Why there is nothing to report.
struct Unmeasurable: Error, CustomStringConvertible {
    let description: String
    init(_ what: String, _ where: String) { description = "\(what): \(`where`)" }
}
