import Export
import Testing

@testable import Agent

@Suite struct OutputRouteTests {
    private func output(_ lines: String, url: String = "https://x/") -> String {
        "[outputs.a]\ntype = \"http\"\nurl = \"\(url)\"\n\(lines)\n"
    }

    /// What is said about these lines, without the place and the excerpt.
    private func sentences(_ lines: String, url: String = "https://x/", environment: [String: String] = [:]) -> [String]
    {
        ConfigurationFile.parse(text: output(lines, url: url), path: "agent.toml", environment: environment)
            .problems.map(\.sentence)
    }

    private func options(_ lines: String, environment: [String: String] = [:]) throws -> HTTPOptions {
        let outputs = try settings(output(lines), environment: environment).outputs
        guard case .http(let options)? = outputs.first?.kind else {
            Issue.record("no output of type http")
            return HTTPOptions(url: "")
        }
        return options
    }

    @Test func aProxyAndItsCredentialsReachTheOptions() throws {
        let options = try options(
            """
            proxy = "${HTTPS_PROXY:-}"
            proxy_username = "me"
            proxy_password_file = "/p"
            allow_insecure_auth = true
            """, environment: ["HTTPS_PROXY": "http://proxy.example:3128/"])
        #expect(options.proxy == "http://proxy.example:3128/")
        #expect(options.proxyUsername == "me" && options.proxyPasswordFile == "/p")
    }

    @Test func withoutTheVariableThereIsNoProxy() throws {
        #expect(try options("proxy = \"${HTTPS_PROXY:-}\"").proxy == nil)
    }

    @Test func aSecretOfSystemdIsFoundByItsDirectory() throws {
        let environment = ["CREDENTIALS_DIRECTORY": "/run/credentials/otagent.service"]
        let options = try options("bearer_token_file = \"${CREDENTIALS_DIRECTORY}/token\"", environment: environment)
        #expect(options.bearerTokenFile == "/run/credentials/otagent.service/token")
    }

    @Test func withoutThatDirectoryTheProblemSaysWhoSetsIt() {
        #expect(
            problems(output("bearer_token_file = \"${CREDENTIALS_DIRECTORY}/token\"")) == #"""
                agent.toml:4:21: error: environment variable CREDENTIALS_DIRECTORY is not set; systemd sets it for u\#
                nits with LoadCredential=
                    bearer_token_file = "***"
                                        ^
                """#)
    }

    @Test(arguments: [
        ("unix_socket = \"unix:/run/c.sock\"", "unix_socket must be a path, without unix:"),
        ("unix_socket = \"run/c.sock\"", "unix_socket must be an absolute path of at most 107 bytes"),
        (
            "unix_socket = \"/" + String(repeating: "x", count: 107) + "\"",
            "unix_socket must be an absolute path of at most 107 bytes"
        ),
        (
            "unix_socket = \"/run/c.sock\"\nproxy = \"http://p:1\"",
            "unix_socket and proxy exclude each other: keep one of them"
        ),
        (
            "proxy = \"https://p:1\"",
            "proxy must be http://HOST:PORT and nothing else; https goes through it all the same"
        ),
        (
            "proxy = \"http://p:1/x\"",
            "proxy must be http://HOST:PORT and nothing else; https goes through it all the same"
        ),
        (
            "proxy = \"http://p:1?x\"",
            "proxy must be http://HOST:PORT and nothing else; https goes through it all the same"
        ),
        ("proxy = \"p:3128\"", "proxy must begin with http:// or https://"),
        (
            "proxy = \"http://me:hunter2@p:1\"",
            "proxy must not contain a user name or password; use username and password_file, or bearer_token_file"
        ),
        ("proxy_username = \"me\"", "proxy_username needs proxy_password_file"),
        ("proxy_password_file = \"/p\"", "proxy_password_file needs proxy_username"),
        ("proxy_username = \"me\"\nproxy_password_file = \"/p\"", "proxy_username needs proxy"),
        (
            "proxy = \"http://p:1\"\nproxy_username = \"me\"\nproxy_password_file = \"/p\"",
            "the proxy's password would cross the network readable by everyone: set allow_insecure_auth = true if it may"
        ),
    ])
    func whatDoesNotGoTogetherOnTheWayIsShown(lines: String, sentence: String) {
        #expect(sentences(lines) == [sentence])
    }

    @Test func credentialsInTheClearMayGoBySocketButNotThroughAProxy() {
        let token = "bearer_token_file = \"/t\"\n"
        let clear =
            "credentials would cross the network readable by everyone: use https, or set allow_insecure_auth = true"
        #expect(sentences(token + "unix_socket = \"/run/c.sock\"", url: "http://collector/") == [])
        #expect(sentences(token + "proxy = \"http://127.0.0.1:1\"", url: "http://localhost/") == [])
        #expect(sentences(token + "proxy = \"http://p:1\"", url: "http://localhost/") == [clear])
        #expect(sentences(token + "proxy = \"http://p:1\"", url: "https://collector/") == [])
    }
}
