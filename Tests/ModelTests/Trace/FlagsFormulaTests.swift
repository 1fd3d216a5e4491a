import Model
import Testing

@Suite("The formula for flags")
struct FlagsFormulaTests {
    private func holds(
        _ formula: String, _ flags: UInt64, created: Bool? = nil, result: Int32? = nil
    ) throws -> Bool {
        let formula = try FlagsFormula(parsing: formula)
        return formula.matches(OpenFacts(flags: flags, created: created, result: result), on: .x86_64)
    }

    @Test(
        "A formula is read as it is meant",
        arguments: [
            ("O_WRONLY", "O_WRONLY"), ("wronly", "O_WRONLY"), ("o_wRonly", "O_WRONLY"), ("Path", "O_PATH"),
            ("ndelay", "O_NONBLOCK"), ("fasync", "O_ASYNC"), ("async", "O_ASYNC"), ("O_RSYNC", "O_SYNC"),
            ("failed", "FAILED"), ("  ( O_CREAT )\n", "O_CREAT"), ("((creat))", "O_CREAT"),
            ("~creat&trunc|excl", "~O_CREAT&O_TRUNC|O_EXCL"), ("(~creat&trunc)|excl", "~O_CREAT&O_TRUNC|O_EXCL"),
            ("excl|creat&trunc", "O_EXCL|O_CREAT&O_TRUNC"), ("~(creat&trunc)", "~(O_CREAT&O_TRUNC)"),
            ("~~creat", "~~O_CREAT"), ("(excl|creat)&trunc", "(O_EXCL|O_CREAT)&O_TRUNC"),
            ("(excl|creat)|trunc", "(O_EXCL|O_CREAT)|O_TRUNC"), ("excl|creat|trunc", "O_EXCL|O_CREAT|O_TRUNC"),
            ("577", "0x241"), ("0x241", "0x241"), ("0X40", "0x40"), ("01101", "0x241"),
            ("18446744073709551615", "0xffffffffffffffff"),
        ])
    func reading(_ text: String, _ written: String) throws {
        #expect(try FlagsFormula(parsing: text).description == written)
    }

    @Test("The access mode is compared, not looked for as bits")
    func accessMode() throws {
        for (mode, flags) in [("O_RDONLY", 0), ("O_WRONLY", 1), ("O_RDWR", 2), ("O_ACCMODE", 3)] as [(String, UInt64)] {
            for asked in UInt64(0)..<4 {
                #expect(try holds(mode, asked | 0o100) == (asked == flags))
            }
        }
        #expect(try holds("O_WRONLY|O_RDONLY", 0))
        #expect(try holds("O_WRONLY|O_RDONLY", 1))
        #expect(try !holds("O_WRONLY|O_RDONLY", 2))
        #expect(try holds("O_RDONLY", 2_621_440), "an open with O_PATH has the mode O_RDONLY")
    }

    @Test("Constants of several bits, and numbers, need all of them")
    func severalBits() throws {
        #expect(try holds("O_SYNC", 0o4_010_000))
        #expect(try !holds("O_SYNC", 0o10000))
        #expect(try holds("O_DSYNC", 0o4_010_000))
        #expect(try !holds("O_TMPFILE", 0o200_000))
        #expect(try holds("O_TMPFILE", 0o20_200_002))
        #expect(try holds("O_DIRECTORY", 0o20_200_002))
        #expect(try holds("577", 524865))
        #expect(try !holds("577", 65))
        #expect(try holds("0x8000000000000000", 1 << 63))
    }

    @Test("READ and WRITE are about access to the data")
    func properties() throws {
        for (flags, reads, writes) in [
            (0, true, false), (1, false, true), (2, true, true), (3, false, false), (0o10_000_000, false, false),
            (0o10_000_002, false, false), (577, false, true),
        ] as [(UInt64, Bool, Bool)] {
            #expect(try holds("READ", flags) == reads, "\(flags)")
            #expect(try holds("WRITE", flags) == writes, "\(flags)")
        }
    }

    @Test("CREATED and FAILED are what is known to be so")
    func outcome() throws {
        #expect(try holds("CREATED", 0, created: true))
        #expect(try !holds("CREATED", 0o100, created: false, result: 3))
        #expect(try !holds("CREATED", 0o100))
        #expect(try holds("FAILED", 0, result: -2))
        #expect(try !holds("FAILED", 0, result: 0))
        #expect(try !holds("FAILED", 0))
        #expect(try holds("~FAILED & ~CREATED", 0))
    }

