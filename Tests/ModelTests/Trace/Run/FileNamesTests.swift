import RunScripts
import Testing

@testable import Model

@Suite("Files are followed through their names")
struct FileNamesTests {
    typealias Case = FileClassTests.Case
    private typealias S = RunScript

    static let cases: [Case] = [
        Case("a temporary file becomes the final one", "created /w/out") {
            $0.make(1, "/w/out.tmp", ino: 5)
            $0.rename(1, "/w/out.tmp", "/w/out")
        },
        Case("over one that was read before", "input /w/out", "replaced /w/out") {
            $0.open(1, "/w/out", ino: 4)
            $0.make(1, "/w/out.tmp", ino: 5)
            $0.rename(1, "/w/out.tmp", "/w/out")
        },
        Case("over one that is only known to be there", "replaced /w/out") {
            $0.make(1, "/w/out.tmp")
            $0.rename(1, "/w/out.tmp", "/w/out", flags: 1, result: -17)
            $0.rename(1, "/w/out.tmp", "/w/out")
        },
        Case("over one that was looked for", "created /w/out") {
            $0.fail(1, "/w/out")
            $0.make(1, "/w/out.tmp")
            $0.rename(1, "/w/out.tmp", "/w/out")
        },
        Case("again and again", "created /w/out") {
            for ino in 5...7 {
                $0.make(1, "/w/out.tmp", ino: UInt64(ino))
                $0.rename(1, "/w/out.tmp", "/w/out")
            }
        },
        Case("deleted and made anew", "replaced /w/out") {
            $0.delete(1, "/w/out")
            $0.make(1, "/w/out")
        },
        Case("a file is renamed", "moved /w/b") { $0.rename(1, "/w/a", "/w/b") },
        Case("a file is renamed and written", "modified /w/b") {
            $0.rename(1, "/w/a", "/w/b")
            $0.open(1, "/w/b", S.write)
            $0.write(1, "/w/b")
        },
        Case("a file is renamed over another", "replaced /w/b") {
            $0.open(1, "/w/b", S.path)
            $0.rename(1, "/w/a", "/w/b")
        },
        Case("there and back", "moved /w/a") {
            $0.rename(1, "/w/a", "/w/b")
            $0.rename(1, "/w/b", "/w/a")
        },
        Case("an empty name is nothing's", "input /w/a") {
            $0.open(1, "/w/a")
            $0.add(1, .open, .openat, result: -2, name: "", path: "/w", resolution: .lexical)
            $0.add(1, .open, .openat, result: -2, name: "")
            $0.add(
                1, .rename, .rename, result: -2, name: "/w/a", target: "", path: "/w/a", targetPath: "/w",
                resolution: .lexical)
        },
        Case("a rename that failed", "input /w/a", "refused /w/b") {
            $0.open(1, "/w/a")
            $0.rename(1, "/w/a", "/w/b", flags: 1, result: -17)
        },
        Case("a name onto itself", "created /w/a") {
            $0.make(1, "/w/a")
            $0.rename(1, "/w/a", "/w/a")
        },
        Case("two are exchanged", "replaced /w/a", "replaced /w/b") {
            $0.open(1, "/w/a", ino: 1)
            $0.open(1, "/w/b", ino: 2)
            $0.rename(1, "/w/a", "/w/b", flags: 2)
        },
        Case("two directories are exchanged", "directory /w/p", "directory /w/q", "replaced /w/p/x", "modified /w/q/x")
        {
            $0.make(1, "/w/q/x", ino: 5)
            $0.write(1, "/w/p/x", ino: 6)
            $0.rename(1, "/w/p", "/w/q", flags: 2)
            $0.open(1, "/w/q", S.directory)
            $0.open(1, "/w/p", S.directory)
        },
        Case("a directory is renamed", "directory /w/new", "created /w/new/a", "input /w/old/b") {
            $0.add(1, .mkdir, .mkdir, result: 0, name: "old", path: "/w/old")
            $0.make(1, "/w/old/a")
            $0.rename(1, "/w/old", "/w/new")
            $0.open(1, "/w/old/b")
        },
        Case("a directory with directories is renamed twice", "directory /w/c", "created /w/c/x/a") {
            $0.make(1, "/w/a/x/a")
            $0.rename(1, "/w/a", "/w/b")
            $0.rename(1, "/w/b", "/w/c")
        },
        Case("two names, of which one goes", "created /w/b") {
            $0.make(1, "/w/a", ino: 5)
            $0.link(1, "/w/a", "/w/b")
            $0.delete(1, "/w/a")
        },
        Case("two names of one file", "created /w/a") {
            $0.make(1, "/w/a", ino: 5)
            $0.link(1, "/w/a", "/w/b")
            $0.open(1, "/w/b", ino: 5)
        },
        Case("an old file gets a second name", "moved /w/a") { $0.link(1, "/w/a", "/w/b") },
        Case("two old names of one file", "modified /w/a") {
            $0.open(1, "/w/a", ino: 5)
            $0.open(1, "/w/b", S.write | S.truncate, ino: 5)
        },
        Case("unlinked while open", "intermediate /w/a") {
            $0.make(1, "/w/a", ino: 5)
            $0.delete(1, "/w/a")
            $0.write(1, "/w/a (deleted)", ino: 5)
        },
        Case("an old one, unlinked while open", "deleted /w/a") {
            $0.open(1, "/w/a", S.both, ino: 5)
            $0.delete(1, "/w/a")
            $0.write(1, "/w/a", ino: 5)
        },
        Case("its inode is used again", "intermediate /w/a", "created /w/b") {
            $0.make(1, "/w/a", ino: 5)
            $0.delete(1, "/w/a")
            $0.make(1, "/w/b", ino: 5)
        },
        Case("its inode is used again by somebody else", "intermediate /w/a", "input /w/b") {
            $0.make(1, "/w/a", ino: 5)
            $0.delete(1, "/w/a")
            $0.open(1, "/w/b", ino: 5)
        },
        Case("its name is used again by somebody else", "input /w/a", "input /w/a") {
            $0.open(1, "/w/a", ino: 5)
            $0.open(1, "/w/a", ino: 6)
        },
        Case("a file without a name", "intermediate -") {
            $0.open(1, "/w/#5", S.both | S.temporary, created: true, ino: 5, as: "/w")
            $0.write(1, "/w/#5 (deleted)", ino: 5)
        },
        Case("a file without a name gets one by its descriptor", "created /w/a") {
            $0.open(1, "/w/#5", S.both | S.temporary, created: true, ino: 5, as: "/w", fd: 9)
            $0.link(1, "/proc/self/fd/9", "/w/a")
        },
        Case("a file without a name gets one by itself", "created /w/a") {
            $0.open(1, "/w/#5", S.both | S.temporary, created: nil, as: "/w", fd: 9)
            $0.link(1, "", "/w/a")
        },
        Case("deleted by another way to it", "intermediate /real/a") {
            $0.open(1, "/real/a", S.write | S.create, created: true, ino: 5, as: "/link/a")
            $0.delete(1, "/link/a")
        },
        Case("found by another way to it", "input /real/a", "missing /real/b") {
            $0.open(1, "/real/a", as: "/link/a")
            $0.fail(1, "/link/x/../b")
        },
        Case("a program in another root", "input /jail/etc/a", "missing /etc/b") {
            $0.open(1, "/jail/etc/a", as: "/etc/a")
            $0.fail(1, "/etc/b")
        },
        Case("names that are no text", "created /w/\\xff\\x0a") {
            $0.make(1, ByteString([0x2F, 0x77, 0x2F, 0xFF, 0x0A]))
        },
        Case("names as passed", "input a", "created b") {
            $0.add(1, .open, .openat, result: 3, created: false, name: "a")
            $0.add(1, .open, .openat, result: 3, flags: S.write | S.create, created: true, name: "b")
        },
    ]

