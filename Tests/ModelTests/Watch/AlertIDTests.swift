import Model
import Testing

@Suite struct AlertIDTests {
    private func id(_ placed: PlacedSighting, rule: ByteString = "r") -> String {
        AlertID.text(.unexpectedWriter, rule: rule, of: placed)
    }

    /// Receivers may have stored them: they must never change.
    @Test func `ids are what they were in every version before`() throws {
        let placed = WatchSamples.placed()
        #expect(id(placed) == "c45e98c28b0a62f3")
        #expect(AlertID.text(.newWriter, rule: "baseline", of: placed) == "7035a297bfb4440f")
        #expect(id(WatchSamples.placed(nil, in: "/a/b", executable: nil)) == "756bf502351ab2b7")
        let rule = try WatchSamples.rule {
            ($0.paths, $0.allow, $0.operations) = (["/etc/**"], ["uid:0"], ["create", "write"])
        }
        let alert = WatchRules([rule]).alert(0, of: placed, at: Timestamp(nanoseconds: 0))
        #expect(alert.id == "da70d00f4f46281e")
    }

    @Test func `what is different each time makes no difference`() {
        let placed = WatchSamples.placed(in: "/system.slice/run-r0123456789abcdef0123456789abcdef.scope")
        var other = WatchSamples.placed(
            "/etc/cron.d/y", in: "/system.slice/run-rfedcba9876543210fedcba9876543210.scope", operation: .create)
        other.sighting.writer.pid = 77
        other.sighting.writer.parents = []
        other.sighting.cgroup = CgroupID(99)
        #expect(id(placed) == id(other))
    }

    @Test func `what an alert is about makes one`() {
        let placed = WatchSamples.placed()
        var others = [
            WatchSamples.placed("/etc/x"), WatchSamples.placed(in: "/system.slice/ssh.service"),
            WatchSamples.placed(executable: "/usr/bin/perl"), WatchSamples.placed(nil),
            WatchSamples.placed(in: "/a"), WatchSamples.placed(in: "/b"),
        ]
        var writer = WatchSamples.writer
        writer.uid = 0
        others.append(WatchSamples.placed(by: writer))
        writer.comm = "x"
        others.append(WatchSamples.placed(by: writer))
        let ids = [id(placed), id(placed, rule: "s")] + others.map { id($0) }
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.count == 16 })
    }

    @Test func `a rule is the same whatever its place and whom it allows, and another when it watches something else`()
        throws
    {
        func id(_ name: String = "watch[0]", _ change: (inout WatchRule.Text) -> Void) throws -> String {
            WatchRules([try WatchSamples.rule(name, change)])
                .alert(0, of: WatchSamples.placed(), at: Timestamp(nanoseconds: 0)).id
        }
        let plain = try id { _ in }
        #expect(try id("watch[3]") { $0.allow = ["uid:0"] } == plain)
        #expect(try id { $0.operations.reverse() } == plain)
        let others = [
            try id { $0.paths = ["/etc/**"] }, try id { $0.unit = "cron.service" },
            try id { $0.operations = ["write"] },
            try id { $0.container = "cron.service" },
        ]
        #expect(Set(others + [plain]).count == 5)
    }
}
