import Testing

@testable import Model

@Suite struct SpoolNameTests {
    private let start = Timestamp(nanoseconds: 1_795_000_000_000_999_999)
    private let end = Timestamp(nanoseconds: 1_795_000_010_000_000_000)

    private func name(_ number: UInt64, _ branch: String = "") -> SpoolName {
        SpoolName(place: SpoolPlace(number: number, branch: branch), rows: 312, start: start, end: end)
    }

    @Test func `a name tells place, rows and window`() {
        let text = name(42, "ab").text
        #expect(text == "00000000000000000042ab-312-1795000000000-1795000010000.otb")
        #expect(SpoolName(text) == name(42, "ab"))
    }

    @Test(arguments: [
        "", ".otb", "core", "42-312-1-2.otb", "00000000000000000042-312-1-2", "00000000000000000042-312-1.otb",
        "00000000000000000042--1-1-2.otb", "00000000000000000042-0312-1-2.otb", "00000000000000000042-+3-1-2.otb",
        "00000000000000000042c-3-1-2.otb", "00000000000000000042-3-1-2-3.otb", "00000000000000000042-3-1-2.otb.gz",
        "00000000000000000042-99999999999999999999-1-2.otb", "00000000000000000042-3-9223372036854775807-2.otb",
        "99999999999999999999-3-1-2.otb", "0000000000000000004２-3-1-2.otb", " 00000000000000000042-3-1-2.otb",
        "00000000000000000042\(String(repeating: "a", count: 41))-3-1-2.otb",
    ])
    func `what is not exactly a name is none`(text: String) { #expect(SpoolName(text) == nil) }

    @Test func `names sort as places do, halves where the whole was`() {
        let places = [
            SpoolPlace(number: 9), SpoolPlace(number: 10), SpoolPlace(number: 10, branch: "a"),
            SpoolPlace(number: 10, branch: "aa"), SpoolPlace(number: 10, branch: "ab"),
            SpoolPlace(number: 10, branch: "b"), SpoolPlace(number: 11), SpoolPlace(number: 100),
        ]
        #expect(places.shuffled().sorted() == places)
        let names = places.map { SpoolName(place: $0, rows: 1, start: start, end: end).text }
        #expect(names.shuffled().sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } == names)
    }

    @Test func `halving ends at some depth`() {
        var place = SpoolPlace(number: 1)
        var depth = 0
        while let half = place.halves?.second {
            place = half
            depth += 1
            #expect(SpoolPlace(place.text) == place)
        }
        #expect(depth == 40)
    }

    @Test func `a half knows what it is a half of`() {
        let ancestors = SpoolPlace(number: 7, branch: "ab").ancestors
        #expect(ancestors.map(\.place.text) == ["00000000000000000007", "00000000000000000007a"])
        #expect(ancestors.map(\.isOfSecondHalf) == [false, true])
    }

    @Test func `a window before 1970 is shown as its beginning`() {
        let early = SpoolName(
            place: SpoolPlace(number: 1), rows: -1, start: Timestamp(nanoseconds: -5), end: Timestamp(nanoseconds: 5))
        #expect(SpoolName(early.text) == early && early.rows == 0)
    }

    @Test(arguments: [
        (0, 0), (1, 4096), (4096, 4096), (4097, 8192),
    ])
    func `files take whole blocks`(bytes: Int, blocks: Int) {
        #expect(SpoolCaps.blocks(bytes) == max(blocks, 4096))
    }

    @Test func `room is made only where dropping helps`() {
        let total = 1 << 30
        let reserve = SpoolCaps.reserve(total: total)
        #expect(reserve == total / 20)
        #expect(SpoolCaps.reserve(total: 1 << 40) == 64 << 20)
        #expect(SpoolCaps.deficit(need: 4096, free: total, total: total, waiting: 0) == 0)
        #expect(SpoolCaps.deficit(need: 4096, free: reserve, total: total, waiting: 1 << 20) == 8192)
        #expect(SpoolCaps.deficit(need: 4096, free: 0, total: total, waiting: 1 << 20) == nil)
    }

    @Test(
        arguments: [
            (#"{"a":"x","b":12,"c":null}"#, ["a": .string("x"), "b": .number(12), "c": .null]),
            (#"{"a":"\"\\\n\u001f/"}"#, ["a": .string("\"\\\n\u{1F}/")]),
        ] as [(String, [String: FlatObject.Value])])
    func `flat objects are read`(text: String, members: [String: FlatObject.Value]) {
        #expect(FlatObject.members(of: Array(text.utf8)[...]) == members)
    }

    @Test(arguments: [
        "", "{", "{}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1}x", "{\"a\":-1}", "{\"a\":1.5}", "{\"a\":[]}",
        "{\"a\":99999999999999999999}", "{\"a\":1,\"a\":2}", "{\"a\":\"\u{1}\"}", #"{"a":"\x"}"#, #"{"a":"\ud800"}"#,
        "{\"a\":\"x", #"{"a":"\u12"#, "[1]", "null",
    ])
    func `everything else is none`(text: String) { #expect(FlatObject.members(of: Array(text.utf8)[...]) == nil) }

    @Test func `bytes that are no text are none`() {
        #expect(FlatObject.members(of: Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8)) == nil)
    }
}
