import TOMLKit
import Testing

@testable import Agent

@Suite struct KeyPositionsTests {
    private static let text = """
        # [not.a.table]
        top = 1
        [a.b]            # a comment = with things ["in", 'it']
        plain = "x"  # = 5
          indented   =   [ 1, "]", { deep = true , "q u" = 2 }, 'x' ]
        dotted.inner . "quoted.key" = 3
        'literal"key' = '''
        fake = 1
        [fake]
        ''''
        after = \"\"\"a \\\"\"\" b = 2
        \"\"\"
        lines = [
          "one", # a comment ]
          "two",

          [ 3 ],
        ]
        inline = { x = "}", y = { z = 1 }, t.u = 1979-05-27 07:32:00 }
        [a]
        late = -1e5
        [[list]]
        x = 1
        [list.sub]
        y = 2
        [[list]]
          x = 3
        [[list.inner]]
        z = "tab\\u0041\\""
        [["l i".'s"t']]
        "\\u0061b" = 1
        """

    @Test(
        arguments: [
            (["top"], 2, 1, 2, 7), (["a"], 20, 2, 20, 2), (["a", "b"], 3, 4, 3, 4), (["a", "b", "plain"], 4, 1, 4, 9),
            (["a", "b", "indented"], 5, 3, 5, 18), (["a", "b", "indented", 0], 5, 20, 5, 20),
            (["a", "b", "indented", 1], 5, 23, 5, 23), (["a", "b", "indented", 2, "deep"], 5, 30, 5, 37),
            (["a", "b", "indented", 2, "q u"], 5, 44, 5, 52), (["a", "b", "indented", 3], 5, 57, 5, 57),
            (["a", "b", "dotted"], 6, 1, 6, 1), (["a", "b", "dotted", "inner"], 6, 8, 6, 8),
            (["a", "b", "dotted", "inner", "quoted.key"], 6, 16, 6, 31), (["a", "b", "literal\"key"], 7, 1, 7, 17),
            (["a", "b", "after"], 11, 1, 11, 9), (["a", "b", "lines", 1], 15, 3, 15, 3),
            (["a", "b", "lines", 2, 0], 17, 5, 17, 5), (["a", "b", "inline", "y", "z"], 19, 27, 19, 31),
            (["a", "b", "inline", "t", "u"], 19, 38, 19, 42), (["a", "late"], 21, 1, 21, 8),
            (["list", 0, "x"], 23, 1, 23, 5), (["list", 0, "sub"], 24, 7, 24, 7),
            (["list", 0, "sub", "y"], 25, 1, 25, 5),
            (["list", 1], 26, 3, 26, 3), (["list", 1, "x"], 27, 3, 27, 7),
            (["list", 1, "inner", 0, "z"], 29, 1, 29, 5),
            (["l i", "s\"t", 0, "ab"], 31, 1, 31, 13),
        ] as [([Step], Int, Int, Int, Int)])
    func everyKeyIsWhereItIsWritten(steps: [Step], line: Int, column: Int, valueLine: Int, valueColumn: Int) throws {
        let place = try #require(KeyPositions(Self.text)[ConfigurationKey(steps.map(\.step))])
        #expect(place.key == SourcePosition(line: line, column: column))
        #expect(place.value == SourcePosition(line: valueLine, column: valueColumn))
    }

    @Test(arguments: [text, text.replacing("\n", with: "\r\n"), "\u{FEFF}" + text])
    func everyKeyTheParserKnowsHasAPlace(text: String) throws {
        let positions = KeyPositions(text)
        var count = 0
        func visit(_ value: TOMLValue, _ key: ConfigurationKey) {
            if !key.steps.isEmpty { #expect(positions[key] != nil, "\(key)") }
            count += 1
            for name in value.table?.keys ?? [] {
                if let inner = value.table?[name] { visit(inner.tomlValue, key.appending(name)) }
            }
            guard let array = value.array else { return }
            for (index, inner) in array.enumerated() { visit(inner.tomlValue, key.appending(index)) }
        }
        visit(try TOMLTable(string: text).tomlValue, ConfigurationKey())
        #expect(count > 40)
    }

    @Test func linesAreTheSameWithCarriageReturns() {
        let key = ConfigurationKey([.name("list"), .index(1), .name("x")])
        let place = KeyPositions(Self.text.replacing("\n", with: "\r\n"))[key]
        #expect(place?.value == SourcePosition(line: 27, column: 7))
    }

    @Test(arguments: [
        "[", "[[", "a", "a =", "a = [", "a = {", "a = {b", "a = [[[", "\"", "a = \"\\", "= = =", "a = [}", "a = {]",
        "]",
    ])
    func brokenTextComesToAnEnd(text: String) {
        _ = KeyPositions(text)
    }
}

/// Names and indices side by side in a table of arguments.
enum Step: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, Sendable, CustomTestStringConvertible {
    case name(String)
    case index(Int)

    init(stringLiteral value: String) { self = .name(value) }

    init(integerLiteral value: Int) { self = .index(value) }

    var step: ConfigurationKey.Step {
        switch self {
        case .name(let name): .name(name)
        case .index(let index): .index(index)
        }
    }

    var testDescription: String { ConfigurationKey([step]).description }
}
