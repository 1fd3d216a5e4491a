import Testing

@testable import Model

@Suite("A unit file says what systemd reads in it")
struct UnitFileTests {
    @Test(
        "Values of a key in a section",
        arguments: [
            ("[Unit]\nDescription=Web", ["Web"]),
            ("[Unit]\n  Description = Web server  \n", ["Web server"]),
            ("[Unit]\nDescription=\"quoted\" 'too'\n", ["\"quoted\" 'too'"]),
            ("[Unit]\nDescription=a=b # c ; d\n", ["a=b # c ; d"]),
            ("[Unit]\nDescription=one\nDescription=\nDescription=two\n", ["one", "", "two"]),
            ("[Service]\nDescription=wrong\n[Unit]\nDescription=right\n[Install]\nDescription=wrong\n", ["right"]),
            ("[Unit]\nDescription=one\n[Service]\n[Unit]\nDescription=two\n", ["one", "two"]),
            ("Description=before any section\n", []),
            ("[Unit]\n#Description=a\n ;Description=b\n", []),
            ("[Unit]\nDescription\n=x\nDescriptions=y\ndescription=z\n", []),
            ("[Unit]\nDescription=one \\\n two\n", ["one   two"]),
            ("[Unit]\nDescription=one\\\n# not this\n;nor this\ntwo\n", ["one two"]),
            ("[Unit]\nDescription=one\\\\\nDescription=two\n", ["one\\\\", "two"]),
            ("[Unit]\nDescription=one\\\n\nDescription=two\n", ["one", "two"]),
            ("[Unit]\nDescription=cut\\", ["cut"]),
            ("[Unit]\r\nDescription=dos\r\n", ["dos"]),
            ("\u{FEFF}[Unit]\nDescription=marked\n", ["marked"]),
            ("[Unit]\nDescription=kept\n[Broken\nDescription=lost\n", ["kept"]),
            ("[Unit]\nDescription=a\0Description=b", ["a", "b"]),
            ("", []), ("\\", []), ("[]\nDescription=x", []),
        ])
    func values(_ text: String, _ expected: [String]) {
        let values = UnitFile.values(of: "Description", in: "Unit", Array(text.utf8))
        #expect(values.map(\.lossyText) == expected)
    }

    @Test("A line that is not UTF-8 counts for nothing")
    func notUTF8() {
        let bytes = Array("[Unit]\nDescription=a".utf8) + [0xFF] + Array("\nDescription=b\n".utf8)
        #expect(UnitFile.values(of: "Description", in: "Unit", bytes) == ["b"])
    }

    private static let specifiers = UnitSpecifiers(
        hostname: "web-1.example.org", user: "bob", uid: 1000, home: "/home/bob", runtimeFolder: "/run/user/1000")

    @Test(
        "Specifiers stand for what systemd.unit(5) says, and the others for themselves",
        arguments: [
            ("we-a@b\\x20c-d.service", "%n|%N|%p|%P", #"we-a@b\x20c-d.service|we-a@b\x20c-d|we-a|we/a"#),
            ("we-a@b\\x20c-d.service", "%i|%I|%j|%J|%f", #"b\x20c-d|b c/d|a|a|/b c/d"#),
            ("plain.service", "%i|%I|%j|%f|%p", "||plain|/plain|plain"),
            ("x.service", "%H %l %u %U %h %t", "web-1.example.org web-1 bob 1000 /home/bob /run/user/1000"),
            ("x.service", "100%% %m, 5 % or %) or %", "100% %m, 5 % or %) or %"), ("x.service", "%z", nil),
            ("x.service", "%1", nil),
            ("x@-.mount", "%f", "/"), ("x@\\xff.service", "%i", #"\xff"#),
            (#"x@a\q.service"#, "%I", nil), (#"x@a\q.service"#, "%i", #"a\q"#), ("x@a--b.service", "%f", nil),
        ] as [(String, String, String?)])
    func specifiers(_ unit: String, _ text: String, _ expected: String?) throws {
        let name = try #require(UnitName(unit.utf8))
        #expect(Self.specifiers.expanded(ByteString(text), for: name)?.text == expected)
    }

    @Test(
        "Where drop-ins may lie, the nearest first",
        arguments: [
            ("a.service", ["a.service.d"]),
            ("foo-bar-baz.service", ["foo-bar-baz.service.d", "foo-bar-.service.d", "foo-.service.d"]),
            ("foo-bar-.service", ["foo-bar-.service.d", "foo-.service.d"]),
            ("-foo.slice", ["-foo.slice.d"]), ("foo--.service", ["foo--.service.d", "foo-.service.d"]),
            (
                "foo-bar@x-y.service",
                ["foo-bar@x-y.service.d", "foo-bar@.service.d", "foo-@x-y.service.d", "foo-@.service.d"]
            ),
        ])
    func dropIns(_ unit: String, _ expected: [String]) throws {
        let name = try #require(UnitName(unit.utf8))
        #expect(name.dropInFolders.map(\.lossyText) == expected)
        #expect(name.typeDropInFolder.lossyText == "\(name.type.rawValue).d")
    }

    @Test(
        "What a unit is called that says nothing of itself",
        arguments: [
            ("-.slice", "Root Slice"), ("system.slice", "System Slice"), ("a-b.slice", "Slice /a/b"),
            (#"a\x2dq-b.slice"#, "Slice /a-q/b"), ("init.scope", "System and Service Manager"),
            ("var-lib.mount", "/var/lib"), ("-.mount", "/"), ("x.service", nil), (#"a\q.slice"#, nil),
        ] as [(String, String?)])
    func defaults(_ unit: String, _ expected: String?) throws {
        #expect(try #require(UnitName(unit.utf8)).defaultDescription?.lossyText == expected)
    }

    @Test(
        "Whose the innermost unit is",
        arguments: [
            ("/", "-.slice"), ("/system.slice", "system.slice"), ("/system.slice/x.service/sub", "x.service"),
            ("/bare/cgroup", "none"), ("/system.slice/bare", "none"),
            ("/user.slice/user-5.slice/user@5.service/app.slice/y.service/z", "y.service of 5"),
            ("/user.slice/user-5.slice/user@5.service/app.slice", "app.slice of 5"),
            ("/user.slice/user-5.slice/user@5.service/init.scope", "init.scope of 5"),
            ("/user.slice/user-5.slice/user@5.service", "user@5.service"),
            ("/user.slice/user-5.slice/session-3.scope", "session-3.scope"),
            ("/session-3.scope/x.service", "none"), ("/session-3.scope/x.slice", "none"),
            ("/kubepods/burstable/pod\(String(repeating: "a", count: 32))", "none"),
        ])
    func owners(_ path: String, _ expected: String) {
        let owner = UnitIdentity(cgroupPath: ByteString(path)).owner
        let shown = owner.map { owner in "\(owner.unit.name)" + (owner.user.map { " of \($0)" } ?? "") } ?? "none"
        #expect(shown == expected)
    }
}
