import Testing

@testable import Model

@Suite("What of a formula the kernel tests")
struct FlagsTermsTests {
    private func terms(_ formula: String, on architecture: Architecture = .x86_64) throws -> FlagsTerms {
        FlagsTerms(try FlagsFormula(parsing: formula), on: architecture)
    }

    private func masks(_ formula: String) throws -> [[UInt64]] {
        try terms(formula).terms.map {
            [$0.flagsMask, $0.flagsValue, UInt64($0.outcomeMask.rawValue), UInt64($0.outcomeValue.rawValue)]
        }
    }

    @Test("Formulas become masks and values")
    func examples() throws {
        #expect(try masks("O_WRONLY") == [[3, 1, 0, 0]])
        #expect(try masks("O_WRONLY|O_RDONLY") == [[2, 0, 0, 0]])
        #expect(try masks("O_CREAT|O_TRUNC") == [[0x40, 0x40, 0, 0], [0x200, 0x200, 0, 0]])
        #expect(try masks("O_CREAT&~O_EXCL") == [[0xC0, 0x40, 0, 0]])
        #expect(try masks("~O_TMPFILE") == [[0x10000, 0, 0, 0], [0x400000, 0, 0, 0]])
        #expect(try masks("READ") == [[0x200001, 0, 0, 0]])
        #expect(try masks("WRITE & ~FAILED & CREATED") == [[0x200003, 1, 3, 1], [0x200003, 2, 3, 1]])
        #expect(try terms("O_DIRECT", on: .arm64).terms.map(\.flagsMask) == [0x10000])
    }

    @Test("What can never be, and what always is, is seen")
    func constants() throws {
        #expect(try terms("O_RDONLY & O_WRONLY").acceptNothing)
        #expect(try terms("O_CREAT & ~O_CREAT").acceptNothing)
        #expect(try terms("O_CREAT | ~O_CREAT").acceptEverything)
        #expect(try terms("O_RDONLY|O_WRONLY|O_RDWR|O_ACCMODE").acceptEverything)
        #expect(try !terms("O_CREAT").acceptEverything)
    }

    private static let pairs = (0..<6).map { "(\(1 << (6 + 2 * $0))|\(1 << (7 + 2 * $0)))" }

    @Test("As many terms as the kernel takes stay exact, and one more makes the test wider")
    func cap() throws {
        let exact = try terms(Self.pairs.prefix(5).joined(separator: "&"))
        #expect(exact.terms.count == 32)
        #expect(exact.isExact)
        let wider = try terms(Self.pairs.joined(separator: "&"))
        #expect(wider.terms.count <= FlagsTerms.most)
        #expect(!wider.isExact)
        #expect(!wider.acceptEverything)
        let formula = try FlagsFormula(parsing: Self.pairs.joined(separator: "&"))
        for flags in UInt64(0)..<(1 << 12) {
            let open = OpenFacts(flags: flags << 6)
            if formula.matches(open, on: .x86_64) { #expect(wider.accept(open)) }
        }
    }

    @Test("The longest formulas are taken apart in no time", .timeLimit(.minutes(1)))
    func hostile() throws {
        let numbers = (0..<40).map { "0x" + String(UInt64(1) << $0, radix: 16) }.joined(separator: "|")
        let formula = Array(repeating: "(\(numbers))", count: 10).joined(separator: "&")
        let odd = (1..<700).map { String($0) }.joined(separator: "|")
        for text in [formula, "~(\(formula))", odd, "~(\(odd))", "~0xffffffffffffffff"] {
            #expect(try terms(text).terms.count <= FlagsTerms.most)
        }
    }

    @Test(
        "Reader, tree and terms agree with what the text means, whatever the formula",
        arguments: 0..<40 as Range<UInt64>)
    func equivalence(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        for round in 0..<20 {
            let written =
                round % 4 == 0
                ? RandomFormula(clauses: Int.random(in: 3...7, using: &random), using: &random)
                : RandomFormula(depth: Int.random(in: 0...4, using: &random), using: &random)
            guard written.text.utf8.count <= FlagsFormula.longest else { continue }
            let formula = try FlagsFormula(parsing: written.text)
            #expect(try FlagsFormula(parsing: formula.description) == formula, "seed \(seed): \(written.text)")
            let terms = FlagsTerms(formula, on: .x86_64)
            #expect(terms.terms.count <= FlagsTerms.most)
            for _ in 0..<60 {
                let open = OpenFacts.random(using: &random)
                let truth = written.holds(open)
                let place: Comment = "seed \(seed): \(written.text), \(open)"
                #expect(formula.matches(open, on: .x86_64) == truth, place)
                if terms.isExact { #expect(terms.accept(open) == truth, place) }
                if truth { #expect(terms.accept(open), place) }
                #expect(
                    terms.terms.contains { $0.formula(on: .x86_64)?.matches(open, on: .x86_64) ?? true }
                        == terms.accept(open), place)
            }
        }
    }

    @Test("Random formulas are exact and not, so that both were tried")
    func bothKinds() throws {
        var random = SplitMix(state: 7)
        var counts = [true: 0, false: 0]
        for _ in 0..<40 {
            let written = RandomFormula(clauses: Int.random(in: 3...7, using: &random), using: &random)
            counts[try terms(written.text).isExact, default: 0] += 1
        }
        #expect(counts[true, default: 0] > 5)
        #expect(counts[false, default: 0] > 5)
    }

    /// Trees that no text of the other test has, such as a union in a union.
    @Test("What is written is read as the same tree", arguments: 100..<130 as Range<UInt64>)
    func printing(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        for _ in 0..<50 {
            let formula = Self.tree(depth: Int.random(in: 0...4, using: &random), using: &random)
            guard formula.description.utf8.count <= FlagsFormula.longest else { continue }
            #expect(try FlagsFormula(parsing: formula.description) == formula, "seed \(seed): \(formula)")
        }
    }

    private static func tree(depth: Int, using random: inout SplitMix) -> FlagsFormula {
        let parts = { (random: inout SplitMix) in
            (0..<Int.random(in: 2...3, using: &random)).map { _ in tree(depth: depth - 1, using: &random) }
        }
        switch depth == 0 ? 0 : Int.random(in: 0..<6, using: &random) {
        case 1, 2: return .all(parts(&random))
        case 3, 4: return .any(parts(&random))
        case 5: return .not(tree(depth: depth - 1, using: &random))
        default:
            let atoms =
                FlagsFormula.Atom.names.sorted { $0.key < $1.key }.map(\.value)
                + [.bits(max(1, random.next()))]
            return .atom(atoms.randomElement(using: &random) ?? .property(.read))
        }
    }
}
