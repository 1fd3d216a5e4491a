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
            agent.toml:5:10: error: paths[0] must begin with "/"
                paths = ["etc"]
                         ^
            agent.toml:6:10: error: allow[0] must be a path, "unit:GLOB", "user_unit:GLOB", "comm:GLOB" or "uid:\#
            NUMBER"
                allow = ["dpkg", "uid:root", "unit:", "comm:x"]
                         ^
            agent.toml:6:18: error: allow[1] must have the number of a user after "uid:"; "id -u NAME" shows it
                allow = ["dpkg", "uid:root", "unit:", "comm:x"]
                                 ^
            agent.toml:6:30: error: allow[2] must be a path, "unit:GLOB", "user_unit:GLOB", "comm:GLOB" or "uid:\#
            NUMBER"
                allow = ["dpkg", "uid:root", "unit:", "comm:x"]
                                             ^
            """#),
        ProblemExample(
            "watch by patterns that are none",
            #"""
            [outputs.t]
            type = "stdout"
            [[watch]]
            slice = "[a"
            unit = 'a\'
            container = "[z-a]"
            paths = ["/etc/[", "/etc/", "/a//b", "/a/../b", "/etc/**"]
            allow = ["/usr/bin/*", "/usr/bin/", "comm:systemd-journald", "unit:["]
            """#,
            #"""
            agent.toml:4:9: error: slice is no pattern: nothing closes the "[" at byte 1; write "\[" for the ch\#
            aracter itself
                slice = "[a"
                        ^
            agent.toml:5:8: error: unit is no pattern: nothing follows the "\" at its end; write "\\" for the ch\#
            aracter itself
                unit = 'a\'
                       ^
            agent.toml:6:13: error: container is no pattern: the range at byte 2 ends before it begins
                container = "[z-a]"
                            ^
            agent.toml:7:10: error: paths[0] is no pattern: nothing closes the "[" at byte 6; write "\[" for th\#
            e character itself
                paths = ["/etc/[", "/etc/", "/a//b", "/a/../b", "/etc/**"]
                         ^
            agent.toml:7:20: error: paths[1] must not end with "/"; all that is below a directory is "DIRECTORY\#
            /**"
                paths = ["/etc/[", "/etc/", "/a//b", "/a/../b", "/etc/**"]
                                   ^
            agent.toml:7:29: error: paths[2] must have no "//", "/./" or "/../" in it: no file has such a path
                paths = ["/etc/[", "/etc/", "/a//b", "/a/../b", "/etc/**"]
                                            ^
            agent.toml:7:38: error: paths[3] must have no "//", "/./" or "/../" in it: no file has such a path
                paths = ["/etc/[", "/etc/", "/a//b", "/a/../b", "/etc/**"]
                                                     ^
            agent.toml:8:10: error: allow[0] must be the path of one executable, without "*", "?" and "["
                allow = ["/usr/bin/*", "/usr/bin/", "comm:systemd-journald", "unit:["]
                         ^
            agent.toml:8:24: error: allow[1] must not end with "/"; all that is below a directory is "DIRECTORY\#
            /**"
                allow = ["/usr/bin/*", "/usr/bin/", "comm:systemd-journald", "unit:["]
                                       ^
            agent.toml:8:37: error: allow[2] is longer than any process's name: the kernel keeps 15 bytes; writ\#
            e these and "*"
                allow = ["/usr/bin/*", "/usr/bin/", "comm:systemd-journald", "unit:["]
                                                    ^
            agent.toml:8:62: error: allow[3] is no pattern: nothing closes the "[" at byte 1; write "\[" for th\#
            e character itself
                allow = ["/usr/bin/*", "/usr/bin/", "comm:systemd-journald", "unit:["]
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
