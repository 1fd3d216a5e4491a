import Testing

@testable import Model

@Suite("What an answer means")
struct DeliveryClassTests {
    @Test(
        "Every status code has its class",
        arguments: [
            (.accepted, [200, 201, 202, 204, 206, 299]),
            (.retry, [408, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524, 525, 526, 529]),
            (.hold, [401, 403, 404, 405, 407, 410, 421, 495, 496, 300, 301, 302, 303, 304, 307, 308]),
            (.split, [413]),
            (.renegotiate, [415]),
            (.poison, [400, 406, 409, 411, 412, 422, 501, 505]),
            // Not in the table: by their hundred.
            (.poison, [402, 414, 416, 418, 431, 451, 499]),
            (.retry, [506, 508, 511, 530, 599, 100, 103, 0, -1, 600, 999]),
        ] as [(DeliveryClass, [Int])])
    func statusCodes(_ expected: DeliveryClass, _ codes: [Int]) {
        for code in codes { #expect(DeliveryClass(status: code) == expected, "status \(code)") }
    }

    @Test(
        "Every failure to get an answer has its class",
        arguments: [
            (.timeout, .retry), (.reset, .retry), (.refused, .retry), (.unresolved, .retry), (.other, .retry),
            (.tls, .hold),
        ] as [(TransportFailure, DeliveryClass)])
    func failures(_ failure: TransportFailure, _ expected: DeliveryClass) {
        #expect(DeliveryClass(failure: failure) == expected)
    }
}

@Suite("Waiting before the next attempt")
struct BackoffTests {
    private func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    @Test("The bound doubles up to the maximum")
    func bounds() {
        var backoff = Backoff(initial: .seconds(1), maximum: .seconds(60))
        var random = SplitMix(state: 1)
        for bound in [1.0, 2, 4, 8, 16, 32, 60, 60, 60] {
            // The same failures many times over: waits fill the whole range and never leave it.
            let waits = (0..<200).map { _ in
                var copy = backoff
                return seconds(copy.delay(using: &random))
            }
            #expect(waits.allSatisfy { 0...bound ~= $0 })
            #expect(waits.contains { $0 > bound * 0.9 })
            #expect(waits.contains { $0 < bound * 0.1 })
            _ = backoff.delay(using: &random)
        }
        #expect(backoff.failures == 9)
    }

    @Test("A success starts over")
    func reset() {
        var backoff = Backoff(initial: .seconds(1), maximum: .seconds(60))
        var random = SplitMix(state: 2)
        for _ in 0..<10 { _ = backoff.delay(using: &random) }
        backoff.reset()
        #expect(
            (0..<100).allSatisfy { _ in
                var copy = backoff
                return copy.delay(using: &random) <= .seconds(1)
            })
    }

    @Test(
        "The receiver may ask for a longer wait, up to a quarter of an hour",
        arguments: [
            (0, 0), (-5, 0), (30, 30), (900, 900), (901, 900), (86_400, 900),
        ])
    func retryAfter(asked: Int, waited: Int) {
        var backoff = Backoff(initial: .zero, maximum: .zero)
        var random = SplitMix(state: 3)
        #expect(backoff.delay(retryAfter: .seconds(asked), using: &random) == .seconds(waited))
    }

    @Test("A wish that is shorter than the wait changes nothing")
    func shortRetryAfter() {
        var backoff = Backoff(initial: .seconds(1), maximum: .seconds(60))
        #expect(backoff.hold(retryAfter: .seconds(5)) == .seconds(60))
        #expect(backoff.hold() == .seconds(60))
        #expect(backoff.hold(retryAfter: .seconds(120)) == .seconds(120))
    }

    @Test("Odd settings and a thousand failures neither trap nor exceed the maximum")
    func extremes() {
        var random = SplitMix(state: 4)
        for (initial, maximum) in [(0, 60), (90, 60), (-1, 60), (1, 0), (1, 1 << 40)] {
            var backoff = Backoff(initial: .seconds(initial), maximum: .seconds(maximum))
            for _ in 0..<1000 {
                let delay = backoff.delay(using: &random)
                #expect(delay >= .zero && delay <= .seconds(max(maximum, 0)))
            }
        }
    }
}
