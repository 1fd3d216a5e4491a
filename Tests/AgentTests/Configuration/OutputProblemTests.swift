import Testing

@testable import Agent

@Suite struct OutputProblemTests {
    @Test(arguments: [
        ProblemExample(
            "token and password",
            #"""
            [outputs.a]
            type = "http"
            url = "https://x/"
            username = "u"
            password_file = "/p"
            bearer_token_file = "/t"
            """#,
            #"""
            agent.toml:4:1: error: username and bearer_token_file exclude each other: keep one of them
                username = "u"
                ^
            """#),
        ProblemExample(
            "username alone",
            #"""
            [outputs.a]
            type = "http"
            url = "https://x/"
            username = "u"
            """#,
            #"""
            agent.toml:4:1: error: username needs password_file
                username = "u"
                ^
            """#),
        ProblemExample(
            "password alone",
            #"""
            [outputs.a]
            type = "http"
            url = "https://x/"
            password_file = "/p"
            username = ""
            """#,
            #"""
            agent.toml:4:1: error: password_file needs username
                password_file = "/p"
                ^
            """#),
        ProblemExample(
            "header and token",
            #"""
            [outputs.a]
            type = "http"
            url = "https://x/"
            bearer_token_file = "/t"
            headers = { authorization = "x" }
            """#,
            #"""
            agent.toml:5:13: error: the header authorization and bearer_token_file exclude each other: keep one \#
            of them
                headers = { authorization = "***" }
                            ^
            """#),
        ProblemExample(
            "key without certificate",
            #"""
            [outputs.a]
            type = "http"
            url = "https://x/"
            [outputs.a.tls]
            key_file = "/k"
            """#,
            #"""
            agent.toml:5:1: error: key_file needs cert_file
                key_file = "/k"
                ^
            """#),
        ProblemExample(
            "token in the clear",
            #"""
            [outputs.a]
            type = "http"
            url = "http://collector.example/"
            bearer_token_file = "/t"
            """#,
            #"""
            agent.toml:4:1: error: credentials would cross the network readable by everyone: use https, or set a\#
            llow_insecure_auth = true
                bearer_token_file = "/t"
                ^
            """#),
        ProblemExample(
            "password in the clear",
            #"""
            [outputs.a]
            type = "http"
            url = "http://127.evil.example/"
            username = "u"
            password_file = "/p"
            """#,
            #"""
            agent.toml:4:1: error: credentials would cross the network readable by everyone: use https, or set a\#
            llow_insecure_auth = true
                username = "u"
                ^
            """#),
        ProblemExample(
            "header in the clear",
            #"""
            [outputs.a]
            type = "http"
            url = "http://collector.example/"
            headers = { X-Api-Key = "x" }
            """#,
            #"""
            agent.toml:4:13: error: credentials would cross the network readable by everyone: use https, or set \#
            allow_insecure_auth = true
                headers = { X-Api-Key = "***" }
                            ^
            """#),
        ProblemExample(
            "retry upside down",
            #"""
            [outputs.a]
            type = "http"
            url = "https://x/"
            retry.initial = "2m"
            """#,
            #"""
            agent.toml:4:17: error: initial must not be longer than max
                retry.initial = "2m"
                                ^
            """#),
        ProblemExample(
            "retry maximum too small",
            #"""
            [outputs.a]
            type = "http"
            url = "https://x/"
            retry.max = "500ms"
            """#,
            #"""
            agent.toml:4:13: error: initial must not be longer than max
                retry.max = "500ms"
                            ^
            """#),
        ProblemExample(
            "one path twice",
            #"""
            [outputs.a]
            type = "file"
            path = "/var/log/x"
            [outputs.b]
            type = "file"
            path = "/var//log/./x"
            """#,
            #"""
            agent.toml:6:8: error: [outputs.a] writes to this path already
                path = "/var//log/./x"
                       ^
            """#),
        ProblemExample(
            "the path of an old file of another output",
            #"""
            [outputs.a]
            type = "file"
            path = "/var/log/x.ndjson"
            [outputs.b]
            type = "file"
            path = "/var/log//x-20261122T125330.123Z.ndjson.gz"
            [outputs.c]
            type = "file"
            path = "/var/log/x-20261122.ndjson"
            [outputs.d]
            type = "file"
            path = "/var/x-20261122T125330.123Z.ndjson"
            """#,
            #"""
            agent.toml:6:8: error: old files of [outputs.a] have names like this
                path = "/var/log//x-20261122T125330.123Z.ndjson.gz"
                       ^
            """#),
        ProblemExample(
            "an output whose old files have the path of another",
            #"""
            [outputs.a]
            type = "file"
            path = "x-20261122T125330.123Z_0002"
            [outputs.b]
            type = "file"
            path = "./x"
            """#,
            #"""
            agent.toml:6:8: error: old files of this output have names like the path of [outputs.a]
                path = "./x"
                       ^
            """#),
        ProblemExample(
            "a period too short, and no period",
            #"""
            [outputs.a]
            type = "file"
            path = "/x"
            rotate_every = "30s"
            rotate_size = "0"
            [outputs.b]
            type = "file"
            path = "/y"
            rotate_every = "0s"
            """#,
            #"""
            agent.toml:4:16: error: rotate_every must be between 1m and 87600h, or 0 for never
                rotate_every = "30s"
                               ^
            """#),
    ])
    func whatDoesNotGoTogetherInAnOutputIsShown(example: ProblemExample) {
        #expect(problems(example.text, environment: ["WORD": "word"]) == example.rendered)
    }
}
