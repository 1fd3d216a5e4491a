/// Pauses after failures in a row: drawn between `initial` and a bound that doubles up to `max`.
struct Backoff {
    private let initial: Duration
    private let max: Duration
    private var bound: Duration

    init(initial: Duration, max: Duration) {
        (self.initial, self.max, self.bound) = (initial, Swift.max(initial, max), initial)
    }

    mutating func next() -> Duration {
        let pause = initial + (bound - initial) * Double.random(in: 0...1)
        bound = Swift.min(bound * 2, max)
        return pause
    }

    mutating func reset() { bound = initial }
}
