import Testing

@testable import Model

/// A window of cgroups with these paths, each of which has made this many writes.
struct Host {
    var activity: [(path: ByteString?, writes: UInt64, comm: ByteString)]
    var invocations: [ByteString: String] = [:]
    /// What the runtime told of containers and pods, by path.
    var names: [ByteString: ByteString] = [:]

    init(_ activity: [(path: ByteString?, writes: UInt64)]) {
        self.activity = activity.map { ($0.path, $0.writes, "w") }
    }

    func shown(
        by keys: Grouping.Key..., folding: Bool = true, units: Int = 100, writers: Int = 100
    ) -> ClosedWindow.Shown {
        shown(by: Grouping(keys), folding: folding, units: units, writers: writers)
    }

    func shown(
        by grouping: Grouping, folding: Bool = true, units: Int = 100, writers: Int = 100
    ) -> ClosedWindow.Shown {
        var drain = Drain()
        for (index, (_, writes, comm)) in activity.enumerated() {
            let writer = Writer(
                cgroup: CgroupID(UInt64(index)), executable: ExecutableID(device: 1, inode: 7, generation: 0),
                comm: comm, uid: 0)
            drain.writers.append(WriterActivity(writer: writer, tgid: 1, counters: Counters([.writes: writes])))
        }
        var rollup = Rollup()
        rollup.add(drain)
        return rollup.closed.rows(
            by: grouping, folding: folding, limits: Rollup.Limits(units: units, writersPerUnit: writers),
            name: { id in
                guard let path = activity[Int(id.rawValue)].path else { return nil }
                var identity = UnitIdentity(cgroupPath: path)
                if let told = names[path] {
                    identity.container?.name = told
                    identity.pod?.name = told
                }
                return CgroupName(path: path, identity: identity, invocationID: invocations[path])
            }, executable: { _ in "/bin/w" })
    }
}

extension UnitRow {
    /// Its writes, and those members of its identity that are there.
    fileprivate var summary: String {
        let members: [(String, String?)] = [
            ("unit", identity.unit?.text), ("slice", identity.slice?.text), ("user_unit", identity.userUnit?.text),
            ("user_slice", identity.userSlice?.text), ("owner", identity.ownerUID.map(String.init)),
            ("subgroup", identity.subgroup?.text), ("template", identity.template?.text),
            ("instance", identity.instance?.text), ("run", invocationID),
            ("container", identity.container.map { "\($0.runtime ?? "-"):\($0.id.lossyText.prefix(4))" }),
            ("name", identity.container?.name?.text), ("pod", identity.pod?.uid.text),
            ("cgroup", cgroup.map { String($0.rawValue) }), ("path", path?.text),
        ]
        let text = members.compactMap { name, value in value.map { " \(name)=\($0)" } }.joined()
        return "\(counters[.writes]) \(identity.kind.rawValue)" + text
    }
}

/// What rows stand for, and what they say of it.
@Suite struct GroupingTests {
    private let manager: ByteString = "/user.slice/user-1000.slice/user@1000.service"
    private let id = ByteString(String(repeating: "0123456789abcdef", count: 4))

    @Test func `keys have one order, and each counts once`() {
        #expect(Grouping([.pod, .unit, .pod, .slice]).keys == [.unit, .slice, .pod])
        #expect(Grouping([.container, .slice]) == Grouping([.slice, .container, .slice]))
        #expect(Grouping([]) == .cgroup)
    }

    // MARK: - Units

