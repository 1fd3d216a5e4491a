import Model
import Testing

@Suite("The words of exec and those of its command")
struct ExecWordsTests {
    private func taken(_ words: ByteString...) -> ExecWords {
        ExecWords(words, subcommand: "exec", valued: ["--flags", "-o"])
    }

    @Test(
        "The command begins with the first word that is no option and no option's value",
        arguments: [
            (["exec", "ls"], 1, 1), (["exec", "--wide", "ls", "-l"], 2, 2), (["exec", "--flags", "READ", "ls"], 3, 1),
            (["exec", "--flags=READ", "ls", "--flags", "x"], 2, 3), (["exec", "-o", "-", "ls"], 3, 1),
            (["exec", "-o", "--", "ls"], 3, 1), (["exec", "--", "--wide"], 1, 1),
            (["exec", "--wide", "--", "--"], 2, 1),
            (["exec", "-", "x"], 1, 2), (["exec", "", "x"], 1, 2), (["exec", "--bogus", "x"], 2, 1),
        ] as [([ByteString], Int, Int)])
    func places(_ words: [ByteString], _ own: Int, _ command: Int) {
        let taken = ExecWords(words, subcommand: "exec", valued: ["--flags", "-o"])
        #expect(taken.own == Array(words.prefix(own)))
        #expect(taken.command == Array(words.suffix(command)))
    }

    @Test("There may be no command at all")
    func nothing() {
        for words in [["exec"], ["exec", "--wide"], ["exec", "--"], ["exec", "--flags"]] as [[ByteString]] {
            #expect(ExecWords(words, subcommand: "exec", valued: ["--flags"]).command == nil, "\(words)")
        }
        #expect(taken().own.isEmpty)
        #expect(taken("all", "ls").own == ["all", "ls"])
        #expect(taken("all", "ls").command == nil)
    }

    @Test("Bytes stay what they are")
    func bytes() {
        let odd = ByteString([0x61, 0xFF, 0xE2, 0x82])
        #expect(taken("exec", odd, odd).command == [odd, odd])
    }
}
