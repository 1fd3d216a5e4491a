import Testing

@testable import Agent

@Suite struct WarningTests {
    @Test(arguments: [
        ProblemExample(
            "one old file beyond the bound",
            #"""
            [outputs.a]
            type = "file"
            path = "/x"
            rotate_size = "2MiB"
            keep_bytes = "1MiB"
            """#,
            #"""
            agent.toml:5:1: warning: keep_bytes is less than rotate_size: one old file alone may be bigger
                keep_bytes = "1MiB"
                ^
            """#),
        ProblemExample(
            "no names",
            #"""
            [outputs.t]
            type = "stdout"
            [containers]
            names = false
            state_dirs = ["/x"]
            """#,
            #"""
            agent.toml:5:1: warning: state_dirs in [containers] has no effect with names = false: no files are r\#
            ead
                state_dirs = ["/x"]
                ^
            """#),
        ProblemExample(
            "no names but those of sockets",
            #"""
            [outputs.t]
            type = "stdout"
            [containers]
            names = false
            sockets = ["unix:/x"]
            state_dirs = ["/x"]
            """#,
            #"""
            agent.toml:6:1: warning: state_dirs in [containers] has no effect with names = false: no files are r\#
            ead, only the sockets are asked
                state_dirs = ["/x"]
                ^
            """#),
        ProblemExample(
            "not verified",
            #"""
            [outputs.a]
            type = "http"
            url = "https://x/"
            tls.insecure_skip_verify = true
            """#,
            #"""
            agent.toml:4:5: warning: insecure_skip_verify: whoever sits on the way can read and change what is sent
                tls.insecure_skip_verify = true
                    ^
            """#),
        ProblemExample(
            "tls without https",
            #"""
            [outputs.a]
            type = "http"
            url = "http://localhost/"
            [outputs.a.tls]
            ca_file = "/ca"
            """#,
            #"""
            agent.toml:4:12: warning: [outputs.a.tls] has no effect: the url is not https
                [outputs.a.tls]
                           ^
            """#),
    ])
    func whatHasNoEffectIsAWarning(example: ProblemExample) {
        #expect(problems(example.text, environment: ["WORD": "word"]) == example.rendered)
    }

    @Test func `bounds of what waits for a collector have their effect`() {
        let text = """
            [outputs.a]
            type = "http"
            url = "https://x/"
            [outputs.a.spool]
            max_age = "1h"
            """
        #expect(problems(text) == "")
    }
}
