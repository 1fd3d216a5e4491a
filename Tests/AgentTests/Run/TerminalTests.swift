import Render
import Testing

@testable import Agent

struct TerminalTests {
    @Test func `keys of a terminal are told apart`() {
        #expect(
            Terminal.keys(Array("q\u{1b}[A\u{1b}[6~\u{e4}\r".utf8)) == [
                .character("q"), .up, .pageDown, .character("\u{e4}"), .enter,
            ])
        #expect(Terminal.keys([0x1B]) == [.escape])
        #expect(Terminal.keys(Array("\u{1b}[99~".utf8)).isEmpty)
        #expect(Terminal.keys([0x7F, 0x01, 0xFF]) == [.backspace])
    }
}
