import Model
import Testing

@Suite struct WatchRuleTextTests {
    private func mistakes(_ change: (inout WatchRule.Text) -> Void) -> [WatchMistake] {
        do {
            _ = try WatchSamples.rule("watch[0]", change)
            return []
        } catch {
            return (error as? WatchMistakes)?.all ?? []
        }
    }

    @Test(
        arguments: [
            ("etc", .notAbsolute), ("**/x", .notAbsolute), ("/etc/", .endsWithSlash), ("/**/", .endsWithSlash),
            ("/etc//x", .notPlain), ("/etc/./x", .notPlain), ("/etc/..", .notPlain), ("//", .endsWithSlash),
            ("", .notAbsolute),
            ("/a[b", .glob(PathGlob.Mistake(problem: .unclosedBracket, position: 2))),
        ] as [(String, WatchMistake.Problem)])
    func `a path that no file can have is a mistake`(path: String, problem: WatchMistake.Problem) {
        #expect(mistakes { $0.paths = ["/etc/**", path] } == [WatchMistake(.path(1), problem)])
    }

    @Test(arguments: ["/", "/etc", "/etc/**", "/**", "/a b", "/...", "/.x", "/[.]/x"])
    func `any other path is none`(path: String) { #expect(mistakes { $0.paths = [path] } == []) }

    @Test(
        arguments: [
            ("dpkg", .noWriter), ("unit:", .noWriter), (":x", .noWriter), ("", .noWriter), ("Unit:x", .noWriter),
            ("exe:/bin/x", .noWriter), ("uid:root", .noUID), ("uid:-1", .noUID), ("uid:+1", .noUID),
            ("uid:4294967296", .noUID),
            ("/usr/bin/*", .executableGlob), ("/usr/bin/x/", .endsWithSlash), ("/usr/../bin/x", .notPlain),
            ("comm:systemd-journald", .longProcessName(15)),
            ("unit:a[", .glob(PathGlob.Mistake(problem: .unclosedBracket, position: 1))),
        ] as [(String, WatchMistake.Problem)])
    func `a writer that can be nobody is a mistake`(writer: String, problem: WatchMistake.Problem) {
        #expect(mistakes { $0.allow = ["uid:1", writer] } == [WatchMistake(.writer(1), problem)])
    }

    @Test(arguments: [
        "/usr/bin/dpkg", "unit:a:b", "comm:systemd-journal", "comm:systemd-journal*", "uid:0", "uid:4294967295",
        "user_unit:x",
        "comm:kworker/*", "/",
    ])
    func `any other writer is none`(writer: String) { #expect(mistakes { $0.allow = [writer] } == []) }

    @Test func `all mistakes are told at once, in order`() {
        let found = mistakes {
            ($0.slice, $0.unit, $0.container) = ("", "[", "\\")
            ($0.paths, $0.allow, $0.operations) = (["x"], ["y", "uid:z"], ["write", "unlink"])
        }
        #expect(
            found == [
                WatchMistake(.slice, .glob(PathGlob.Mistake(problem: .empty, position: 0))),
                WatchMistake(.unit, .glob(PathGlob.Mistake(problem: .unclosedBracket, position: 0))),
                WatchMistake(.container, .glob(PathGlob.Mistake(problem: .nothingEscaped, position: 0))),
                WatchMistake(.path(0), .notAbsolute), WatchMistake(.writer(0), .noWriter),
                WatchMistake(.writer(1), .noUID), WatchMistake(.operation(1), .unknownOperation),
            ])
    }
}
