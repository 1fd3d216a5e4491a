import Testing

@testable import Agent

@Suite struct ManyProblemsTests {
    @Test(arguments: [
        ProblemExample(
            "two at once",
            #"""
            [agent]
            interval = 10
            colour = "red"
            """#,
            #"""
            agent.toml:1:1: error: no [outputs.*]: nothing would be shipped
            agent.toml:2:12: error: interval must be a duration such as "10s", not an integer
                interval = 10
                           ^
            agent.toml:3:1: error: unknown key 'colour' in [agent]
                colour = "red"
                ^
            """#),
        ProblemExample(
            "sorted",
            #"""
            [trace]
            max_units = 0
            [outputs.b]
            type = "file"
            [agent]
            interval = "1"
            [outputs.a]
            type = "http"
            url = "x"
            retry = { initial = 5, x = 1 }
            """#,
            #"""
            agent.toml:2:13: error: max_units must be between 1 and 1000000
                max_units = 0
                            ^
            agent.toml:3:10: error: path is missing in [outputs.b]: it must be a string with a path
                [outputs.b]
                         ^
            agent.toml:6:12: error: interval must be a duration such as "10s"; a number needs its unit: ms, s, m\#
            , h or d
                interval = "1"
                           ^
            agent.toml:9:7: error: url must begin with http:// or https://
                url = "x"
                      ^
            agent.toml:10:21: error: initial must be a duration such as "10s", not an integer
                retry = { initial = 5, x = 1 }
                                    ^
            agent.toml:10:24: error: unknown key 'x' in [outputs.a.retry]
                retry = { initial = 5, x = 1 }
                                       ^
            """#),
        ProblemExample(
            "carriage returns",
            #"""
            [agent]\#r
            interval = 10\#r
            \#r
            [outputs.a]\#r
            type = "stdout"\#r
            path = "/x"\#r
            """#,
            #"""
            agent.toml:2:12: error: interval must be a duration such as "10s", not an integer
                interval = 10
                           ^
            agent.toml:6:1: error: 'path' belongs to outputs of type "file"; the type of this one is "stdout"
                path = "/x"
                ^
            """#),
    ])
    func allProblemsAreShownAtOnceSortedByPlace(example: ProblemExample) {
        #expect(problems(example.text, environment: ["WORD": "word"]) == example.rendered)
    }
}
