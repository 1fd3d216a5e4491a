import Model
import Testing

@Suite struct WatchScopeTests {
    private func covers(_ text: WatchRule.Text, _ placed: PlacedSighting) throws -> Bool {
        try WatchRule("watch[0]", text).scope.covers(placed)
    }

    @Test(arguments: [
        ("system.slice", "/system.slice/cron.service", true), ("system.slice", "/user.slice/user-1000.slice", false),
        ("a.slice", "/a.slice/a-b.slice/a-b-c.slice/x.service", true),
        ("a-b.slice", "/a.slice/a-b.slice/x.service", true),
        ("a-b.slice", "/a.slice/x.service", false), ("a.slice", "/ab.slice/x.service", false),
        ("a-b.slice", "/a.slice/a-bc.slice/x.service", false), ("-.slice", "/init.scope", true), ("-.slice", "/", true),
        ("*", "/a/b", true), ("user.slice", "/user.slice/user-1000.slice/session-2.scope", true),
        ("user-*.slice", "/user.slice/user-1000.slice/user@1000.service/app.slice/x.service", true),
        ("app.slice", "/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.slice/x.service", true),
        ("user.slice", "/system.slice/cron.service", false), ("[a-c]*.slice", "/a.slice/x.service", true),
        (#"a\x2db.slice"#, #"/a\x2db.slice/x.service"#, true), (#"a\x2db.slice"#, "/ax2db.slice/x.service", false),
    ])
    func `a slice includes the slices below it`(slice: String, cgroup: String, isCovered: Bool) throws {
        var text = WatchRule.Text()
        text.slice = slice
        #expect(try covers(text, WatchSamples.placed(in: ByteString(cgroup))) == isCovered)
    }

    @Test func `everything has the root slice, what nobody can name any more as well`() throws {
        var (text, placed) = (WatchRule.Text(), WatchSamples.placed())
        placed.identity = .unresolved
        text.slice = "-.slice"
        #expect(try covers(text, placed))
        text.slice = "system.slice"
        #expect(try !covers(text, placed))
    }

    @Test(arguments: [
        ("cron.service", "/system.slice/cron.service", true), ("cron*", "/system.slice/cron.service", true),
        ("cron", "/system.slice/cron.service", false), ("getty@.service", "/system.slice/getty@tty1.service", true),
        ("getty@tty?.service", "/system.slice/getty@tty1.service", true),
        ("run-r*.scope", "/system.slice/run-r0123456789abcdef0123456789abcdef.scope", true),
        ("evil.service", "/user.slice/user-1000.slice/user@1000.service/app.slice/evil.service", true),
        ("user@*.service", "/user.slice/user-1000.slice/user@1000.service/app.slice/evil.service", true),
        (#"a\x2db.service"#, #"/system.slice/a\x2db.service"#, true), ("*", "/a/b", false),
    ])
    func `a unit is known by its name, its template and the name of its series`(
        unit: String, cgroup: String, isCovered: Bool
    ) throws {
        var text = WatchRule.Text()
        text.unit = unit
        #expect(try covers(text, WatchSamples.placed(in: ByteString(cgroup))) == isCovered)
    }

    private static let id = String(repeating: "0123456789abcdef", count: 4)

    @Test(arguments: [
        (id, true), ("0123456789ab", true), ("0123456789a", false), ("0123456789ac", false), ("0123*", true),
        ("web", true),
        ("we*", true), ("docker.io/library/nginx:1", true), ("nginx:*", true), ("*nginx*", true), ("nginx", false),
        ("*", true),
    ])
    func `a container is known by its id, its name and its image`(container: String, isCovered: Bool) throws {
        var text = WatchRule.Text()
        text.container = container
        var placed = WatchSamples.placed(in: ByteString("/system.slice/docker-\(Self.id).scope"))
        placed.identity.container?.name = "web"
        placed.identity.container?.image = "docker.io/library/nginx:1"
        #expect(try covers(text, placed) == isCovered)
        #expect(try !covers(text, WatchSamples.placed()))
    }

    @Test func `all that a rule says of whose operations it is about must be so`() throws {
        var text = WatchRule.Text()
        (text.slice, text.unit) = ("system.slice", "cron.service")
        #expect(try covers(text, WatchSamples.placed()))
        #expect(try !covers(text, WatchSamples.placed(in: "/a.slice/cron.service")))
        #expect(try !covers(text, WatchSamples.placed(in: "/system.slice/ssh.service")))
        text.container = "*"
        #expect(try !covers(text, WatchSamples.placed()))
    }

    @Test func `slashes are characters like others in names`() throws {
        #expect(try NameGlob("kworker*").matches("kworker/0:1-events"))
        #expect(try NameGlob("a/b").matches("a/b"))
        #expect(try NameGlob("a?b").matches("a/b"))
        #expect(try NameGlob("**/b").matches("a/b"))
        #expect(try !NameGlob("a/b").matches("a.b"))
        #expect(try NameGlob("*").matches(ByteString([0xFF, 0x2F, 0xFE])))
    }

    @Test func `a mistake has its place in the text as it was written`() {
        #expect { try NameGlob(#"\x2d\x2d[b"#) } throws: {
            ($0 as? PathGlob.Mistake) == PathGlob.Mistake(problem: .unclosedBracket, position: 8)
        }
        #expect { try NameGlob(#"\x2d\"#) } throws: {
            ($0 as? PathGlob.Mistake) == PathGlob.Mistake(problem: .nothingEscaped, position: 4)
        }
    }
}
