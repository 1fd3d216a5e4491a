import RunScripts
import Testing

@testable import Model

@Suite("What a file was to a run")
struct FileClassTests {
    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let expected: [String]
        let write: @Sendable (inout RunScript) -> Void

        init(_ description: String, _ expected: String..., write: @escaping @Sendable (inout RunScript) -> Void) {
            (self.description, self.expected, self.write) = (description, expected.sorted(), write)
        }
    }

    private typealias S = RunScript

    static let plain: [Case] = [
        Case("read", "input /w/a") { $0.open(1, "/w/a") },
        Case("made", "created /w/a") { $0.make(1, "/w/a") },
        Case("made empty", "created /w/a") { $0.open(1, "/w/a", S.write | S.create, created: true) },
        Case("made by mknod", "created /w/a") {
            $0.add(1, .create, .mknodat, result: 0, created: true, name: "a", path: "/w/a")
        },
        Case("written in place", "modified /w/a") {
            $0.open(1, "/w/a", S.write)
            $0.write(1, "/w/a")
        },
        Case("appended", "modified /w/a") {
            $0.open(1, "/w/a", S.write | S.append)
            $0.write(1, "/w/a")
        },
        Case("truncated by its open", "modified /w/a") { $0.open(1, "/w/a", S.write | S.create | S.truncate) },
        Case("truncated by name", "modified /w/a") { $0.add(1, .truncate, .truncate, result: 0, path: "/w/a") },
        Case("mapped to be written", "modified /w/a") {
            $0.open(1, "/w/a", S.both, ino: 1)
            $0.add(1, .sharedMap, .mmap, result: 0, path: "/w/a", resolution: .file, ino: 1)
        },
        Case("opened to be written, and others were written", "created /w/b", "unchanged /w/a") {
            $0.open(1, "/w/a", S.write)
            $0.make(1, "/w/b")
        },
        Case("opened for both and only read", "input /w/a", "created /w/b") {
            $0.open(1, "/w/a", S.both)
            $0.make(1, "/w/b")
        },
        Case("written with no byte", "input /w/a") {
            $0.open(1, "/w/a", S.both)
            $0.write(1, "/w/a", bytes: 0)
        },
        Case("a write whose result never became known", "modified /w/a") {
            $0.open(1, "/w/a", S.both)
            $0.write(1, "/w/a", bytes: nil)
        },
        Case("a write that failed", "input /w/a") {
            $0.open(1, "/w/a", S.both)
            $0.write(1, "/w/a", bytes: -28)
        },
        Case("first seen in a write", "modified /w/a") { $0.write(1, "/w/a", ino: 7) },
        Case("executed and read", "executed /w/a") {
            $0.exec(1, "/w/a", "a")
            $0.open(1, "/w/a")
        },
        Case("scripts, each with the number of its interpreter", "executed /bin/sh", "executed /w/a", "executed /w/b") {
            for name in ["/w/a", "/w/b"] as [ByteString] {
                $0.add(
                    1, .exec, .execve, result: 0, name: name, path: name, resolution: .lexical, ino: 9,
                    arguments: ["/bin/sh", name])
            }
            $0.add(1, .exec, .execve, result: 0, name: "sh", path: "/bin/sh", resolution: .file, ino: 9)
        },
        Case("opened with O_PATH", "metadata_only /w/a") { $0.open(1, "/w/a", S.path) },
        Case("opened with O_PATH, then read", "input /w/a") {
            $0.open(1, "/w/a", S.path)
            $0.open(1, "/w/a")
        },
        Case("probed", "missing /w/a") { $0.fail(1, "/w/a") },
        Case("probed below a file", "missing /w/a/b", "input /w/a") {
            $0.open(1, "/w/a")
            $0.fail(1, "/w/a/b", errno: 20)
        },
        Case("probed, then made", "created /w/a") {
            $0.fail(1, "/w/a")
            $0.make(2, "/w/a")
        },
        Case("probed, made, deleted, probed again", "intermediate /w/a") {
            $0.fail(1, "/w/a")
            $0.make(2, "/w/a")
            $0.delete(2, "/w/a")
            $0.fail(1, "/w/a")
        },
        Case("probed, then put there by somebody else", "input /w/a") {
            $0.fail(1, "/w/a")
            $0.open(1, "/w/a")
        },
        Case("refused", "refused /w/a") { $0.fail(1, "/w/a", errno: 13) },
        Case("refused to one, read by the other", "input /w/a") {
            $0.fail(1, "/w/a", errno: 13)
            $0.open(2, "/w/a")
        },
        Case("not made because it is there", "refused /w/a") {
            $0.fail(1, "/w/a", S.write | S.create | S.exclusive, errno: 17)
        },
        Case("deleted", "deleted /w/a") { $0.delete(1, "/w/a") },
        Case("read and deleted", "deleted /w/a") {
            $0.open(1, "/w/a")
            $0.delete(1, "/w/a")
        },
        Case("made and deleted", "intermediate /w/a") {
            $0.make(1, "/w/a")
            $0.delete(1, "/w/a")
        },
        Case("made, then read by another", "intermediate /w/a") {
            $0.make(1, "/w/a")
            $0.open(2, "/w/a")
        },
        Case("made, then read by its maker", "created /w/a") {
            $0.make(1, "/w/a")
            $0.open(1, "/w/a")
        },
        Case("made, then changed by another", "created /w/a") {
            $0.make(1, "/w/a")
            $0.open(2, "/w/a", S.both)
            $0.write(2, "/w/a")
        },
        Case("made, then executed", "intermediate /w/a") {
            $0.make(1, "/w/a")
            $0.exec(2, "/w/a", "a")
        },
        Case("a directory", "directory /w") { $0.open(1, "/w", S.directory) },
        Case("a directory that nobody said was one", "directory /w", "input /w/a") {
            $0.open(1, "/w")
            $0.open(1, "/w/a")
        },
        Case("made, and there already", "directory /w", "directory /v") {
            $0.add(1, .mkdir, .mkdir, result: 0, name: "w", path: "/w")
            $0.add(1, .mkdir, .mkdir, result: -17, name: "v", path: "/v")
        },
        Case("a directory that goes by unlinkat", "directory /w") {
            $0.add(1, .delete, .unlinkat, result: 0, flags: 0x200, name: "w", path: "/w")
        },
        Case("a symbolic link", "created /w/s") {
            $0.add(1, .link, .symlinkat, result: 0, name: "a", target: "s", path: "/w/a", targetPath: "/w/s")
        },
        Case("a symbolic link by a ring", "created /w/s") {
            $0.add(
                1, .link, .uring, result: 0, name: "a", target: "s", path: "/w/a", targetPath: "/w/s",
                opcode: .symlinkat)
        },
        Case("a hard link by a ring", "moved /w/a") {
            $0.add(
                1, .link, .uring, result: 0, name: "a", target: "s", path: "/w/a", targetPath: "/w/s", opcode: .linkat)
        },
        Case("no file at all") {
            $0.write(1, nil)
            $0.fork(1, 2)
            $0.exit(2)
        },
    ]

    @Test("A file has one class", arguments: plain)
    func classes(_ example: Case) {
        #expect(RunHistory(example.write).classes == example.expected)
    }

    @Test(
        "Where writes are not asked for, who opens a file to write counts as having written it",
        arguments: [
            (RunScript.write, "modified /w/a", false), (RunScript.both, "modified /w/a", true),
            (RunScript.both | RunScript.truncate, "modified /w/a", false), (RunScript.read, "input /w/a", true),
        ])
    func opensOnly(_ flags: UInt64, _ expected: String, _ isInput: Bool) {
        let history = RunHistory { $0.open(1, "/w/a", flags) }
        #expect(!history.hasWrites)
        #expect(history.classes == [expected])
        #expect(history.isInput(0) == isInput)
        #expect(history.isOutput(0) == expected.hasPrefix("modified"))
    }

    @Test("Where the run says nothing of making, the flags and what is known tell")
    func unknownMaking() {
        let flags = RunScript.write | RunScript.create
        let history = RunHistory {
            $0.open(1, "/w/new", flags, created: nil)
            $0.open(1, "/w/only", flags | RunScript.exclusive, created: nil)
            $0.fail(1, "/w/missed")
            $0.open(1, "/w/missed", flags, created: nil)
            $0.open(1, "/w/old")
            $0.open(1, "/w/old", flags | RunScript.truncate, created: nil)
        }
        #expect(history.classes == ["created /w/missed", "created /w/new", "created /w/only", "modified /w/old"])
    }

    @Test("Read, then written: both are said")
    func readThenWritten() throws {
        let history = RunHistory {
            $0.open(1, "/w/first")
            $0.open(1, "/w/first", RunScript.write | RunScript.truncate)
            $0.open(1, "/w/second", RunScript.write | RunScript.truncate)
            $0.open(1, "/w/second")
        }
        #expect(history.classes == ["modified /w/first", "modified /w/second"])
        #expect(history.isInput(0))
        #expect(!history.isInput(1))
    }
}
