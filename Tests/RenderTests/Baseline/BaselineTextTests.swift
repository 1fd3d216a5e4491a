import Foundation
import Testing

@testable import Model
@testable import Render

@Suite("A baseline is shown, and made into rules")
struct BaselineTextTests {
    private let baseline = BaselineFileTests.rich()

    @Test func `A table for each unit, with nothing in it that a terminal obeys`() {
        let text = BaselineListing(baseline, saved: BaselineFileTests.saved).text
        #expect(
            text == #"""
                container registry:5000/web: learned

                -.slice: learned
                  ID                STATE    WRITER          UID  OPS               DIRECTORY
                  f3fc090ec68c566b  learned  [kworker/u*:*]  0    write,shared_map  /srv/a

                app.service (system.slice): learned; 3 combinations found no room and are not judged
                  ID                STATE     WRITER        UID  OPS               DIRECTORY
                  1f72e1f53fee3526  learned   /usr/bin/app  33   write,shared_map  /
                  c4ac5191d8a41dc9  NEW       /usr/bin/app  33   write,shared_map  /etc/cron.d
                  b39d1a0dd2e42c0c  accepted  /usr/bin/app  33   write,shared_map  /srv/a b%c
                  a164e08851a43b7d  learned   /usr/bin/app  33   write,shared_map  /var/log/app
                  9fba3d94fae9c93b  learned   /\xfe\x0a     0                      /srv/*/\xff\x0a"

                notes[1].service (user@1000.service, user-1000.slice, app.slice): learned; 3 combinations found no \#
                room and are not judged
                  ID                STATE     WRITER        UID  OPS               DIRECTORY
                  40669fa6cc5818d7  learned   /usr/bin/app  33   write,shared_map  /
                  a2f58be5acd447b0  NEW       /usr/bin/app  33   write,shared_map  /etc/cron.d
                  f1b5a93dd0c57749  accepted  /usr/bin/app  33   write,shared_map  /srv/a b%c
                  81ab8b3df2c74d68  learned   /usr/bin/app  33   write,shared_map  /var/log/app
                  6b192f323eb755d6  learned   /\xfe\x0a     0                      /srv/*/\xff\x0a"

                the host has learned for 1h; as of 2027-01-15T08:00:00.123Z

                """#)
    }

    @Test func `Only what is new`() {
        let text = BaselineListing(baseline, saved: BaselineFileTests.saved, onlyFound: true).text
        #expect(text.contains("NEW") && !text.contains("learned  ") && !text.contains("accepted "))
        let none = BaselineListing(
            Baseline(learnFor: .seconds(60)), saved: BaselineFileTests.saved, onlyFound: true)
        #expect(
            none.text == """
                nothing new: all that was found is accepted

                the host learns: 0s of 1m; as of 2027-01-15T08:00:00.123Z

                """)
    }

    @Test func `Rules by unit, writers and directories`() {
        #expect(
            BaselineRules(baseline).toml == #"""
                # -.slice: a rule for a slice would be one for all that is below it, too

                # app.service (system.slice)
                # no rule for /\xfe\x0a in /srv/*/\xff\x0a"
                [[watch]]
                unit = "app.service"
                paths = ["/*", "/srv/a b%c/*", "/var/log/app/*"]
                allow = ["/usr/bin/app"]

                # notes[1].service (user@1000.service, user-1000.slice, app.slice)
                # no rule for /\xfe\x0a in /srv/*/\xff\x0a"
                [[watch]]
                unit = "notes\\[1].service"
                slice = "user-1000.slice"
                paths = ["/*", "/srv/a b%c/*", "/var/log/app/*"]
                allow = ["/usr/bin/app"]


                """#)
    }

    private typealias Object = [String: Any]

    @Test func `Who may write in some directories of a pattern is in its rule`() {
        var unit = Baseline.Unit(since: .zero, first: BaselineFileTests.saved)
        for (executable, place) in [
            ("/bin/a", ["shop", DirectoryTree.wide]), ("/bin/b", ["shop", "conf"]),
            ("/bin/c", ["shop", "conf", "deep"]), ("/bin/d", ["srv", "x"]),
        ] as [(ByteString, [ByteString])] {
            var tree = DirectoryTree()
            tree.restore(
                DirectoryTree.Entry(state: .learned, operations: [.write], first: BaselineFileTests.saved), at: place)
            unit.writers[BaselineWriter(executable: executable, comm: nil, uid: 0)] = tree
        }
        let key = BaselineUnit(slice: "system.slice", unit: "app.service")
        let baseline = Baseline(ran: .seconds(60), units: [key: unit], learnFor: .seconds(60))
        #expect(
            BaselineRules(baseline).toml == #"""
                # app.service (system.slice)
                [[watch]]
                unit = "app.service"
                paths = ["/shop/*/*", "/shop/conf/*"]
                allow = ["/bin/a", "/bin/b"]

                [[watch]]
                unit = "app.service"
                paths = ["/shop/conf/deep/*"]
                allow = ["/bin/c"]

                [[watch]]
                unit = "app.service"
                paths = ["/srv/x/*"]
                allow = ["/bin/d"]


                """#)
    }

    @Test func `The document has the members of its schema, and all of them`() throws {
        var file = URL(filePath: #filePath)
        for _ in 0..<4 { file.deleteLastPathComponent() }
        file.append(path: "docs/schema/otagent.baseline-1.json")
        let schema = try #require(try JSONSerialization.jsonObject(with: try Data(contentsOf: file)) as? Object)
        let definitions = try #require(schema["$defs"] as? [String: Object])
        let json = BaselineListing(baseline, saved: BaselineFileTests.saved).json
        let document = try #require(try JSONSerialization.jsonObject(with: Data(json)) as? Object)
        expectMembers(document, of: schema)
        let units = try #require(document["units"] as? [Object])
        #expect(units.count == 4)
        for unit in units {
            expectMembers(unit, of: try #require(definitions["unit"]))
            for combination in try #require(unit["combinations"] as? [Object]) {
                expectMembers(combination, of: try #require(definitions["combination"]))
            }
        }
        let combination = try #require(definitions["combination"]?["properties"] as? [String: Object])
        #expect(combination["state"]?["enum"] as? [String] == DirectoryTree.Entry.State.allCases.map(\.rawValue))
        let operations = try #require(combination["ops"]?["items"] as? Object)
        #expect(operations["enum"] as? [String] == WatchedOperation.allCases.map(\.name))
    }

    /// Bytes that are not UTF-8 come with a member of their own, which others lack.
    private func expectMembers(_ object: Object, of definition: Object) {
        let known = Set((definition["properties"] as? Object)?.keys.map { $0 } ?? [])
        let required = Set(definition["required"] as? [String] ?? [])
        #expect(required.isSubset(of: object.keys))
        #expect(Set(object.keys).isSubset(of: known))
        #expect(known.subtracting(required).allSatisfy { $0.hasSuffix("_raw") })
    }
}
