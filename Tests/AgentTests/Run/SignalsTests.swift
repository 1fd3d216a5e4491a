import Foundation
import Testing

@testable import Agent

@Suite(.timeLimit(.minutes(1))) struct SignalsTests {
    @Test func `signals ask to stop or to reload, also those sent before anybody listened`() async {
        Signals.take()
        defer { for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_DFL) } }
        kill(getpid(), SIGHUP)
        var wishes = Signals.wishes().makeAsyncIterator()
        guard case .reload = await wishes.next() else { return #expect(Bool(false), "no wish to reload") }
        for number in [SIGTERM, SIGINT] {
            kill(getpid(), number)
            #expect(await wishes.next() == .stop)
        }
    }
}
