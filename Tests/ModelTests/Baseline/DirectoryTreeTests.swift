import Testing

@testable import Model

@Suite("The directories of a writer")
struct DirectoryTreeTests {
    private static func entry(_ state: DirectoryTree.Entry.State = .learned, _ operation: WatchedOperation = .write)
        -> DirectoryTree.Entry
    {
        DirectoryTree.Entry(state: state, operations: [operation], first: Timestamp(nanoseconds: 1))
    }

    private static func tree(_ paths: [String]) -> DirectoryTree {
        var tree = DirectoryTree()
        for path in paths { tree.insert(entry(), at: tree.place(of: FoldedPath(ByteString(path)))) }
        return tree
    }

    private static func paths(_ tree: DirectoryTree) -> [String] {
        tree.entries.map { DirectoryTree.path(of: $0.place).lossyText }
    }

    private static func knows(_ tree: DirectoryTree, _ path: String) -> Bool {
        tree[tree.place(of: FoldedPath(ByteString(path)))] != nil
    }

    /// Names that nothing but their number makes alike.
    private static func word(_ number: Int) -> String {
        "word"
            + String(number, radix: 26).map { digit in
                String(UnicodeScalar(UInt8(ascii: "a") + UInt8(Int(String(digit), radix: 26) ?? 0)))
            }.joined()
    }

    @Test func `More children than are told apart become one`() {
        let names = (0..<DirectoryTree.mostChildren).map { "/srv/mail/\(Self.word($0))/cur" }
        #expect(Self.tree(names).count == names.count)
        let folded = Self.tree(names + ["/srv/mail/another/new"])
        #expect(Self.paths(folded) == ["/srv/mail/*/cur", "/srv/mail/*/new"])
        #expect(folded.count == 2)
        #expect(Self.knows(folded, "/srv/mail/nobody/cur"))
        #expect(!Self.knows(folded, "/srv/mail/nobody"))
        #expect(!Self.knows(folded, "/srv/web/nobody/cur"))
    }

    @Test(arguments: ["/etc", "/etc/ssl", "/usr/bin", "/root", "/home", "/home/alice/.ssh", "/", "/var/lib"])
    func `Where each name matters none is folded away`(_ parent: String) {
        let parent = parent == "/" ? "" : parent
        let names = (0..<300).map { "\(parent)/\(Self.word($0))" }
        let tree = Self.tree(names)
        #expect(tree.count == 300)
        #expect(!Self.knows(tree, "\(parent)/another"))
    }

    @Test func `Siblings with ends of chance become one pattern, and others stay`() {
        let random = ["aB3dEf", "Xy7zW1", "q9Q9q9", "Zz11zz", "h4G5f6", "pOiUyT", "mN8bV7", "cX2zA3"]
        let tree = Self.tree(["/srv/jobs/config"] + random.map { "/srv/jobs/job-\($0)" })
        #expect(Self.paths(tree) == ["/srv/jobs/config", "/srv/jobs/job-??????"])
        #expect(Self.knows(tree, "/srv/jobs/job-k1L2m3"))
        // Chance may make a word, or many digits.
        #expect(Self.knows(tree, "/srv/jobs/job-letter"))
        #expect(Self.knows(tree, "/srv/jobs/job-4360x6"))
        #expect(!Self.knows(tree, "/srv/jobs/job-letters"))
        #expect(!Self.knows(tree, "/srv/jobs/other-k1L2m3"))
        #expect(!Self.knows(tree, "/srv/jobs/job-k1L2m3x"))
    }

    @Test func `A store that parts its files by the beginnings of their names is one directory`() {
        let tree = Self.tree(["0a", "b3", "1P", "HB", "ff", "c0", "17", "d4", "e5"].map { "/srv/store/objects/\($0)" })
        #expect(Self.paths(tree) == ["/srv/store/objects/*", "/srv/store/objects/??"])
        #expect(Self.knows(tree, "/srv/store/objects/zz"))
        #expect(Self.knows(tree, "/srv/store/objects/42"))
        #expect(!Self.knows(tree, "/srv/store/objects/pack"))
    }

    @Test func `What was found stays to be looked at when it becomes one with its siblings`() {
        var tree = Self.tree((0..<64).map { "/srv/mail/\(Self.word($0))" })
        tree.insert(Self.entry(.found, .delete), at: tree.place(of: FoldedPath("/srv/mail/another")))
        #expect(tree.count == 1)
        #expect(tree.entries[0].entry.state == .found)
        #expect(tree.entries[0].entry.operations == [.write, .delete])
    }

    @Test func `A number is no reason to take a name`() {
        let tree = Self.tree(["/srv/app/1234/x", "/srv/app/77/x"])
        #expect(Self.paths(tree) == ["/srv/app/*/x"])
        #expect(Self.knows(tree, "/srv/app/9/x"))
        #expect(!Self.knows(tree, "/srv/app/backup/x"))
    }

    @Test func `What is removed is not known any more, and leaves nothing behind`() {
        var tree = Self.tree(["/srv/a/b", "/srv/a"])
        let place = tree.place(of: FoldedPath("/srv/a/b"))
        let first = tree.remove(at: place)
        let second = tree.remove(at: place)
        #expect(first && !second)
        #expect(Self.paths(tree) == ["/srv/a"])
        #expect(tree.count == 1)
    }

    @Test func `However the same directories come, a tree that is full is the same`() {
        let names = (0..<500).map { "/srv/mail/\(Self.word($0 % 100))/\(["cur", "new", "tmp"][$0 % 3])" }
        let expected = Self.paths(Self.tree(names))
        #expect(expected == ["/srv/mail/*/cur", "/srv/mail/*/new", "/srv/mail/*/tmp"])
        for _ in 0..<20 { #expect(Self.paths(Self.tree(names.shuffled())) == expected) }
    }
}
