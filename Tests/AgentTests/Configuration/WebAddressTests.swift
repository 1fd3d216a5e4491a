import Testing

@testable import Agent

@Suite struct WebAddressTests {
    @Test(
        arguments: [
            ("http://127.0.0.1:8080/ingest", false, "127.0.0.1", true),
            ("https://collector.example", true, "collector.example", false),
            ("HTTPS://x/", true, "x", false), ("http://[::1]:80/", false, "::1", true),
            ("http://localhost", false, "localhost", true),
            ("http://a.localhost:1?q=@", false, "a.localhost", true),
            ("http://127.evil.example/", false, "127.evil.example", false),
            ("http://127.1/", false, "127.1", false), ("http://10.0.0.1", false, "10.0.0.1", false),
        ])
    func aURLHasASchemeAndAHost(text: String, isEncrypted: Bool, host: String, isLoopback: Bool) throws {
        let address = try WebAddress(text)
        #expect(address.isEncrypted == isEncrypted)
        #expect(address.host == host)
        #expect(address.isLoopback == isLoopback)
    }

    @Test(
        arguments: [
            ("", "must begin with http:// or https://"), ("ftp://x", "must begin with http:// or https://"),
            ("localhost:80", "must begin with http:// or https://"),
            ("http://", "must name a host, as in \"https://collector.example:4318/ingest\""),
            ("http:///x", "must name a host, as in \"https://collector.example:4318/ingest\""),
            ("http://:80/x", "must name a host, as in \"https://collector.example:4318/ingest\""),
            ("http://[::1/x", "must name a host, as in \"https://collector.example:4318/ingest\""),
            ("http://x:0/", "must have a port between 1 and 65535"),
            ("http://x:y/", "must have a port between 1 and 65535"),
            ("http://x:/", "must have a port between 1 and 65535"),
            ("http://x:65536", "must have a port between 1 and 65535"),
            ("http://x/#a", "must not have a fragment (#...)"),
            ("http://x/a b", "must not contain blanks or letters outside ASCII; write them percent-encoded"),
            ("http://é/", "must not contain blanks or letters outside ASCII; write them percent-encoded"),
            (
                "http://u:p@x/",
                "must not contain a user name or password; use username and password_file, or bearer_token_file"
            ),
        ])
    func whatIsNotAURLIsTold(text: String, sentence: String) {
        #expect(throws: WebAddress.Problem(sentence: sentence)) { try WebAddress(text) }
    }
}
