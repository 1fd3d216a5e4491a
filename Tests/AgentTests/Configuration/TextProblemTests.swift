import Testing

@testable import Agent

@Suite struct TextProblemTests {
    @Test(arguments: [
        ProblemExample(
            "boolean for string",
            #"""
            [outputs.t]
            type = "stdout"
            [agent]
            hostname = true
            """#,
            #"""
            agent.toml:4:12: error: hostname must be a string, not a boolean
                hostname = true
                           ^
            """#),
        ProblemExample(
            "empty path",
            #"""
            [outputs.t]
            type = "stdout"
            [agent]
            state_dir = ""
            """#,
            #"""
            agent.toml:4:13: error: state_dir must not be empty
                state_dir = ""
                            ^
            """#),
        ProblemExample(
            "newline in string",
            #"""
            [outputs.t]
            type = "stdout"
            [agent]
            hostname = "a\nb"
            """#,
            #"""
            agent.toml:4:12: error: hostname must not contain line ends or other control characters
                hostname = "a\nb"
                           ^
            """#),
        ProblemExample(
            "NUL in a path",
            #"""
            [outputs.a]
            type = "file"
            path = "/p\u0000q"
            """#,
            #"""
            agent.toml:3:11: error: a string must not contain NUL
                path = "/p\u0000q"
                          ^
            """#),
        ProblemExample(
            "NUL in a header, which is not shown",
            #"""
            [outputs.a]
            type = "http"
            url = "https://x/"
            headers = { X = "hunter2\u0000more", "Y" = 'no \u0000' }
            """#,
            #"""
            agent.toml:4:25: error: a string must not contain NUL
                headers = { X = "***", "***" = '***' }
                                 ^
            """#),
        ProblemExample(
            "NUL in a list",
            #"""
            [outputs.t]
            type = "stdout"
            [containers]
            state_dirs = ["/a", "/b\\u0000", "/c\U00000000/d"]
            """#,
            #"""
            agent.toml:4:37: error: a string must not contain NUL
                state_dirs = ["/a", "/b\\u0000", "/c\U00000000/d"]
                                                    ^
            """#),
        ProblemExample(
            "NUL in strings of many lines",
            #"""
            [outputs.t]
            type = "stdout"
            [agent]
            hostname = """
            a\u0000b"""
            """#,
            #"""
            agent.toml:5:2: error: a string must not contain NUL
                ***
                ^
            """#),
        ProblemExample(
            "bad choice",
            #"""
            [outputs.t]
            type = "stdout"
            [trace]
            backend = "traceponit"
            """#,
            #"""
            agent.toml:4:11: error: backend must be "auto" or "tracepoint"; did you mean "tracepoint"?
                backend = "traceponit"
                          ^
            """#),
        ProblemExample(
            "float for choice",
            #"""
            [outputs.a]
            type = "http"
            url = "https://x/"
            tls.min_version = 1.2
            """#,
            #"""
            agent.toml:4:19: error: min_version must be "1.2" or "1.3", not a floating-point number
                tls.min_version = 1.2
                                  ^
            """#),
        ProblemExample(
            "not yet fentry",
            #"""
            [outputs.t]
            type = "stdout"
            [trace]
            backend = "fentry"
            """#,
            #"""
            agent.toml:4:11: error: backend = "fentry" is not available in this version
                backend = "fentry"
                          ^
            """#),
        ProblemExample(
            "bad URL",
            #"""
            [outputs.a]
            type = "http"
            url = "localhost:8080"
            """#,
            #"""
            agent.toml:3:7: error: url must begin with http:// or https://
                url = "localhost:8080"
                      ^
            """#),
        ProblemExample(
            "password in URL",
            #"""
            [outputs.a]
            type = "http"
            url = "https://me:hunter2@x/"
            """#,
            #"""
            agent.toml:3:7: error: url must not contain a user name or password; use username and password_file,\#
             or bearer_token_file
                url = "https://***@x/"
                      ^
            """#),
        ProblemExample(
            "missing variable",
            #"""
            [outputs.t]
            type = "stdout"
            [agent]
            hostname = "a-${NOPE}"
            """#,
            #"""
            agent.toml:4:12: error: environment variable NOPE is not set; ${NOPE:-default} would give it a default
                hostname = "a-${NOPE}"
                           ^
            """#),
        ProblemExample(
            "bad variable",
            #"""
            [outputs.t]
            type = "stdout"
            [agent]
            hostname = "$HOME"
            """#,
            #"""
            agent.toml:4:12: error: write $$ for a dollar sign, ${NAME} for an environment variable
                hostname = "$HOME"
                           ^
            """#),
    ])
    func aWrongTextIsShownWithItsPlace(example: ProblemExample) {
        #expect(problems(example.text, environment: ["WORD": "word"]) == example.rendered)
    }
}
