import Glibc

/// How often everything is measured.
let rounds = 15

/// The median of several measurements, each of `count` calls, in microseconds a call.
func microseconds(each count: Int, _ body: () -> Void) -> Double {
    (0..<rounds).map { _ in microsecondsOnce(each: count, body) }.sorted()[rounds / 2]
}

/// What a call takes of this thread's time: what others do meanwhile is not in it.
func microsecondsOnce(each count: Int, _ body: () -> Void) -> Double {
    let start = threadTime()
    body()
    return (threadTime() - start) / 1000 / Double(count)
}

/// Nanoseconds.
private func threadTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
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
