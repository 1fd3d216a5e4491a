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
                  d786e392db4e501e  learned  [kworker/u*:*]  0    write,shared_map  /srv/a

                app.service (system.slice): learned; 3 combinations found no room and are not judged
                  ID                STATE     WRITER        UID  OPS               DIRECTORY
                  ea8980ee87bc82b8  learned   /usr/bin/app  33   write,shared_map  /
                  39fedf260c20663f  NEW       /usr/bin/app  33   write,shared_map  /etc/cron.d
                  b2a66c948a33dc8d  accepted  /usr/bin/app  33   write,shared_map  /srv/a b%c
                  b9053700490b7694  learned   /usr/bin/app  33   write,shared_map  /var/log/app
                  42e5f6f6ddf7c36a  learned   /\xfe\x0a     0                      /srv/*/\xff\x0a"

                notes[1].service (user@1000.service, user-1000.slice, app.slice): learned; 3 combinations found no \#
                room and are not judged
                  ID                STATE     WRITER        UID  OPS               DIRECTORY
                  f9134db2b989d515  learned   /usr/bin/app  33   write,shared_map  /
                  d454b15d0ec79bb2  NEW       /usr/bin/app  33   write,shared_map  /etc/cron.d
                  873c16f03fd0139a  accepted  /usr/bin/app  33   write,shared_map  /srv/a b%c
                  115bd8cb49dfb12f  learned   /usr/bin/app  33   write,shared_map  /var/log/app
                  b8a42010910cc909  learned   /\xfe\x0a     0                      /srv/*/\xff\x0a"

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
                # -.slice
                # [kworker/u*:*] has no name that stays: allow it by hand in /srv/a/*

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
