import Testing

@testable import Agent

@Suite struct SyntaxProblemTests {
    @Test(arguments: [
        ProblemExample(
            "unterminated header",
            #"""
            [agent
            """#,
            #"""
            agent.toml:1:7: error: not valid TOML: table header: expected ']', saw the end of the line
                [agent
                      ^
            """#),
        ProblemExample(
            "no value",
            #"""
            [agent]
            interval =
            """#,
            #"""
            agent.toml:2:11: error: not valid TOML: key-value pair: expected value, saw the end of the line
                interval =
                          ^
            """#),
        ProblemExample(
            "bare word",
            #"""
            [agent]
            interval = 10s
            """#,
            #"""
            agent.toml:2:14: error: not valid TOML: decimal integer: expected digit, saw 's'; strings, durations\#
             and sizes need quotes
                interval = 10s
                             ^
            """#),
        ProblemExample(
            "same key twice",
            #"""
            [agent]
            interval = "10s"
            interval = "11s"
            """#,
            #"""
            agent.toml:3:12: error: not valid TOML: key-value pair: cannot redefine existing string 'interval'
                interval = "11s"
                           ^
            """#),
        ProblemExample(
            "same table twice",
            #"""
            [agent]
            [trace]
            [agent]
            """#,
            #"""
            agent.toml:3:1: error: not valid TOML: table header: cannot redefine existing table 'agent'
                [agent]
                ^
            """#),
        ProblemExample(
            "unterminated string",
            #"""
            [agent]
            hostname = "web
            """#,
            #"""
            agent.toml:2:16: error: not valid TOML: this string has no closing quote
                hostname = "web
                               ^
            """#),
        ProblemExample(
            "open inline table",
            #"""
            [outputs]
            t = { type = "stdout"
            """#,
            #"""
            agent.toml:2:22: error: not valid TOML: inline table: expected key or closing '}', saw the end of the line
                t = { type = "stdout"
                                     ^
            """#),
        ProblemExample(
            "control character",
            #"""
            [agent]
            hostname = "\#u{1B}[31m"
            """#,
            #"""
            agent.toml:2:13: error: not valid TOML: string: unescaped control characters other than TAB (U+0009)\#
             are explicitly prohibited
                hostname = "�[31m"
                            ^
            """#),
    ])
    func whatIsNotTOMLIsShownWithItsPlace(example: ProblemExample) {
        #expect(problems(example.text, environment: ["WORD": "word"]) == example.rendered)
    }
}
