import Synchronization
import Testing

@testable import Agent

@Suite(.timeLimit(.minutes(1))) struct WishesTests {
    private let wishes: Wishes
    private let signals: AsyncStream<Signals.Wish>.Continuation

    init() {
        let (stream, signals) = AsyncStream.makeStream(of: Signals.Wish.self)
        (wishes, self.signals) = (Wishes(stream), signals)
    }

    @Test func `a stop is kept for whoever asks later, and counted`() async {
        signals.yield(.stop)
        await wishes.stop()
        await wishes.stop(1)
        async let second: Void = wishes.stop(2)
        signals.yield(.stop)
        await second
    }

    @Test func `whoever waits for a stop stops waiting when he is cancelled`() async {
        let waiting = Task { [wishes] in await wishes.stop() }
        waiting.cancel()
        await waiting.value
    }

    @Test func `of reloads that nobody follows yet the first one's time is kept`() async {
        let first = ContinuousClock.now
        for milliseconds in 0..<3 { signals.yield(.reload(at: first + .milliseconds(milliseconds))) }
        signals.yield(.stop)
        await wishes.stop()
        var reloads = wishes.reloads.makeAsyncIterator()
        #expect(await reloads.next() == first)
        signals.yield(.reload(at: first + .seconds(1)))
        #expect(await reloads.next() == first + .seconds(1))
    }
}
