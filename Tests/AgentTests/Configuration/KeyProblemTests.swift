import Testing

@testable import Agent

@Suite struct KeyProblemTests {
    @Test(arguments: [
        ProblemExample(
            "unknown key near",
            #"""
            [outputs.t]
            type = "stdout"
            [agent]
            intervall = "10s"
            """#,
            #"""
            agent.toml:4:1: error: unknown key 'intervall'; did you mean 'interval'?
                intervall = "10s"
                ^
            """#),
        ProblemExample(
            "unknown key far",
            #"""
            [outputs.t]
            type = "stdout"
            [agent]
            colour = "red"
            """#,
            #"""
            agent.toml:4:1: error: unknown key 'colour' in [agent]
                colour = "red"
                ^
            """#),
        ProblemExample(
            "key before any table",
            #"""
            interval = "10s"
            [outputs.t]
            type = "stdout"
            """#,
            #"""
            agent.toml:1:1: error: unknown key 'interval' outside of any table; it belongs to [agent]
                interval = "10s"
                ^
            """#),
        ProblemExample(
            "unknown key before any table",
            #"""
            x = 1
            [outputs.t]
            type = "stdout"
            """#,
            #"""
            agent.toml:1:1: error: unknown key 'x' outside of any table
                x = 1
                ^
            """#),
        ProblemExample(
            "key of another type",
            #"""
            [outputs.t]
            type = "stdout"
            path = "/x"
            """#,
            #"""
            agent.toml:3:1: error: 'path' belongs to outputs of type "file"; the type of this one is "stdout"
                path = "/x"
                ^
            """#),
        ProblemExample(
            "key after subtable",
            #"""
            [outputs.a]
            type = "http"
            url = "http://localhost/"
            [outputs.a.retry]
            initial = "1s"
            timeout = "5s"
            """#,
            #"""
            agent.toml:6:1: error: unknown key 'timeout' in [outputs.a.retry]; it belongs to [outputs.a]
                timeout = "5s"
                ^
            """#),
        ProblemExample(
            "spool key in output",
            #"""
            [outputs.a]
            type = "http"
            url = "http://localhost/"
            max_age = "1h"
            """#,
            #"""
            agent.toml:4:1: error: unknown key 'max_age' in [outputs.a]; it belongs to [outputs.a.spool]
                max_age = "1h"
                ^
            """#),
        ProblemExample(
            "unknown in watch",
            #"""
            [outputs.t]
            type = "stdout"
            [[watch]]
            slice = "a"
            [[watch]]
            slice = "b"
            alow = []
            """#,
            #"""
            agent.toml:7:1: error: unknown key 'alow'; did you mean 'allow'?
                alow = []
                ^
            """#),
        ProblemExample(
            "in inline table",
            #"""
            [outputs.a]
            type = "http"
            url = "http://localhost/"
            retry = { initial = "1s", maximum = "5s" }
            """#,
            #"""
            agent.toml:4:27: error: unknown key 'maximum' in [outputs.a.retry]
                retry = { initial = "1s", maximum = "5s" }
                                          ^
            """#),
        ProblemExample(
            "dotted key",
            #"""
            agent.interval = "10s"
            agent."inter\u0076al2" = 5
            [outputs.t]
            type = "stdout"
            """#,
            #"""
            agent.toml:2:7: error: unknown key 'interval2'; did you mean 'interval'?
                agent."inter\u0076al2" = 5
                      ^
            """#),
        ProblemExample(
            "second array element",
            #"""
            watch = [{ slice = "a" }, { slice = "b", ops = [], alow = 1 }]
            [outputs.t]
            type = "stdout"
            """#,
            #"""
            agent.toml:1:52: error: unknown key 'alow'; did you mean 'allow'?
                watch = [{ slice = "a" }, { slice = "b", ops = [], alow = 1 }]
                                                                   ^
            """#),
    ])
    func aMistakeInAKeyIsShownWithItsPlace(example: ProblemExample) {
        #expect(problems(example.text, environment: ["WORD": "word"]) == example.rendered)
    }
}
