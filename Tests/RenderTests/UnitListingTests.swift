import Model
import Testing

@testable import Render

@Suite("The table of cgroups")
struct UnitListingTests {
    @Test(
        "A name cannot give orders to the terminal",
        arguments: [
            ("/a\u{1B}[31m", "/a\\x1b[31m"), ("/a\u{7F}\u{9B}2J", "/a\\x7f\\x9b2J"), ("/a\tb", "/a\\x09b"),
            ("/a\u{A0}\u{FC}", "/a\u{A0}\u{FC}"),
            ("/a\u{202E}b", "/a\\u{202e}b"),
        ])
    func controlCharacters(_ path: String, _ shown: String) {
        let name = CgroupName(path: ByteString(Array(path.utf8)), identity: UnitIdentity(kind: .cgroup))
        let table = UnitListing([UnitListing.Entry(id: CgroupID(7), name: name)]).table
        #expect(table.split(separator: "\n").last == "7       cgroup  -      -     -          \(shown)")
    }
}
