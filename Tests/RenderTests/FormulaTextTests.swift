import Model
import Testing

@testable import Render

@Suite("What is said of a formula")
struct FormulaTextTests {
    private func mistake(_ formula: String) throws -> String {
        let error = #expect(throws: FormulaError.self) { try FlagsFormula(parsing: formula) }
        return try #require(error).text
    }

    @Test(
        "A mistake is shown with a caret below it",
        arguments: [
            (
                "O_WRONLY & O_CRAET",
                """
                there is no flag "O_CRAET"; did you mean "O_CREAT"?
                  O_WRONLY & O_CRAET
                             ^
                """
            ),
            (
                "xyzzy",
                """
                there is no flag "xyzzy"; flags are those of open(2), READ, WRITE, CREATED and FAILED
                  xyzzy
                  ^
                """
            ),
            (
                "creat && trunc",
                """
                an operator is written once: "&"
                  creat && trunc
                         ^
                """
            ),
            (
                "creat or trunc",
                """
                an operator is missing here; did you mean "|"?
                  creat or trunc
                        ^
                """
            ),
            (
                "creat|",
                """
                a flag is missing here; write its name, such as "O_CREAT"
                  creat|
                        ^
                """
            ),
            (
                "creat trunc",
                """
                an operator is missing here; write "&" for and, "|" for or
                  creat trunc
                        ^
                """
            ),
            (
                "\u{1B}[2J\n\u{E9}",
                """
                this does not belong into a formula; take it away
                  \\x1b[2J\\x0a\\u{e9}
                  ^
                """
            ),
            (
                "creat|\n\u{2028}!x",
                """
                this does not belong into a formula; take it away
                  creat|\\x0a\\u{2028}!x
                            ^
                """
            ),
            (
                "!creat",
                """
                this does not belong into a formula; did you mean "~"?
                  !creat
                  ^
                """
            ),
            (
                "(creat",
                """
                nothing closes this parenthesis; write a ")"
                  (creat
                  ^
                """
            ),
            (
                "creat)",
                """
                nothing opens this parenthesis; take it away or write a "("
                  creat)
                       ^
                """
            ),
            (
                "creat|0",
                """
                0 has no bits that could be set; did you mean "O_RDONLY"?
                  creat|0
                        ^
                """
            ),
            (
                "08",
                """
                "08" is no number of 64 bits; write it as in C: 64, 0x40 or 0100
                  08
                  ^
                """
            ),
            (
                "",
                """
                the formula is empty; name a flag, such as "O_CREAT"
                  
                  ^
                """
            ),
        ])
    func mistakes(_ formula: String, _ shown: String) throws {
        #expect(try mistake(formula) == shown)
    }

    @Test("Of a long formula only the place is shown")
    func long() throws {
        let text = try mistake(
            String(repeating: "creat|", count: 50) + "bogus" + String(repeating: "|trunc", count: 50))
        #expect(
            text.hasSuffix(
                """

                  ...\(String(repeating: "creat|", count: 6))bogus\(String(repeating: "|trunc", count: 5))|...
                \(String(repeating: " ", count: 41))^
                """))
        #expect(try mistake(String(repeating: "(", count: 1 << 20)) == "the formula has more than 4096 bytes")
        let deep = try mistake(String(repeating: "(", count: 4000))
        #expect(deep.hasPrefix("more than 100 parentheses and \"~\" stand in one another here; write it with fewer\n"))
        let word = try mistake(String(repeating: "x", count: 4000))
        #expect(word.split(separator: "\n").allSatisfy { $0.count < 140 })
    }

    private func explained(_ formula: String, on architecture: Architecture = .x86_64) throws -> String {
        FormulaExplanation(try FlagsFormula(parsing: formula), on: architecture).text
    }

    @Test("It is said what the kernel tests and what is left")
    func explanations() throws {
        #expect(
            try explained("write & ~failed | creat") == """
                formula (x86_64): WRITE&~FAILED|O_CREAT
                in the kernel: an open passes that meets one of these 3
                  (flags & 0x200003) == 0x1 && !failed  O_WRONLY&~O_PATH&~FAILED
                  (flags & 0x200003) == 0x2 && !failed  O_RDWR&~O_PATH&~FAILED
                  (flags & 0x40) == 0x40                O_CREAT
                in opentrace: nothing more, the kernel's test is the formula

                """)
        #expect(
            try explained("O_DIRECTORY & created & ~sync & ~wronly & ~accmode", on: .arm64) == """
                formula (arm64): O_DIRECTORY&CREATED&~O_SYNC&~O_WRONLY&~O_ACCMODE
                in the kernel: an open passes that meets one of these 2
                  (flags & 0x5001) == 0x4000 && created    (O_RDONLY|O_RDWR)&~O_DSYNC&O_DIRECTORY&CREATED
                  (flags & 0x104001) == 0x4000 && created  (O_RDONLY|O_RDWR)&O_DIRECTORY&~0x100000&CREATED
                in opentrace: nothing more, the kernel's test is the formula

                """)
        #expect(
            try explained("creat & ~creat") == """
                formula (x86_64): O_CREAT&~O_CREAT
                in the kernel: nothing passes, because no open can match the formula
                in opentrace: nothing more, the kernel's test is the formula

                """)
        #expect(try explained("creat | ~creat").contains("in the kernel: every open passes\n"))
        let pairs = (0..<6).map { "(\(1 << (6 + 2 * $0))|\(1 << (7 + 2 * $0)))" }
        let wider = try explained(pairs.joined(separator: "&"))
        #expect(wider.hasSuffix("in opentrace: the formula itself, because the kernel's test lets more pass\n"))
        #expect(wider.split(separator: "\n").count <= 2 + FlagsTerms.most + 1)
    }
}
