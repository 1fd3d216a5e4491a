import Model
import Testing

@Suite struct LexicalPathTests {
    @Test(arguments: [
        ("/a", "b", "/a/b"), ("/a", "./b", "/a/b"), ("/a", "../b", "/b"), ("/a", "../../../b", "/b"), ("/", "b", "/b"),
        ("/a/b", "", "/a/b"), ("/a", "/b//c/", "/b/c"), ("/a//x/", "b/.", "/a/x/b"), ("/", "..", "/"),
        ("/a", "..", "/"),
        ("/a", "b/../../c", "/c"), ("/a", "...", "/a/..."), ("/a", "/", "/"),
    ])
    func `a name is joined to a directory`(directory: String, name: String, path: String) {
        #expect(ByteString(directory).lexicallyAppending(ByteString(name)) == ByteString(path))
    }

    @Test(arguments: [("/a/b", "/a"), ("/a", "/"), ("/a/b/c", "/a/b")])
    func `a path is in a directory`(path: String, parent: String) {
        #expect(ByteString(path).parentPath == ByteString(parent))
    }

    @Test(arguments: ["/", "", "a/b"]) func `what is the root, or not absolute, is in none`(path: String) {
        #expect(ByteString(path).parentPath == nil)
    }

    @Test(arguments: [
        ("/a/b", "/a", "/b"), ("/a", "/a", ""), ("/ab", "/a", nil), ("/a", "/a/b", nil), ("/a/b", "/", "/a/b"),
        ("/", "/", ""), ("net:[1]", "/", "net:[1]"),
    ])
    func `what follows a directory can be put after another`(path: String, directory: String, rest: String?) {
        let found = ByteString(path).rest(below: ByteString(directory))
        #expect(found.map { ByteString($0) } == rest.map { ByteString($0) })
        if let found, ByteString(path).isAbsolutePath {
            #expect(ByteString(directory).appending(rest: found) == ByteString(path))
        }
    }
}
