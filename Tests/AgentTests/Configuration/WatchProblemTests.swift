import Testing

@testable import Agent

@Suite struct WatchProblemTests {
    @Test(arguments: [
        ProblemExample(
            "watch nothing",
            #"""
            [outputs.t]
            type = "stdout"
            [[watch]]
            paths = ["/etc/**"]
            """#,
            #"""
            agent.toml:3:3: error: [[watch]] has no slice, unit or container: it would watch nothing
                [[watch]]
                  ^
            agent.toml:3:3: warning: [[watch]] has no effect in this version: no alerts are raised
                [[watch]]
                  ^
            """#),
        ProblemExample(
            "watch odd things",
            #"""
            [outputs.t]
            type = "stdout"
            [[watch]]
            unit = "a"
            paths = ["etc"]
            allow = ["dpkg", "uid:root", "unit:", "comm:x"]
            """#,
            #"""
            agent.toml:3:3: warning: [[watch]] has no effect in this version: no alerts are raised
                [[watch]]
                  ^
            agent.toml:5:10: error: paths[0] must begin with "/"
                paths = ["etc"]
                         ^
            agent.toml:6:10: error: allow[0] must be a path, "unit:GLOB", "comm:NAME" or "uid:NUMBER"
                allow = ["dpkg", "uid:root", "unit:", "comm:x"]
                         ^
            agent.toml:6:18: error: allow[1] must be a path, "unit:GLOB", "comm:NAME" or "uid:NUMBER"
                allow = ["dpkg", "uid:root", "unit:", "comm:x"]
                                 ^
            agent.toml:6:30: error: allow[2] must be a path, "unit:GLOB", "comm:NAME" or "uid:NUMBER"
                allow = ["dpkg", "uid:root", "unit:", "comm:x"]
                                             ^
            """#),
        ProblemExample(
            "listen oddly",
            #"""
            [outputs.t]
            type = "stdout"
            [http]
            listen = "9469"
            """#,
            #"""
            agent.toml:4:10: error: listen must be an address such as "127.0.0.1:9469" or "unix:/run/otagent/htt\#
            p.sock"
                listen = "9469"
                         ^
            """#),
        ProblemExample(
            "listen remotely",
            #"""
            [outputs.t]
            type = "stdout"
            [http]
            listen = "0.0.0.0:9469"
            allow_remote = true
            """#,
            #"""
            agent.toml:4:10: error: listen beyond this host needs allow_remote = true and a token_file
                listen = "0.0.0.0:9469"
                         ^
            """#),
        ProblemExample(
            "listen relatively",
            #"""
            [outputs.t]
            type = "stdout"
            [http]
            listen = "unix:x"
            """#,
            #"""
            agent.toml:4:10: error: listen needs an absolute path after "unix:"
                listen = "unix:x"
                         ^
            """#),
        ProblemExample(
            "listen at too long a path",
            """
            [outputs.t]
            type = "stdout"
            [http]
            listen = "unix:/\(String(repeating: "x", count: 107))"
            """,
            """
            agent.toml:4:10: error: listen must be shorter: the path of a socket has at most 107 bytes
                listen = "unix:/\(String(repeating: "x", count: 94))…
                         ^
            """),
    ])
    func whatCannotBeWatchedOrListenedToIsShown(example: ProblemExample) {
        #expect(problems(example.text, environment: ["WORD": "word"]) == example.rendered)
    }
}
