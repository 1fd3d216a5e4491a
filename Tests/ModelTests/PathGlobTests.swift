import Model
import Testing

@Suite struct PathGlobTests {
    private static func matches(_ pattern: String, _ name: ByteString) throws -> Bool {
        try PathGlob(pattern).matches(name)
    }

    @Test(arguments: [
        ("/etc/passwd", "/etc/passwd"), ("*", ""), ("*", "a"), ("*.c", ".c"), ("*.c", "main.c"),
        ("/etc/*", "/etc/"), ("/etc/*", "/etc/passwd"), ("/etc/**", "/etc/a/b/c"), ("/etc/**", "/etc/"),
        ("/a/**/b", "/a/b"), ("/a/**/b", "/a/x/b"), ("/a/**/b", "/a/x/y/b"), ("**/b", "b"), ("**/b", "/b"),
        ("**/b", "x/b"), ("**", ""), ("**", "/any/thing"), ("a**z", "a/b/z"), ("a**z", "az"), ("***", "/a/b"),
        ("/a/**/**/b", "/a/b"), ("/a/**/**/b", "/a/1/2/3/b"), ("**/*.so*", "/usr/lib/libc.so.6"),
        ("?", "a"), ("?", "ä"), ("a?c", "aöc"), ("??", "ab"), ("[a-c]x", "bx"), ("[!a-c]x", "dx"), ("[!a-c]x", "äx"),
        ("[^a]", "b"), ("[]a]", "]"), ("[]a]", "a"), ("[a-]", "-"), ("[\\]]", "]"), ("\\*", "*"), ("a\\\\b", "a\\b"),
        ("[[]", "["), ("/proc/*/fd/*", "/proc/12/fd/3"), ("*a*b*c", "xxaxxbxxc"), ("*/", "a/"), ("a//b", "a//b"),
        ("**/", "a/"), ("**/x/**", "a/x/b"), ("[!/]", "a"),
    ])
    func `a pattern matches`(pattern: String, name: String) throws {
        #expect(try Self.matches(pattern, ByteString(name)))
    }

    @Test(arguments: [
        ("/etc/passwd", "/etc/passwd2"), ("/etc/passwd", "/etc/passw"), ("/etc/*", "/etc/a/b"), ("*", "a/b"),
        ("/etc/**", "/etc"), ("/a/**/b", "/ab"), ("/a/**/b", "/a/xb"), ("**/b", "ab"), ("**/b", "/x/ab"),
        ("?", ""), ("?", "/"), ("?", "ab"), ("[a-c]x", "dx"), ("[!a-c]x", "ax"), ("[!a]", "/"), ("[a-z/]", "/"),
        ("\\*", "a"), ("*.c", "main.c/x"), ("a*b", "a/b"), ("*a*b*c", "xxaxxcxxb"), ("/A", "/a"),
    ])
    func `a pattern does not match`(pattern: String, name: String) throws {
        #expect(try !Self.matches(pattern, ByteString(name)))
    }

    @Test func `bytes that are no text are matched as they are`() throws {
        let name = ByteString([UInt8(ascii: "/"), 0xFF, 0xFE, UInt8(ascii: "x")])
        #expect(try Self.matches("/*x", name))
        #expect(try Self.matches("/??x", name))
        #expect(try !Self.matches("/?", name))
        #expect(try Self.matches("/[!a][!a]x", name))
    }

    @Test(arguments: [
        ("", PathGlob.Mistake.Problem.empty, 0), ("/a[bc", .unclosedBracket, 2), ("[]", .unclosedBracket, 0),
        ("[!]", .unclosedBracket, 0), ("a\\", .nothingEscaped, 1), ("x[z-a]", .emptyRange, 2), ("[ä]", .notASCII, 1),
        ("[a\\", .unclosedBracket, 0),
    ])
    func `a mistake in a pattern has its place`(pattern: String, problem: PathGlob.Mistake.Problem, position: Int) {
        #expect { try PathGlob(pattern) } throws: { error in
            guard let mistake = error as? PathGlob.Mistake else { return false }
            return mistake.problem == problem && mistake.position == position
        }
    }

    @Test func `a pattern that is too long is refused`() {
        #expect(throws: PathGlob.Mistake.self) { try PathGlob(String(repeating: "a", count: 4097)) }
    }

    /// A match that tries every way in turn would take longer than the universe lasts.
    @Test(.timeLimit(.minutes(1))) func `no pattern makes a match take long`() throws {
        let name = ByteString([UInt8](repeating: UInt8(ascii: "a"), count: 4000))
        #expect(try !Self.matches(String(repeating: "*a", count: 60) + "b", name))
        #expect(try !Self.matches(String(repeating: "**a", count: 60) + "b", name))
        #expect(try !Self.matches(String(repeating: "**/", count: 60) + "b", name))
    }

    /// Against the plainest matcher there is, which tries every way in turn.
    @Test func `patterns match what the plainest matcher says`() throws {
        var random = Sequence(seed: 7)
        let letters = ["a", "b", "/", "*", "**", "?", "**/", "[ab]", "[!a]"]
        for _ in 0..<4000 {
            let pattern = (0..<random.below(6) + 1).map { _ in letters[random.below(letters.count)] }.joined()
            let name = (0..<random.below(8)).map { _ in ["a", "b", "/"][random.below(3)] }.joined()
            let expected = Naive.matches(Array(pattern)[...], Array(name)[...], isAtStart: true)
            #expect(try Self.matches(pattern, ByteString(name)) == expected, "\(pattern) \(name)")
        }
    }

    private struct Sequence {
        var state: UInt64
        init(seed: UInt64) { state = seed }
        mutating func below(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
    }

    private enum Naive {
        /// - Parameter isAtStart: whether `pattern` is at the beginning of the whole or after a slash of it.
        static func matches(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>, isAtStart: Bool) -> Bool {
            guard let first = pattern.first else { return name.isEmpty }
            let stars = pattern.prefix { $0 == "*" }
            let rest = pattern.dropFirst(stars.count)
            switch first {
            case "*" where stars.count == 1:
                return (0...name.prefix { $0 != "/" }.count).contains {
                    matches(rest, name.dropFirst($0), isAtStart: false)
                }
            case "*" where isAtStart && rest.first == "/":
                let behind = rest.dropFirst()
                return matches(behind, name, isAtStart: true)
                    || name.indices.contains {
                        name[$0] == "/" && matches(behind, name[($0 + 1)...], isAtStart: true)
                    }
            case "*":
                return (0...name.count).contains { matches(rest, name.dropFirst($0), isAtStart: false) }
            case "?":
                return name.first.map { $0 != "/" } == true
                    && matches(pattern.dropFirst(), name.dropFirst(), isAtStart: false)
            case "[":
                guard let end = pattern.firstIndex(of: "]"), let next = name.first, next != "/" else { return false }
                let inside = pattern[pattern.startIndex + 1..<end]
                let fits = inside.first == "!" ? !inside.contains(next) : inside.contains(next)
                return fits && matches(pattern[(end + 1)...], name.dropFirst(), isAtStart: false)
            default:
                return name.first == first
                    && matches(pattern.dropFirst(), name.dropFirst(), isAtStart: first == "/")
            }
        }
    }
}
