import Testing

@testable import Model

/// 64 hexadecimal digits.
private let id = String(repeating: "0123456789abcdef", count: 4)
private let pod = "0a1b2c3d-0011-2233-4455-66778899aabb"
private let longest = String(repeating: "n", count: 247) + ".service"

/// The specification of what a cgroup path says: `kind` and then what is not nil.
@Suite("A cgroup path tells unit, slice, container and pod")
struct UnitIdentityCgroupTests {
    @Test(
        "Units and slices of the system",
        arguments: [
            ("/", "root slice=-.slice"),
            ("", "root slice=-.slice"),
            ("///", "root slice=-.slice"),
            ("/init.scope", "scope slice=-.slice unit=init.scope"),
            ("/system.slice", "slice slice=system.slice"),
            ("/system.slice/", "slice slice=system.slice"),
            ("/system.slice/nginx.service", "service slice=system.slice unit=nginx.service"),
            ("system.slice/nginx.service", "service slice=system.slice unit=nginx.service"),
            ("//system.slice///nginx.service//", "service slice=system.slice unit=nginx.service"),
            ("/nginx.service", "service slice=-.slice unit=nginx.service"),
            ("/system.slice/dbus.socket", "socket slice=system.slice unit=dbus.socket"),
            ("/system.slice/var-lib.mount", "mount slice=system.slice unit=var-lib.mount"),
            ("/system.slice/dev-sda2.swap", "swap slice=system.slice unit=dev-sda2.swap"),
            ("/system.slice/apt.timer", "cgroup slice=system.slice unit=apt.timer"),
            ("/a.slice/a-b.slice/a-b-c.slice/x.service", "service slice=a-b-c.slice unit=x.service"),
            ("/a.slice/a-b.slice", "slice slice=a-b.slice"),
            ("/-.slice/x.service", "service slice=-.slice unit=x.service"),
            ("/system.slice/x.service/payload", "service slice=system.slice unit=x.service subgroup=payload"),
            ("/system.slice/x.service/a//b/", "service slice=system.slice unit=x.service subgroup=a/b"),
            ("/x.service/y.slice/z.service", "service slice=-.slice unit=x.service subgroup=y.slice/z.service"),
            ("/system.slice/run-r0123.scope", "scope slice=system.slice unit=run-r0123.scope"),
        ])
    func systemUnits(_ path: String, _ expected: String) { check(path, expected) }

    @Test(
        "Names that are valid, and names that only look so",
        arguments: [
            (
                "/system.slice/system-getty.slice/getty@tty1.service",
                "service slice=system-getty.slice unit=getty@tty1.service template=getty@.service instance=tty1"
            ),
            ("/getty@a@b.service", "service slice=-.slice unit=getty@a@b.service template=getty@.service instance=a@b"),
            ("/getty@a.b.service", "service slice=-.slice unit=getty@a.b.service template=getty@.service instance=a.b"),
            ("/system.slice/getty@.service", "cgroup slice=system.slice"),
            ("/system.slice/@tty1.service", "cgroup slice=system.slice"),
            ("/system.slice/.service", "cgroup slice=system.slice"),
            ("/system.slice/service", "cgroup slice=system.slice"),
            ("/system.slice/nginx", "cgroup slice=system.slice"),
            ("/system.slice/nginx.Service", "cgroup slice=system.slice"),
            ("/system.slice/nginx.service.d", "cgroup slice=system.slice"),
            ("/system.slice/a b.service", "cgroup slice=system.slice"),
            ("/system.slice/a\nb.service", "cgroup slice=system.slice"),
            ("/system.slice/ü.service", "cgroup slice=system.slice"),
            ("/system.slice/a@b.slice", "cgroup slice=system.slice"),
            ("/system.slice/a@b.slice/x.service", "cgroup slice=system.slice"),
            ("/.slice/x.service", "cgroup slice=-.slice"),
            ("/../x.service", "cgroup slice=-.slice"),
            ("/_foo.service", "service slice=-.slice unit=foo.service"),
            ("/__foo.service", "service slice=-.slice unit=_foo.service"),
            ("/_cpu.slice/_tasks.service", "service slice=cpu.slice unit=tasks.service"),
            ("/_", "cgroup slice=-.slice"),
            (
                #"/system.slice/we@a-b\x20c.service"#,
                #"service slice=system.slice unit=we@a-b\x20c.service template=we@.service instance=a-b\x20c"#
            ),
            (
                #"/system.slice/dev-disk-by\x2dlabel-x.swap"#,
                #"swap slice=system.slice unit=dev-disk-by\x2dlabel-x.swap"#
            ),
            ("/" + longest, "service slice=-.slice unit=" + longest),
            ("/n" + longest, "cgroup slice=-.slice"),
            ("/jobs/batch-7", "cgroup slice=-.slice"),
        ])
    func names(_ path: String, _ expected: String) { check(path, expected) }

    @Test("Bytes that are not UTF-8 are no unit, and survive in a subgroup")
    func notUTF8() {
        let slice = Array("/system.slice/".utf8)
        #expect(UnitIdentity(cgroupPath: ByteString(slice + [0xFF] + Array(".service".utf8))).kind == .cgroup)
        let below = UnitIdentity(cgroupPath: ByteString(slice + Array("x.service/".utf8) + [0xFF, 0x0A]))
        #expect(below.unit == "x.service")
        #expect(below.subgroup == ByteString([0xFF, 0x0A]))
    }

