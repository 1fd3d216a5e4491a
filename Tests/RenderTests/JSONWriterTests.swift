import Model
import Testing

@testable import Render

@Suite("JSON is written byte by byte")
struct JSONWriterTests {
    private func rendered(_ write: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter()
        write(&json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test("Members keep their order, and commas stand only between values")
    func structure() {
        let text = rendered { json in
            json.object { json in
                json.member("b", "x")
                json.member("a", nil as String?)
                json.array("list") { json in
                    json.number(1)
                    json.object { _ in }
                    json.array { _ in }
                    json.number(-2)
                }
                json.object("nested") { $0.member("n", UInt64.max) }
            }
        }
        #expect(text == #"{"b":"x","a":null,"list":[1,{},[],-2],"nested":{"n":18446744073709551615}}"#)
    }

    @Test(
        "Strings escape what JSON demands and nothing else",
        arguments: [
            ("plain", #""plain""#),
            ("", #""""#),
            ("a\"b\\c", #""a\"b\\c""#),
            ("tab\tline\nreturn\r", #""tab\tline\nreturn\r""#),
            ("\u{8}\u{C}\u{0}\u{1F}", #""\b\f\u0000\u001f""#),
            ("/", #""/""#),
            ("üñ 𝄞\u{2028}\u{7F}", "\"üñ 𝄞\u{2028}\u{7F}\""),
        ])
    func strings(_ text: String, _ json: String) {
        #expect(rendered { $0.string(text) } == json)
        #expect(rendered { $0.string(ByteString(text)) } == json)
    }

    @Test(
        "Doubles are as short as they can be, and always JSON",
        arguments: [
            (10.0, "10.0"), (0.1, "0.1"), (-0.0, "-0.0"), (10.003, "10.003"), (1e300, "1e+300"),
            (.leastNonzeroMagnitude, "5e-324"),
            (.infinity, "null"), (-.infinity, "null"), (.nan, "null"),
        ])
    func doubles(_ value: Double, _ json: String) {
        #expect(rendered { $0.number(value) } == json)
    }

    @Test(
        "Integers of every size are whole",
        arguments: [
            (0, "0"), (9, "9"), (10, "10"), (-1, "-1"), (1_000_000, "1000000"), (Int64.min, "-9223372036854775808"),
        ])
    func integers(_ value: Int64, _ json: String) {
        #expect(rendered { $0.number(value) } == json)
    }

    @Test(
        "Bytes that are not UTF-8 are there twice: readable, and whole in base64",
        arguments: [
            (ByteString("caf\u{E9}"), #"{"x":"café"}"#),
            (ByteString([0x66, 0xFF, 0x6F]), #"{"x":"f\#u{FFFD}o","x_raw":"Zv9v"}"#),
            (ByteString([0xFF]), #"{"x":"\#u{FFFD}","x_raw":"/w=="}"#),
            (ByteString([0xC3, 0x28]), #"{"x":"\#u{FFFD}(","x_raw":"wyg="}"#),
            (ByteString([0x0A]), #"{"x":"\n"}"#),
        ])
    func rawMembers(_ value: ByteString, _ json: String) {
        #expect(rendered { json in json.object { $0.member("x", bytes: value) } } == json)
    }

    @Test("Absent bytes are null and have no raw member")
    func absentBytes() {
        #expect(rendered { json in json.object { $0.member("x", bytes: nil) } } == #"{"x":null}"#)
    }

    @Test(
        "Base64 pads to groups of four",
        arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func base64Padding(_ text: String, _ encoded: String) {
        #expect(base64(Array(text.utf8)) == encoded)
    }
}
