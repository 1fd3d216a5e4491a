import Testing

@testable import Agent

@Suite struct NumberProblemTests {
    @Test(arguments: [
        ProblemExample(
            "integer for duration",
            #"""
            [outputs.t]
            type = "stdout"
            [agent]
            interval = 10
            """#,
            #"""
            agent.toml:4:12: error: interval must be a duration such as "10s", not an integer
                interval = 10
                           ^
            """#),
        ProblemExample(
            "duration without unit",
            #"""
            [outputs.t]
            type = "stdout"
            [agent]
            interval = "10"
            """#,
            #"""
            agent.toml:4:12: error: interval must be a duration such as "10s"; a number needs its unit: ms, s, m\#
            , h or d
                interval = "10"
                           ^
            """#),
        ProblemExample(
            "bad duration",
            #"""
            [outputs.t]
            type = "stdout"
            [agent]
            interval = "ten seconds"
            """#,
            #"""
            agent.toml:4:12: error: interval must be a duration such as "10s"
                interval = "ten seconds"
                           ^
            """#),
        ProblemExample(
            "duration too long",
            #"""
            [outputs.t]
            type = "stdout"
            [agent]
            interval = "2h"
            """#,
            #"""
            agent.toml:4:12: error: interval must be between 1s and 1h
                interval = "2h"
                           ^
            """#),
        ProblemExample(
            "duration too short",
            #"""
            [outputs.t]
            type = "stdout"
            [agent]
            interval = "500ms"
            """#,
            #"""
            agent.toml:4:12: error: interval must be between 1s and 1h
                interval = "500ms"
                           ^
            """#),
        ProblemExample(
            "bad size",
            #"""
            [outputs.t]
            type = "stdout"
            [trace]
            max_kernel_memory = "64M"
            """#,
            #"""
            agent.toml:4:21: error: max_kernel_memory must be a size such as "64MiB"
                max_kernel_memory = "64M"
                                    ^
            """#),
        ProblemExample(
            "size too small",
            #"""
            [outputs.t]
            type = "stdout"
            [trace]
            max_kernel_memory = "1"
            """#,
            #"""
            agent.toml:4:21: error: max_kernel_memory must be between 1MiB and 1TiB
                max_kernel_memory = "1"
                                    ^
            """#),
        ProblemExample(
            "integer for size",
            #"""
            [outputs.t]
            type = "stdout"
            [trace]
            max_kernel_memory = 64
            """#,
            #"""
            agent.toml:4:21: error: max_kernel_memory must be a size such as "64MiB", not an integer
                max_kernel_memory = 64
                                    ^
            """#),
        ProblemExample(
            "zero units",
            #"""
            [outputs.t]
            type = "stdout"
            [trace]
            max_units = 0
            """#,
            #"""
            agent.toml:4:13: error: max_units must be between 1 and 1000000
                max_units = 0
                            ^
            """#),
        ProblemExample(
            "string for integer",
            #"""
            [outputs.t]
            type = "stdout"
            [trace]
            max_units = "5"
            """#,
            #"""
            agent.toml:4:13: error: max_units must be an integer, not a string
                max_units = "5"
                            ^
            """#),
        ProblemExample(
            "float for integer",
            #"""
            [outputs.t]
            type = "stdout"
            [trace]
            max_units = 5.0
            """#,
            #"""
            agent.toml:4:13: error: max_units must be an integer, not a floating-point number
                max_units = 5.0
                            ^
            """#),
        ProblemExample(
            "variable for integer",
            #"""
            [outputs.t]
            type = "stdout"
            [trace]
            max_units = "${WORD}"
            """#,
            #"""
            agent.toml:4:13: error: max_units must be an integer
                max_units = "${WORD}"
                            ^
            """#),
        ProblemExample(
            "string for boolean",
            #"""
            [outputs.t]
            type = "stdout"
            [trace]
            fold_transient = "yes"
            """#,
            #"""
            agent.toml:4:18: error: fold_transient must be true or false, not a string
                fold_transient = "yes"
                                 ^
            """#),
        ProblemExample(
            "date for boolean",
            #"""
            [outputs.t]
            type = "stdout"
            [trace]
            fold_transient = 2026-11-22
            """#,
            #"""
            agent.toml:4:18: error: fold_transient must be true or false, not a date
                fold_transient = 2026-11-22
                                 ^
            """#),
    ])
    func aWrongNumberIsShownWithItsPlace(example: ProblemExample) {
        #expect(problems(example.text, environment: ["WORD": "word"]) == example.rendered)
    }
}