    @Test("The last name counts", arguments: cases)
    func names(_ example: Case) {
        #expect(RunHistory(example.write).classes == example.expected)
    }

    @Test("The same path in a container is another file")
    func containers() {
        var script = RunScript()
        script.open(1, "/etc/a")
        var inside = script.events[0]
        inside.root = .other
        inside.actor.container = "shop"
        var elsewhere = inside
        elsewhere.actor.container = "web"
        let history = RunHistory(of: script.events + [inside, elsewhere, inside])
        #expect(history.files.count == 3)
        #expect(history.files[1].name == FileName("/etc/a", in: .other("shop")))
        #expect(history.files[1].uses[0]?.firstRead?.order == 1)
    }

    @Test("What has no name at all is counted")
    func unnamed() {
        let history = RunHistory {
            $0.write(1, nil)
            $0.add(1, .open, .openByHandleAt, result: 3)
            $0.write(1, nil, ino: 3)
        }
        #expect(history.unnamed == 2)
        #expect(history.classes == ["modified -"])
    }

    @Test("The names it had stay known, and who gave them")
    func former() {
        let history = RunHistory {
            $0.make(1, "/w/a")
            $0.rename(2, "/w/a", "/w/b")
            $0.link(2, "/w/b", "/w/c")
        }
        #expect(history.files[0].names == ["/w/b", "/w/c"])
        #expect(history.files[0].formerNames == ["/w/a"])
        #expect(history.files[0].firstName == "/w/a")
        #expect(history.writers(of: 0) == [0])
        #expect(history.movers(of: 0) == [1])
    }

    @Test(
        "A path says the same without steps that lead nowhere",
        arguments: [
            ("/a/./b//c/../d/", "/a/b/d"), ("/..", "/"), ("/", "/"), ("a/../b", "a/../b"), ("//x", "/x"),
            ("/a/...", "/a/..."),
        ] as [(ByteString, ByteString)])
    func simplified(_ path: ByteString, _ expected: ByteString) { #expect(FileName.simplified(path) == expected) }
}
