import Testing

@testable import Model

private let id = String(repeating: "0123456789abcdef", count: 4)

/// Whoever may make cgroups somewhere may nest thousands of them.
@Suite("A cgroup path of thousands of directories")
struct DeepCgroupTests {
    private func below(_ start: String, _ count: Int, _ end: String = "") -> ByteString {
        ByteString(start + String(repeating: "/d", count: count) + end)
    }

    private func nested(_ count: Int) -> String { Array(repeating: "d", count: count).joined(separator: "/") }

    @Test func `has the unit that it is in, and the rest is the subgroup`() {
        let identity = UnitIdentity(cgroupPath: below("/system.slice/web.service", 2_000))
        #expect(
            identity
                == UnitIdentity(
                    kind: .service, unit: "web.service", slice: "system.slice", subgroup: ByteString(nested(2_000))))
    }

    @Test func `has the user's unit that it is in`() {
        let start = "/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope"
        let identity = UnitIdentity(cgroupPath: below(start, 2_000))
        #expect(identity.kind == .scope)
        #expect(identity.userUnit == "a.scope")
        #expect(identity.ownerUID == 1000)
        #expect(identity.subgroup == ByteString(nested(2_000)))
    }

    @Test func `has the container and the pod that it is in`() {
        let pod = "0a1b2c3d-0011-2233-4455-66778899aabb"
        let identity = UnitIdentity(cgroupPath: below("/kubepods/pod\(pod)/\(id)", 2_000))
        #expect(identity.container?.id == ByteString(id))
        #expect(identity.container?.runtime == "containerd")
        #expect(identity.pod?.uid == ByteString(pod))
        #expect(identity.subgroup == ByteString(nested(2_000)))
    }

    @Test(arguments: [255, 256, 257, 258, 300])
    func `ends with the same subgroup on either side of what is looked at`(count: Int) {
        let identity = UnitIdentity(cgroupPath: below("/a.service", count))
        #expect(identity.unit == "a.service")
        #expect(identity.subgroup == ByteString(nested(count)))
    }

    @Test(arguments: [(61, true), (62, false)])
    func `has a container among its first 64 directories only`(count: Int, isContainer: Bool) {
        // Before the last directory there are `a.service`, the `d`s and `docker`.
        let path = below("/a.service", count, "/docker/\(id)/x")
        let identity = UnitIdentity(cgroupPath: path)
        #expect((identity.container != nil) == isContainer)
        #expect(identity.kind == (isContainer ? .container : .service))
        #expect(identity.subgroup == ByteString(nested(count) + "/docker/\(id)/x"))
        #expect(UnitIdentity.claims(onCgroupPath: path) == (isContainer ? [64] : []))
    }

    @Test func `a container deep in another one is nested as any`() {
        let identity = UnitIdentity(cgroupPath: below("/docker/\(id)", 50, "/libpod-\(id)"))
        #expect(identity.container?.runtime == "podman")
        #expect(identity.container?.isNested == true)
    }

    @Test func `slices beyond those that systemd can nest are not looked at`() {
        let path = ByteString(String(repeating: "/a.slice", count: 300))
        let identity = UnitIdentity(cgroupPath: path)
        #expect(identity.kind == .cgroup)
        #expect(identity.slice == "a.slice")
        #expect(UnitIdentity.slices(around: path) == ["-.slice", "a.slice"])
        #expect(UnitIdentity(cgroupPath: ByteString(String(repeating: "/a.slice", count: 256))).kind == .slice)
    }

    /// The same number of bytes costs about the same, however many directories they are: each is tried by dozens of
    /// patterns, which would make it tens of times as much.
    @Test func `costs no more than one of 64 directories with as many bytes`() {
        let long = String(repeating: "/" + String(repeating: "d", count: 62), count: 63)
        func fastest(_ path: ByteString) -> Duration {
            (0..<9).map { _ in ContinuousClock().measure { _ = UnitIdentity(cgroupPath: path) } }.min() ?? .zero
        }
        #expect(fastest(below("", 2_000)) < fastest(ByteString(long)) * 4)
    }
}
