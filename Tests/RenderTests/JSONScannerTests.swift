import Testing

@testable import Render

@Suite("The places of values in a JSON text")
struct JSONScannerTests {
    private func elements(_ text: String) -> [String]? {
        let bytes = Array(text.utf8)
        return (try? JSONScanner.elements(of: bytes, in: 0..<bytes.count))?
            .map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    private static let values = [
        "0", "-0", "10", "1.5", "-1.5e+10", "1E5", "1e-5", "\"\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00fF\"",
        "\"é\u{7F}\"",
        "null", "true", "false", "[]", "{}", "[[],{}]", "{\"a\":{\"b\":[1,2]},\"\":null}",
    ]

    @Test("Values of every kind, with and without blanks") func values() {
        #expect(elements("[" + Self.values.joined(separator: ",") + "]") == Self.values)
        #expect(elements(" [ " + Self.values.joined(separator: " ,\r\n\t") + " ] ") == Self.values)
        #expect(elements("[]") == [] && elements("[ ]") == [])
    }

    @Test("Members have names as they stand, in order") func members() throws {
        let bytes = Array("{ \"a\" : 1 ,\"\\u0061\":[2] , \"a\":\"x\"}".utf8)
        let members = try JSONScanner.members(of: bytes, in: 0..<bytes.count)
        #expect(members.map { String(decoding: bytes[$0.name], as: UTF8.self) } == ["a", "\\u0061", "a"])
        #expect(members.map { String(decoding: bytes[$0.value], as: UTF8.self) } == ["1", "[2]", "\"x\""])
    }

    @Test(
        "What is not JSON is refused",
        arguments: [
            "", " ", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[01]", "[-]", "[+1]", "[.5]", "[1.]", "[1e]",
            "[1e+]", "[nul]", "[nulll]", "[True]", "[\"]", "[\"\\x\"]", "[\"\\u12g4\"]", "[\"\\u12\"]", "[\"\n\"]",
            "[{]", "[{\"a\"}]", "[{\"a\":}]", "[{a:1}]", "[{\"a\":1,}]", "[1]x", "[1][2]", "{\"a\":1}", "[\u{FEFF}1]",
            "[NaN]", "[1}", "['a']",
        ])
    func malformed(text: String) {
        #expect(elements(text) == nil)
    }

    @Test("What is nested deeper than any document of ours is refused, and ends nothing") func deep() {
        #expect(elements(String(repeating: "[", count: 30) + String(repeating: "]", count: 30)) != nil)
        #expect(elements(String(repeating: "[", count: 1_000_000) + String(repeating: "]", count: 1_000_000)) == nil)
        #expect(elements(String(repeating: "[{\"a\":", count: 1_000_000)) == nil)
    }

    @Test("Counts are whole numbers of 64 bits") func counts() {
        func count(_ text: String) -> UInt64? {
            let bytes = Array(text.utf8)
            return try? JSONScanner.count(in: bytes, 0..<bytes.count)
        }
        #expect(count("0") == 0 && count("42") == 42 && count("18446744073709551615") == .max)
        for text in [
            "", "00", "01", "-1", "1.0", "1e3", "18446744073709551616", "99999999999999999999", "null", "\"1\"",
        ] {
            #expect(count(text) == nil, "\(text)")
        }
    }
}