    @Test func `a unit that was restarted, and its subgroups, are one row`() {
        var host = Host([
            ("/system.slice/a.service", 1), ("/system.slice/a.service", 10), ("/system.slice/a.service/sub", 100),
            ("/system.slice/b.service", 5),
        ])
        host.invocations = ["/system.slice/b.service": "b1"]
        #expect(
            host.shown(by: .unit).rows.map(\.summary) == [
                "111 service unit=a.service slice=system.slice", "5 service unit=b.service slice=system.slice run=b1",
            ])
    }

    @Test func `the run of a unit is told when all of its cgroups have the same`() {
        var host = Host([("/a.service", 1), ("/a.service/x", 1), ("/b.service", 1), ("/b.service/x", 1)])
        host.invocations = ["/a.service": "a1", "/a.service/x": "a1", "/b.service": "b1"]
        #expect(host.shown(by: .unit).rows.map(\.invocationID) == ["a1", nil])
    }

    @Test func `runs of a transient unit are one row with the name of the series`() {
        let host = Host([
            ("/system.slice/run-u12.service", 1), ("/system.slice/run-u13.service", 2), ("/a.slice/run-u14.service", 4),
            ("/system.slice/sshd@0-1.2.3.4:22-5.6.7.8:99.service", 2),
            ("/system.slice/sshd@1-1.2.3.4:22-5.6.7.8:98.service", 1),
        ])
        let rows = host.shown(by: .unit).rows
        #expect(
            rows.map(\.summary) == [
                "7 service unit=run-u*.service",
                "3 service unit=sshd@*.service slice=system.slice template=sshd@.service",
            ])
        #expect(rows.map(\.series.unit) == ["run-u*.service", "sshd@*.service"])
        #expect(host.shown(by: .unit, folding: false).rows.count == 5)
    }

    @Test func `a user's units are told apart from each other and from those of other users`() {
        let other: ByteString = "/user.slice/user-1001.slice/user@1001.service"
        let host = Host([
            (ByteString(manager.bytes + "/app.slice/a.service".utf8), 1),
            (ByteString(manager.bytes + "/app.slice/a.service/x".utf8), 2),
            (ByteString(manager.bytes + "/init.scope".utf8), 8),
            (manager, 16), (ByteString(other.bytes + "/app.slice/a.service".utf8), 32),
        ])
        let of1000 = "template=user@.service instance=1000"
        #expect(
            host.shown(by: .unit).rows.map(\.summary) == [
                "32 service unit=user@1001.service slice=user-1001.slice user_unit=a.service user_slice=app.slice "
                    + "owner=1001 template=user@.service instance=1001",
                "16 service unit=user@1000.service slice=user-1000.slice user_slice=-.slice owner=1000 \(of1000)",
                "8 scope unit=user@1000.service slice=user-1000.slice user_unit=init.scope user_slice=-.slice "
                    + "owner=1000 \(of1000)",
                "3 service unit=user@1000.service slice=user-1000.slice user_unit=a.service user_slice=app.slice "
                    + "owner=1000 \(of1000)",
            ])
    }

    @Test func `what belongs to no unit is one row of kind none`() {
        let host = Host([("/a.service", 1), ("/bare", 2), ("/", 4), ("/x.slice", 8), (ByteString("/docker/\(id)"), 16)])
        #expect(
            host.shown(by: .unit).rows.map(\.summary) == ["30 none", "1 service unit=a.service slice=-.slice"])
    }

    @Test func `a row for each cgroup has the name of the series beside its own`() {
        let host = Host([("/run-u12.service", 2), ("/a.service", 1), (nil, 1)])
        #expect(host.shown().rows.map(\.series.unit) == ["run-u*.service", "a.service", nil])
        #expect(host.shown().rows.map(\.identity.unit) == ["run-u12.service", "a.service", nil])
        #expect(host.shown(folding: false).rows.map(\.series.unit) == ["run-u12.service", "a.service", nil])
    }

    // MARK: - Slices

    @Test func `a slice has all that is in it and below it, and the root slice has everything`() {
        let host = Host([
            ("/a.slice", 1), ("/a.slice/x.service", 2), ("/a.slice/a-b.slice/y.service", 4),
            ("/a.slice/a-b.slice/y.service/sub", 8), ("/c.slice/z.service", 16), ("/bare", 32),
            (ByteString(manager.bytes + "/app.slice/a.service".utf8), 64),
        ])
        let rows = host.shown(by: .slice).rows
        #expect(
            rows.map(\.summary) == [
                "127 slice slice=-.slice", "64 slice slice=user.slice", "64 slice slice=user-1000.slice owner=1000",
                "16 slice slice=c.slice", "15 slice slice=a.slice", "12 slice slice=a-b.slice",
            ])
        #expect(rows.map(\.isNested) == [false, true, true, true, true, true])
    }

    @Test func `slices that make way are not in the remainder, because they are in the slice around them`() {
        let host = Host([("/a.slice/x.service", 1), ("/b.slice/y.service", 2), (nil, 4)])
        #expect(
            host.shown(by: .slice, units: 2).rows.map(\.summary) == ["4 unresolved", "3 slice slice=-.slice"])
        #expect(
            host.shown(by: .slice, units: 1).rows.map(\.summary) == ["4 unresolved", "3 overflow unit=*"])
        #expect(host.shown(by: .slice, units: 0).rows.map(\.summary) == ["7 overflow unit=*"])
    }

    @Test func `a slice that is named twice on a path counts once`() {
        let host = Host([("/a.slice/b.slice/a.slice/-.slice/x.service", 1), ("/b.slice/y.service", 2)])
        #expect(
            host.shown(by: .slice).rows.map(\.summary) == [
                "3 slice slice=-.slice", "3 slice slice=b.slice", "1 slice slice=a.slice",
            ])
    }

    // MARK: - Users, containers, pods

    @Test func `a user's row has sessions and services, and the system's own is one row`() {
        let host = Host([
            (ByteString(manager.bytes + "/app.slice/a.service".utf8), 1),
            ("/user.slice/user-1000.slice/session-3.scope", 2), ("/user.slice/user-0.slice/session-1.scope", 4),
            ("/system.slice/a.service", 8), ("/user.slice", 16),
        ])
        #expect(
            host.shown(by: .user).rows.map(\.summary) == [
                "24 none", "4 user slice=user-0.slice owner=0", "3 user slice=user-1000.slice owner=1000",
            ])
    }

    @Test func `a container's row has all cgroups in it and says what it is called`() {
        let path = ByteString("/system.slice/docker-\(id).scope")
        var host = Host([
            (path, 1), (ByteString(path.bytes + "/init.scope".utf8), 2), ("/system.slice/a.service", 4),
            (ByteString("/lxc.payload.db/x.service"), 8),
        ])
        host.names = [path: "web"]
        #expect(
            host.shown(by: .container).rows.map(\.summary) == [
                "8 container container=lxc:db name=db", "4 none", "3 container container=docker:0123 name=web",
            ])
    }

    @Test func `a pod's row has its containers and what is beside them`() {
        let uid = "0a1b2c3d-0000-1111-2222-333344445555"
        let name = "kubepods-burstable-pod\(uid.replacing("-", with: "_")).slice"
        let pod = "/kubepods.slice/kubepods-burstable.slice/\(name)"
        let host = Host([
            (ByteString("\(pod)/cri-containerd-\(id).scope"), 1), (ByteString(pod), 2),
            (ByteString("\(pod)/crio-\(String(id.lossyText.reversed())).scope"), 4),
            ("/system.slice/kubelet.service", 8),
        ])
        let rows = host.shown(by: .pod).rows
        #expect(rows.map(\.summary) == ["8 none", "7 pod pod=\(uid)"])
        #expect(rows.map(\.identity.pod?.qos) == [nil, "burstable"])
        #expect(
            host.shown(by: .container).rows.map(\.summary) == [
                "10 none", "4 container container=cri-o:fedc pod=\(uid)",
                "1 container container=containerd:0123 pod=\(uid)",
            ])
    }

    @Test func `keys can be combined`() {
        let container = ByteString("/a.slice/docker-\(id).scope")
        let host = Host([(container, 1), ("/a.slice/x.service", 2), ("/b.slice/x.service", 4)])
        #expect(
            host.shown(by: .container, .slice).rows.map(\.summary) == [
                "6 slice slice=-.slice", "4 slice slice=b.slice", "2 slice slice=a.slice",
                "1 container slice=-.slice container=docker:0123", "1 container slice=a.slice container=docker:0123",
            ])
        #expect(
            host.shown(by: .unit, .container).rows.map(\.summary) == [
                "6 service unit=x.service", "1 container unit=docker-*.scope slice=a.slice container=docker:0123",
            ])
        let users = Host([
            ("/user.slice/user-7.slice/session-1.scope", 1), ("/user.slice/user-8.slice/session-2.scope", 2),
        ])
        #expect(
            users.shown(by: .unit, .user).rows.map(\.summary) == [
                "2 scope unit=session-*.scope slice=user-8.slice user_slice=-.slice owner=8",
                "1 scope unit=session-*.scope slice=user-7.slice user_slice=-.slice owner=7",
            ])
        #expect(
            users.shown(by: .slice, .user).rows.prefix(2).map(\.summary) == [
                "2 slice slice=-.slice owner=8", "2 slice slice=user.slice owner=8",
            ])
    }

    // MARK: - Whatever the keys

    @Test(arguments: Grouping.Key.allCases)
    func `what nobody can name is one row, and says how many cgroups it is`(key: Grouping.Key) {
        let host = Host([(nil, 1), (nil, 2), ("/a.service", 4)])
        let shown = host.shown(by: key)
        #expect(shown.rows.filter { $0.identity.kind == .unresolved }.map(\.summary) == ["3 unresolved"])
        #expect(shown.loss.unresolvedCgroups == 2)
        #expect(shown.unnamed == [CgroupID(0), CgroupID(1)])
    }

    @Test func `one writer in several cgroups is one, and the limit is for what is left`() {
        var host = Host([("/a.service", 1), ("/a.service/x", 2), ("/a.service/y", 4), ("/a.service/z", 5)])
        host.activity[2].comm = "v"
        host.activity[3].comm = "u"
        let row = host.shown(by: .unit, writers: 2).rows.first
        #expect(row?.writers.map(\.comm) == ["u", "v", "*"])
        #expect(row?.writers.map(\.counters[.writes]) == [5, 4, 3])
        #expect(host.shown(by: .unit, writers: 3).rows.first?.writers.map(\.counters[.writes]) == [5, 4, 3])
        #expect(host.shown(by: .unit, writers: 3).rows.first?.writers.last?.executable == "/bin/w")
    }
}
