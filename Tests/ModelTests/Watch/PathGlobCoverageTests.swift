import Model
import Testing

@Suite struct PathGlobCoverageTests {
    @Test(arguments: [
        ("/etc/**", "/etc", PathGlob.Coverage.all), ("/etc/**", "/etc/cron.d", .all), ("/etc/*", "/etc", .all),
        ("/etc/*", "/etc/cron.d", .none), ("/etc/**", "/", .none), ("/etc/**", "/etcetera", .none),
        ("/etc/**", "/var/log", .none), ("/etc/passwd", "/etc", .some), ("/etc/passwd", "/", .none),
        ("/etc/passwd", "/etc/passwd", .none), ("/etc/*.d/*", "/etc/cron.d", .all), ("/etc/*.d/*", "/etc/cron", .none),
        ("/etc/*.conf", "/etc", .some), ("/**", "/", .all), ("**", "/a/b", .all), ("/**/passwd", "/etc", .some),
        ("/**/.ssh/**", "/home/a/.ssh", .all), ("/**/.ssh/**", "/home/a", .none), ("/etc/?*", "/etc", .all),
        ("/etc/?", "/etc", .some), ("/etc/[!a]*", "/etc", .some), ("/etc/**/*", "/etc/x/y", .all),
        ("/home/*/.ssh/*", "/home/a/.ssh", .all), ("/a", "/", .some), ("*", "/", .none), ("/*/x", "/", .none),
        ("/etc/[/]", "/etc", .none), ("/e*", "/", .some), ("/e**", "/etc", .all), ("/**a", "/etc", .some),
    ])
    func `a directory's names match a pattern`(pattern: String, directory: String, coverage: PathGlob.Coverage) throws {
        #expect(try PathGlob(pattern).coverage(ofNamesIn: ByteString(directory)) == coverage)
    }

    @Test func `a directory whose name is no text is one like any other`() throws {
        let directory = ByteString(Array("/etc/".utf8) + [0xFF, 0x80])
        #expect(try PathGlob("/etc/**").coverage(ofNamesIn: directory) == .all)
        #expect(try PathGlob("/etc/?/*").coverage(ofNamesIn: directory) == .all)
        #expect(try PathGlob("/etc/[a]/*").coverage(ofNamesIn: directory) == .none)
    }

    /// Against all names of up to five of these bytes: what they are alike for, they are alike for in longer names too, as
    /// the patterns are short.
    @Test func `what is said of a directory is so for every name`() throws {
        var random = Chance(seed: 11)
        let pieces = ["a", "b", "/", "/", "*", "**", "?", "**/", "[ab]", "[!a]", "\\*", "é"]
        let alphabet: [UInt8] = [UInt8(ascii: "a"), UInt8(ascii: "b"), UInt8(ascii: "*"), 0xC3, 0xA9]
        let names = Self.names(alphabet, upTo: 5)
        var counts: [PathGlob.Coverage: Int] = [:]
        for _ in 0..<400 {
            let pattern = "/" + (0..<random.below(3) + 1).map { _ in random.one(of: pieces) }.joined()
            // Six bytes at least.
            if pattern == "/ééé" { continue }
            let directory = ByteString(random.one(of: ["/", "/a", "/b", "/a/b", "/a/a/a", "/ab"]))
            let glob = try PathGlob(pattern)
            let matching = names.count { glob.matches(directory.appending(rest: [UInt8(ascii: "/")] + $0)) }
            let expected: PathGlob.Coverage =
                matching == 0 ? .none : matching == names.count ? .all : .some
            let coverage = glob.coverage(ofNamesIn: directory)
            #expect(coverage == expected, "\(pattern) in \(directory)")
            counts[coverage, default: 0] += 1
        }
        #expect(counts.values.allSatisfy { $0 > 20 } && counts.count == 3)
    }

    private static func names(_ alphabet: [UInt8], upTo length: Int) -> [[UInt8]] {
        var (names, longest): ([[UInt8]], [[UInt8]]) = ([], [[]])
        for _ in 0..<length {
            longest = longest.flatMap { name in alphabet.map { name + [$0] } }
            names += longest
        }
        return names
    }

    @Test(.timeLimit(.minutes(1))) func `no pattern makes it take long`() throws {
        for unit in ["*a", "*[ab]", "?*b"] {
            let glob = try PathGlob("/" + String(repeating: unit, count: 100))
            #expect(glob.coverage(ofNamesIn: "/") == .some)
        }
        #expect(try PathGlob("/" + String(repeating: "a", count: 4000)).coverage(ofNamesIn: "/") == .some)
    }
}
