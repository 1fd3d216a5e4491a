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

    /// Identities as their paths would give them; only what the tree looks at.
    private func entry(
        _ id: UInt64, _ path: String, _ identity: UnitIdentity, _ description: ByteString? = nil
    ) -> UnitListing.Entry {
        UnitListing.Entry(
            id: CgroupID(id), name: CgroupName(path: ByteString(path), identity: identity), description: description)
    }

    @Test("The tree has every cgroup below the one it is in, units by their names and with what they say of themselves")
    func tree() {
        let digits = String(repeating: "0123456789abcdef", count: 4)
        let scope = ByteString("docker-\(digits).scope")
        let container = UnitIdentity.Container(id: ByteString(digits), runtime: "docker", name: "web\u{1B}[2J")
        let long = String(repeating: "n", count: 80)
        let tree = UnitListing([
            entry(1, "/", UnitIdentity(kind: .root, slice: "-.slice"), "Root Slice"),
            entry(2, "/system.slice", UnitIdentity(kind: .slice, slice: "system.slice"), "System Slice"),
            entry(
                10, "/system.slice/_tasks.service",
                UnitIdentity(kind: .service, unit: "tasks.service", slice: "system.slice"), "Evil\u{1B}[31m"),
            entry(
                11, "/system.slice/_tasks.service/sub",
                UnitIdentity(kind: .service, unit: "tasks.service", slice: "system.slice", subgroup: "sub"),
                "Evil\u{1B}[31m"),
            entry(
                12, "/system.slice/\(scope)",
                UnitIdentity(kind: .container, unit: scope, slice: "system.slice", container: container)),
            entry(
                13, "/system.slice/\(scope)/init",
                UnitIdentity(
                    kind: .container, unit: scope, slice: "system.slice", subgroup: "init", container: container)),
            entry(
                14, "/system.slice/a.service", UnitIdentity(kind: .service, unit: "a.service", slice: "system.slice"),
                "A"),
            entry(20, "/\(long)", UnitIdentity(kind: .cgroup, slice: "-.slice")),
            entry(21, "/gone/left", UnitIdentity(kind: .cgroup, slice: "-.slice")),
        ]).tree
        #expect(
            tree == """
                CGROUP  UNIT                                                                      DESCRIPTION
                1       -.slice                                                                   Root Slice
                -       ├─ gone
                21      │  └─ left
                20      ├─ \(long)
                2       └─ system.slice                                                           System Slice
                14         ├─ a.service                                                           A
                12         ├─ docker-0123456789ab….scope                                          docker container web\\x1b[2J
                13         │  └─ init
                10         └─ tasks.service                                                       Evil\\x1b[31m
                11            └─ sub

                """)
    }

    @Test("A program reads the description beside the members of a row; none is null")
    func description() {
        let listing = UnitListing([
            entry(1, "/", UnitIdentity(kind: .root), "Root \"Slice\""), entry(2, "/x", UnitIdentity(kind: .cgroup)),
        ])
        let json = String(decoding: listing.json, as: UTF8.self)
        #expect(json.contains(#""cgroup":{"id":1,"path":"/"},"description":"Root \"Slice\""}"#))
        #expect(json.contains(#""cgroup":{"id":2,"path":"/x"},"description":null}"#))
    }
}