    @Test(
        "Units of users",
        arguments: [
            (
                "user@1000.service/app.slice/foo.service",
                "service user_unit=foo.service user_slice=app.slice"
            ),
            (
                "user@1000.service/app.slice/a@b.service/x",
                "service user_unit=a@b.service user_slice=app.slice subgroup=x"
            ),
            ("user@1000.service/app.slice/app-a.slice/x.scope", "scope user_unit=x.scope user_slice=app-a.slice"),
            ("user@1000.service/init.scope", "scope user_unit=init.scope user_slice=-.slice"),
            ("user@1000.service/app.slice", "slice user_slice=app.slice"),
            ("user@1000.service/app.slice/bare", "service user_slice=app.slice subgroup=bare"),
            ("user@1000.service/bare", "service user_slice=-.slice subgroup=bare"),
            ("user@1000.service", "service user_slice=-.slice"),
        ])
    func userUnits(_ path: String, _ expected: String) {
        var parts = expected.split(separator: " ").map(String.init)
        let subgroup = parts.last?.hasPrefix("subgroup=") == true ? parts.removeLast() : nil
        parts.insert(contentsOf: ["slice=user-1000.slice", "unit=user@1000.service"], at: 1)
        parts += [subgroup, "template=user@.service", "instance=1000"].compactMap(\.self)
        check("/user.slice/user-1000.slice/" + path, parts.joined(separator: " ") + " owner=1000")
    }

    @Test(
        "Sessions, and what only looks like a user's systemd",
        arguments: [
            (
                "/user.slice/user-1.slice/session-2.scope",
                "scope slice=user-1.slice unit=session-2.scope user_slice=-.slice owner=1"
            ),
            (
                "/user.slice/user-1.slice/session-c1.scope",
                "scope slice=user-1.slice unit=session-c1.scope user_slice=-.slice owner=1"
            ),
            ("/user.slice/user-1.slice", "slice slice=user-1.slice owner=1"),
            ("/user-0.slice", "slice slice=user-0.slice owner=0"),
            ("/user-4294967294.slice", "slice slice=user-4294967294.slice owner=4294967294"),
            ("/user-4294967295.slice", "slice slice=user-4294967295.slice"),
            ("/user-4294967296.slice", "slice slice=user-4294967296.slice"),
            ("/user-65535.slice", "slice slice=user-65535.slice"),
            ("/user-01.slice", "slice slice=user-01.slice"),
            ("/user-1-x.slice", "slice slice=user-1-x.slice"),
            ("/user-x.slice", "slice slice=user-x.slice"),
            ("/user-.slice", "slice slice=user-.slice"),
            ("/_user-9.slice", "slice slice=user-9.slice owner=9"),
            ("/session-2.scope/shell", "scope slice=-.slice unit=session-2.scope user_slice=-.slice subgroup=shell"),
            (
                "/session-2.scope/x.service",
                "service slice=-.slice unit=session-2.scope user_unit=x.service user_slice=-.slice"
            ),
            ("/session-.scope/x.service", "scope slice=-.slice unit=session-.scope subgroup=x.service"),
            ("/session-a_b.scope/x.service", "scope slice=-.slice unit=session-a_b.scope subgroup=x.service"),
            ("/_session-2.scope/x.service", "scope slice=-.slice unit=session-2.scope subgroup=x.service"),
            (
                "/_user@1.service/x.service",
                "service slice=-.slice unit=user@1.service subgroup=x.service template=user@.service instance=1"
            ),
            (
                "/user@01.service/x.service",
                "service slice=-.slice unit=user@01.service subgroup=x.service template=user@.service instance=01"
            ),
            (
                "/user@65535.service/x.service",
                "service slice=-.slice unit=user@65535.service subgroup=x.service template=user@.service instance=65535"
            ),
            (
                "/user@bob.service/x.service",
                "service slice=-.slice unit=user@bob.service subgroup=x.service template=user@.service instance=bob"
            ),
        ])
    func sessions(_ path: String, _ expected: String) { check(path, expected) }
}

/// `kind` and then what is not nil, as the tables write it.
func check(_ path: String, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let summary = UnitIdentity(cgroupPath: ByteString(path)).summary
    #expect(summary == expected, sourceLocation: sourceLocation)
}

extension UnitIdentity {
    /// One line with what is not nil, in a fixed order.
    fileprivate var summary: String {
        let members: [(String, String?)] = [
            ("slice", slice?.lossyText), ("unit", unit?.lossyText), ("user_unit", userUnit?.lossyText),
            ("user_slice", userSlice?.lossyText), ("subgroup", subgroup?.lossyText),
            ("template", template?.lossyText), ("instance", instance?.lossyText),
            ("container", container.map { "\($0.runtime ?? "?"):\($0.id)" + ($0.name.map { "(\($0))" } ?? "") }),
            ("inside", container?.slice.map { "\($0)" + (container?.unit.map { "/\($0)" } ?? "") }),
            ("owner", ownerUID.map(String.init)),
            ("pod", pod.map { "\($0.uid)/\($0.qos ?? "-")" }),
        ]
        let present = members.compactMap { name, value in value.map { "\(name)=\($0)" } }
        return ([kind.rawValue] + present).joined(separator: " ")
    }
}
