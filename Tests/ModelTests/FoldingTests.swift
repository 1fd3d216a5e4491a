import Testing

@testable import Model

@Suite("Names of transient units are folded")
struct FoldingTests {
    @Test(
        "What systemd made up becomes a star, and nothing else",
        arguments: [
            ("run-r0123456789abcdef0123456789abcdef.scope", "run-r*.scope"),
            ("run-r0123456789abcdef0123456789abcdef.service", "run-r*.service"),
            ("run-u12.service", "run-u*.service"),
            ("run-12345.scope", "run-*.scope"),
            ("run-p77-i54955.service", "run-p*.service"),
            ("run-p238-i170.scope", "run-p*.scope"),
            ("session-12.scope", "session-*.scope"),
            ("session-c3.scope", "session-c*.scope"),

            ("run-r0123.scope", "run-r0123.scope"),
            ("run-r0123456789ABCDEF0123456789ABCDEF.scope", "run-r0123456789ABCDEF0123456789ABCDEF.scope"),
            ("run-u.service", "run-u.service"),
            ("run-u12a.service", "run-u12a.service"),
            ("run-user-1000.mount", "run-user-1000.mount"),
            ("run-p77.service", "run-p77.service"),
            ("run-p77-i.service", "run-p77-i.service"),
            ("run-lock.mount", "run-lock.mount"),
            ("session-.scope", "session-.scope"),
            ("session-web.service", "session-web.service"),
            ("prerun-u12.service", "prerun-u12.service"),
            ("nginx.service", "nginx.service"),
            ("run-12345", "run-12345"),
            ("*", "*"),
            ("", ""),
        ])
    func folding(_ name: String, _ expected: String) {
        #expect(ByteString(name).folded == ByteString(expected))
    }

    @Test("Folding a folded name changes nothing")
    func idempotent() {
        #expect(ByteString("session-12.scope").folded.folded == "session-*.scope")
    }
}
