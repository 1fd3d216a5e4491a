import Testing

@testable import Agent

@Suite struct TableProblemTests {
    @Test(arguments: [
        ProblemExample(
            "nothing",
            #"""

            """#,
            #"""
            agent.toml:1:1: error: no [outputs.*]: nothing would be shipped
            """#),
        ProblemExample(
            "unknown table",
            #"""
            [outputs.t]
            type = "stdout"
            [agentt]
            interval = "10s"
            """#,
            #"""
            agent.toml:3:2: error: unknown table [agentt]; did you mean [agent]?
                [agentt]
                 ^
            """#),
        ProblemExample(
            "output not outputs",
            #"""
            [output.a]
            type = "stdout"
            """#,
            #"""
            agent.toml:1:1: error: no [outputs.*]: nothing would be shipped
            agent.toml:1:2: error: unknown table [output]; did you mean [outputs]?
                [output.a]
                 ^
            """#),
        ProblemExample(
            "output without name",
            #"""
            [outputs]
            type = "stdout"
            """#,
            #"""
            agent.toml:2:1: error: 'type' belongs to a table with a name: [outputs.NAME]
                type = "stdout"
                ^
            """#),
        ProblemExample(
            "empty outputs",
            #"""
            [outputs]
            """#,
            #"""
            agent.toml:1:2: error: no [outputs.*]: nothing would be shipped
                [outputs]
                 ^
            """#),
        ProblemExample(
            "array of outputs",
            #"""
            [[outputs.http]]
            url = "http://localhost/"
            """#,
            #"""
            agent.toml:1:11: error: outputs.http must be a table, written [outputs.http], not [[outputs.http]]
                [[outputs.http]]
                          ^
            """#),
        ProblemExample(
            "array of agents",
            #"""
            [outputs.t]
            type = "stdout"
            [[agent]]
            """#,
            #"""
            agent.toml:3:3: error: agent must be a table, written [agent], not [[agent]]
                [[agent]]
                  ^
            """#),
        ProblemExample(
            "watch is atable",
            #"""
            [outputs.t]
            type = "stdout"
            [watch]
            slice = "x"
            """#,
            #"""
            agent.toml:3:2: error: watch is a list of tables: write [[watch]]
                [watch]
                 ^
            """#),
        ProblemExample(
            "agent is astring",
            #"""
            agent = "x"
            [outputs.t]
            type = "stdout"
            """#,
            #"""
            agent.toml:1:1: error: agent must be a table, written [agent], not a string
                agent = "x"
                ^
            """#),
        ProblemExample(
            "bad name",
            #"""
            [outputs."a b"]
            type = "stdout"
            """#,
            #"""
            agent.toml:1:10: error: the name of an output has 1 to 64 letters (a-z, A-Z), digits, '_' and '-', n\#
            othing else
                [outputs."a b"]
                         ^
            """#),
        ProblemExample(
            "table of another type",
            #"""
            [outputs.t]
            type = "stdout"
            tls = { ca_file = "/x" }
            """#,
            #"""
            agent.toml:3:1: error: [outputs.t.tls] belongs to outputs of type "http"; the type of this one is "stdout"
                tls = { ca_file = "/x" }
                ^
            """#),
        ProblemExample(
            "missing type",
            #"""
            [outputs.a]
            """#,
            #"""
            agent.toml:1:10: error: type is missing in [outputs.a]: it must be "http", "file" or "stdout"
                [outputs.a]
                         ^
            """#),
        ProblemExample(
            "missing URL",
            #"""
            [outputs.a]
            type = "http"
            """#,
            #"""
            agent.toml:1:10: error: url is missing in [outputs.a]: it must be a URL such as "https://collector.e\#
            xample/ingest"
                [outputs.a]
                         ^
            """#),
        ProblemExample(
            "missing path",
            #"""
            [outputs.a]
            type = "file"
            """#,
            #"""
            agent.toml:1:10: error: path is missing in [outputs.a]: it must be a string with a path
                [outputs.a]
                         ^
            """#),
        ProblemExample(
            "unknown type",
            #"""
            [outputs.a]
            type = "htpp"
            url = "x"
            """#,
            #"""
            agent.toml:2:8: error: type must be "http", "file" or "stdout"; did you mean "http"?
                type = "htpp"
                       ^
            agent.toml:3:7: error: url must begin with http:// or https://
                url = "x"
                      ^
            """#),
    ])
    func aMistakeInATableIsShownWithItsPlace(example: ProblemExample) {
        #expect(problems(example.text, environment: ["WORD": "word"]) == example.rendered)
    }
}
