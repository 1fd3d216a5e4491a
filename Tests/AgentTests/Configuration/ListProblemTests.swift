import Testing

@testable import Agent

@Suite struct ListProblemTests {
    @Test(arguments: [
        ProblemExample(
            "wrong in list",
            #"""
            [outputs.t]
            type = "stdout"
            [alerts]
            exec = [
              "/bin/x", # first
              5,
            ]
            """#,
            #"""
            agent.toml:6:3: error: exec[1] must be a string, not an integer
                  5,
                  ^
            """#),
        ProblemExample(
            "string for list",
            #"""
            [outputs.t]
            type = "stdout"
            [alerts]
            exec = "/bin/x"
            """#,
            #"""
            agent.toml:4:8: error: exec must be a list of strings, not a string
                exec = "/bin/x"
                       ^
            """#),
        ProblemExample(
            "no socket, no directory",
            #"""
            [outputs.t]
            type = "stdout"
            [containers]
            sockets = ["unix:/run/docker.sock", "/run/docker.sock"]
            state_dirs = ["docker"]
            """#,
            #"""
            agent.toml:4:37: error: sockets[1] must be "unix:" and a path, such as "unix:/run/docker.sock"
                sockets = ["unix:/run/docker.sock", "/run/docker.sock"]
                                                    ^
            agent.toml:5:15: error: state_dirs[0] must be an absolute path
                state_dirs = ["docker"]
                              ^
            """#),
        ProblemExample(
            "empty program",
            #"""
            [outputs.t]
            type = "stdout"
            [alerts]
            exec = [""]
            """#,
            #"""
            agent.toml:4:9: error: exec must begin with a program's path
                exec = [""]
                        ^
            """#),
        ProblemExample(
            "wrong group",
            #"""
            [outputs.t]
            type = "stdout"
            group_by = ["unit", "slices"]
            """#,
            #"""
            agent.toml:3:21: error: group_by[1] must be "unit", "slice", "user", "container" or "pod"; did you m\#
            ean "slice"?
                group_by = ["unit", "slices"]
                                    ^
            """#),
        ProblemExample(
            "group twice",
            #"""
            [outputs.t]
            type = "stdout"
            group_by = ["unit", "pod", "unit"]
            """#,
            #"""
            agent.toml:3:28: error: group_by has "unit" twice
                group_by = ["unit", "pod", "unit"]
                                           ^
            """#),
        ProblemExample(
            "wrong operation",
            #"""
            [outputs.t]
            type = "stdout"
            [[watch]]
            slice = "a"
            ops = ["write", "creat"]
            """#,
            #"""
            agent.toml:5:17: error: ops[1] must be "write", "create", "delete", "rename", "truncate", "allocate"\#
            , "link", "symlink", "mkdir" or "shared_map"; did you mean "create"?
                ops = ["write", "creat"]
                                ^
            """#),
        ProblemExample(
            "wrong header",
            #"""
            [outputs.a]
            type = "http"
            url = "https://x/"
            headers = { "a b" = "x", c = 5 }
            """#,
            #"""
            agent.toml:4:21: error: 'a b' cannot be the name of an HTTP header
                headers = { "***" = "***", c = 5 }
                                    ^
            agent.toml:4:30: error: c must be a string, not an integer
                headers = { "***" = "***", c = 5 }
                                               ^
            """#),
        ProblemExample(
            "string for headers",
            #"""
            [outputs.a]
            type = "http"
            url = "https://x/"
            headers = "a: b"
            """#,
            #"""
            agent.toml:4:11: error: headers must be a table of strings such as { X-Scope-OrgID = "sre" }, not a string
                headers = "***"
                          ^
            """#),
        ProblemExample(
            "tabs and wide letters",
            #"""
            [outputs.t]
            type = "stdout"
            [agent]
            \#thostname\#t=\#t"é", x
            """#,
            #"""
            agent.toml:4:16: error: not valid TOML: key-value pair: expected a comment or whitespace, saw ','
                \#thostname\#t=\#t"é", x
                \#t        \#t \#t   ^
            """#),
        ProblemExample(
            "tabs stay",
            #"""
            [outputs.t]
            type = "stdout"
            [agent]
            \#tinterval\#t=\#t5
            """#,
            #"""
            agent.toml:4:13: error: interval must be a duration such as "10s", not an integer
                \#tinterval\#t=\#t5
                \#t        \#t \#t^
            """#),
        ProblemExample(
            "long line",
            #"""
            [outputs.t]
            type = "stdout"
            [alerts]
            exec = ["/bin/x", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\#
            yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", 5, "zzzzzzzzzzzzzzzzzzzzzzzz\#
            zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\#
            zzzzzzzzzzzzzzzzzzzzzzzzzz"]
            """#,
            #"""
            agent.toml:4:173: error: exec[2] must be a string, not an integer
                …yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", 5, "z\#
            zzzzzzzzzzzzzzz…
                                                                                                           ^
            """#),
    ])
    func aMistakeInALongLineOrAListIsShownWithItsPlace(example: ProblemExample) {
        #expect(problems(example.text, environment: ["WORD": "word"]) == example.rendered)
    }
}