    @Test("The numbers are those of the architecture")
    func architectures() throws {
        let formula = try FlagsFormula(parsing: "O_DIRECTORY & ~O_DIRECT")
        #expect(formula.matches(OpenFacts(flags: 0o200_000), on: .x86_64))
        #expect(!formula.matches(OpenFacts(flags: 0o200_000), on: .arm64))
        #expect(formula.matches(OpenFacts(flags: 0o40000), on: .arm64))
        #expect(!formula.matches(OpenFacts(flags: 0o40000), on: .x86_64))
    }

    @Test(
        "A mistake is found at its place, with what was meant",
        arguments: [
            ("", .empty, 0, nil), (" \t", .empty, 2, nil),
            ("O_WRONLY|O_CRAET", .unknownName("O_CRAET"), 9, "O_CREAT"),
            ("o_red", .unknownName("o_red"), 0, "READ"), ("readonly", .unknownName("readonly"), 0, "O_RDONLY"),
            ("xyzzy", .unknownName("xyzzy"), 0, nil), ("O_", .unknownName("O_"), 0, nil),
            ("_", .unknownName("_"), 0, nil), ("not creat", .unknownName("not"), 0, "~"),
            ("creat|", .noFlag, 6, nil), ("creat|&trunc", .noFlag, 6, nil), ("creat && trunc", .noFlag, 7, "&"),
            ("creat || trunc", .noFlag, 7, "|"), ("&creat", .noFlag, 0, nil), ("~", .noFlag, 1, nil),
            ("()", .noFlag, 1, nil), ("creat trunc", .noOperator, 6, nil), ("creat and trunc", .noOperator, 6, "&"),
            ("creat (trunc)", .noOperator, 6, nil), ("creat ~trunc", .noOperator, 6, nil),
            ("(creat", .unclosedParenthesis, 0, nil), ("creat&(trunc|(excl)", .unclosedParenthesis, 6, nil),
            ("creat)", .unopenedParenthesis, 5, nil), (")", .noFlag, 0, nil),
            ("!creat", .strangeCharacter, 0, "~"), ("creat,trunc", .strangeCharacter, 5, "|"),
            ("(creat+trunc)", .strangeCharacter, 6, "|"), ("creat\u{E9}", .strangeCharacter, 5, nil),
            ("\u{1B}[31m", .strangeCharacter, 0, nil), ("creat|\u{0}", .strangeCharacter, 6, nil),
            ("e\u{301}", .unknownName("e"), 0, nil),
            ("0", .zero, 0, "O_RDONLY"), ("0x0", .zero, 0, "O_RDONLY"), ("08", .badNumber("08"), 0, nil),
            ("0x", .badNumber("0x"), 0, nil), ("12ab", .badNumber("12ab"), 0, nil),
            ("18446744073709551616", .badNumber("18446744073709551616"), 0, nil),
            ("creat|0xg", .badNumber("0xg"), 6, nil),
        ] as [(String, FormulaError.Problem, Int, String?)])
    func mistakes(_ text: String, _ problem: FormulaError.Problem, _ position: Int, _ suggestion: String?) {
        #expect(throws: FormulaError(problem, in: text, at: position, suggestion: suggestion)) {
            try FlagsFormula(parsing: text)
        }
    }

    @Test(
        "A hostile formula is refused before it costs anything",
        arguments: [
            (String(repeating: "(", count: 10_000), .tooLong(4096), 0),
            (String(repeating: "O_CREAT|", count: 1 << 17), .tooLong(4096), 0),
            (String(repeating: "(", count: 2000), .tooDeep(100), 100),
            (String(repeating: "~", count: 2000), .tooDeep(100), 100),
            (String(repeating: "~(", count: 1000), .tooDeep(100), 100),
        ] as [(String, FormulaError.Problem, Int)])
    func hostile(_ text: String, _ problem: FormulaError.Problem, _ position: Int) {
        #expect(throws: FormulaError(problem, in: text, at: position)) { try FlagsFormula(parsing: text) }
    }

    @Test("The longest and the deepest formula are read")
    func limits() throws {
        let long = "creat" + String(repeating: "|trunc", count: (4096 - 5) / 6) + " "
        let padded = long + String(repeating: " ", count: 4096 - long.utf8.count)
        #expect(padded.utf8.count == FlagsFormula.longest)
        #expect(try FlagsFormula(parsing: padded).matches(OpenFacts(flags: 0o1000), on: .x86_64))
        let deep = String(repeating: "(", count: 99) + "~creat" + String(repeating: ")", count: 99)
        #expect(try FlagsFormula(parsing: deep).description == "~O_CREAT")
    }
}
