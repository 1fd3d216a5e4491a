import Foundation
import Model
import Testing

@testable import Machine

/// In mount namespaces of their own, one of which plays the host.
@Suite struct HostPlacesTests {
    private let folder: TestFolder
    private let host: MountNamespace
    /// Where the host has a file system of its own, with `etc/passwd`, `usr/bin/tool` and a link.
    private let top: String

    init() throws {
        folder = try TestFolder()
        host = try MountNamespace()
        top = folder.path
        try host.run(
            """
            mount -t tmpfs -o noatime tmpfs \(top) && cd \(top) && mkdir -p etc usr/bin usr/sbin var/log container &&
            echo x > etc/passwd && cp /bin/true usr/bin/tool && ln -s usr/bin bin && ln -s ../var/log etc/log &&
            ln -s tool usr/bin/link
            """)
    }

    private func places() throws -> HostPlaces { try HostPlaces(host: host.directory) }

    private func owner(_ cgroup: ByteString = "/system.slice/x.service") -> HostPlaces.Owner {
        let identity = UnitIdentity(cgroupPath: cgroup)
        return HostPlaces.Owner(
            identity: identity, cgroupPath: cgroup, series: SeriesNames(of: identity, folding: true))
    }

    private func sighting(
        _ place: Sighting.Place, by writer: MountNamespace, runs executable: FilePlace? = nil
    ) -> Sighting {
        let id = executable.map { ExecutableID(device: $0.device, inode: $0.inode, generation: 0) }
        return Sighting(
            time: 0, cgroup: CgroupID(1),
            writer: SightedWriter(
                executable: id, executablePlace: executable, comm: "x", uid: 0, pid: writer.pid),
            operation: .delete, place: place, mountNamespace: writer.name)
    }

    private func paths(_ paths: String...) -> [ByteString] { paths.map { ByteString($0) } }

    @Test func `a file has the host's path, and soon those of mounts that are made`() throws {
        var places = try places()
        let file = sighting(.file(try host.place("\(top)/etc/passwd", below: top)), by: host)
        let before = places.place(file, of: owner(), at: 0)
        #expect(before.hostPaths == paths("\(top)/etc/passwd"))
        #expect(before.hostDirectories == paths("\(top)/etc"))
        #expect(before.path == ByteString("\(top)/etc/passwd"))
        #expect((before.root, before.pathSource) == (.host, .file))
        #expect(before.isPlaceKnown && !before.hasMountedNeighbours)
        let changes = places.changes
        try host.run(
            "mkdir container/e && mount --bind etc container/e && touch usr/p && mount --bind etc/passwd usr/p")
        let after = places.place(file, of: owner(), at: 0)
        #expect(after.hostPaths == paths("\(top)/usr/p", "\(top)/etc/passwd", "\(top)/container/e/passwd"))
        #expect(after.hostDirectories == paths("\(top)/etc", "\(top)/container/e"))
        #expect(after.hasMountedNeighbours)
        #expect(places.changes > changes)
        try host.run("umount usr/p && umount container/e")
        #expect(places.place(file, of: owner(), at: 0).hostPaths == before.hostPaths)
    }

    @Test func `a container's own file is not the host's, and one that the host lends it is`() throws {
        var places = try places()
        let container = try MountNamespace(like: host)
        try container.run(
            """
            mount -t tmpfs tmpfs \(top)/container && cd \(top)/container && mkdir -p etc host/etc &&
            echo y > etc/passwd && mount --bind \(top)/etc host/etc
            """)
        var own = try container.place("\(top)/container/etc/passwd", below: "\(top)/container")
        own.seen = "/etc/passwd"
        let inside = places.place(sighting(.file(own), by: container), of: owner(), at: 0)
        #expect(inside.hostPaths.isEmpty && inside.hostDirectories.isEmpty)
        #expect(inside.isPlaceKnown)
        #expect(inside.path == "/etc/passwd")
        var lent = try host.place("\(top)/etc/passwd", below: top)
        lent.seen = "/host/etc/passwd"
        let outside = places.place(sighting(.file(lent), by: container), of: owner(), at: 0)
        #expect(outside.hostPaths == paths("\(top)/etc/passwd"))
        // The same by its name, which is all there is when it was deleted.
        let root = try container.place("\(top)/container", below: "\(top)/container")
        for (name, expected) in [
            ("/host/etc/passwd", paths("\(top)/etc/passwd")), ("host//etc/./passwd", paths("\(top)/etc/passwd")),
            ("/etc/passwd", []), ("/host/etc/../etc/passwd", paths("\(top)/etc/passwd")), ("/host/../etc/passwd", []),
            ("/../host/etc/x", paths("\(top)/etc/x")),
        ] {
            let placed = places.place(sighting(.named(ByteString(name), base: root), by: container), of: owner(), at: 0)
            #expect(placed.hostPaths == expected, "\(name)")
            #expect(placed.pathSource == .user && placed.isPlaceKnown)
            #expect(placed.path != nil)
        }
    }

    @Test func `a name is followed through links, but for the last`() throws {
        var places = try places()
        let root = try host.place(top, below: top)
        let etc = try host.place("\(top)/etc", below: top)
        for (name, base, expected) in [
            ("etc/passwd", root, "etc/passwd"), ("bin/new", root, "usr/bin/new"), ("bin/link", root, "usr/bin/link"),
            ("bin", root, "bin"), ("bin/", root, "bin"), ("log/x", etc, "var/log/x"), ("log/../x", etc, "var/x"),
            ("../bin/x", etc, "usr/bin/x"), ("passwd", etc, "etc/passwd"), ("./passwd", etc, "etc/passwd"),
            ("no/such/place", root, "no/such/place"), ("etc/../bin/./x", root, "usr/bin/x"),
        ] {
            let placed = places.place(sighting(.named(ByteString(name), base: base), by: host), of: owner(), at: 0)
            #expect(placed.hostPaths == paths("\(top)/\(expected)"), "\(name)")
            #expect(placed.hostDirectories == [ByteString("\(top)/\(expected)").parentPath])
        }
    }

    @Test func `a name is followed through the links of a container`() throws {
        var places = try places()
        let container = try MountNamespace(like: host)
        try container.run(
            "mkdir \(top)/container/h && mount --bind \(top)/etc \(top)/container/h && ln -s h \(top)/container/l")
        let root = try host.place("\(top)/container", below: top)
        let name = sighting(.named("l/passwd", base: root), by: container)
        #expect(places.place(name, of: owner(), at: 0).hostPaths == paths("\(top)/etc/passwd"))
    }

    @Test func `the mounts of a namespace are remembered when its writer is gone`() throws {
        var places = try places()
        let container = try MountNamespace(like: host)
        try container.run("mkdir \(top)/container/h && mount --bind \(top)/etc \(top)/container/h")
        let root = try host.place("\(top)/container", below: top)
        let name = sighting(.named("h/passwd", base: root), by: container)
        #expect(places.place(name, of: owner(), at: 0).hostPaths == paths("\(top)/etc/passwd"))
        container.end()
        #expect(places.place(name, of: owner(), at: 60_000_000_000).hostPaths == paths("\(top)/etc/passwd"))
        // Nobody was asked in time: the name is taken as it is.
        var fresh = try self.places()
        let late = fresh.place(name, of: owner(), at: 0)
        #expect(late.hostPaths == paths("\(top)/container/h/passwd"))
        #expect(late.root == .host)
    }

    @Test func `what nobody can tell is said to be so`() throws {
        var places = try places()
        let root = try host.place(top, below: top)
        let nameless = places.place(sighting(.named(nil, base: root), by: host), of: owner(), at: 0)
        #expect(!nameless.isPlaceKnown && nameless.path == nil && nameless.hostPaths.isEmpty)
        let nowhere = FilePlace(device: root.device, inode: 1, within: nil, seen: nil)
        let deep = places.place(sighting(.file(nowhere), by: host), of: owner(), at: 0)
        #expect(!deep.isPlaceKnown && deep.path == nil)
        let shown = FilePlace(device: root.device, inode: 1, within: nil, seen: "/a/b")
        #expect(places.place(sighting(.file(shown), by: host), of: owner(), at: 0).hostPaths == ["/a/b"])
        var unknown = sighting(.file(shown), by: host)
        unknown.mountNamespace = nil
        let elsewhere = places.place(unknown, of: owner(), at: 0)
        #expect(!elsewhere.isPlaceKnown && elsewhere.hostPaths.isEmpty && elsewhere.path == "/a/b")
    }

    @Test func `whose root directory is not the host's is in a container`() throws {
        var places = try places()
        let file = Sighting.Place.file(try host.place("\(top)/etc/passwd", below: top))
        let service = try MountNamespace(like: host)
        try service.run("mount -t tmpfs tmpfs /mnt")
        #expect(places.place(sighting(file, by: service), of: owner(), at: 0).root == .host)
        let container = try MountNamespace(like: host)
        try container.run(
            """
            mount -t tmpfs tmpfs \(top)/container && cd \(top)/container && mkdir old && mount --rbind / old &&
            for d in bin lib lib64 usr proc; do [ -e old/$d ] && mkdir $d && mount --rbind /$d $d; done
            pivot_root . old && cd /
            """)
        let placed = places.place(sighting(file, by: container), of: owner(), at: 0)
        #expect(placed.root == .container)
        #expect(placed.hostPaths == paths("\(top)/etc/passwd"))
        // Nobody to be asked: its cgroup says what it is.
        var gone = sighting(file, by: container)
        gone.mountNamespace = 1
        #expect(places.place(gone, of: owner(), at: 0).root == .host)
        let id = String(repeating: "0123456789abcdef", count: 4)
        let docker = owner(ByteString("/system.slice/docker-\(id).scope"))
        #expect(places.place(gone, of: docker, at: 0).root == .container)
    }

    @Test func `only the host's own file is an executable that is allowed`() throws {
        var places = try places()
        let file = Sighting.Place.file(try host.place("\(top)/etc/passwd", below: top))
        let tool = try host.place("\(top)/usr/bin/tool", below: top)
        func isTool(
            _ executable: FilePlace, _ path: String, _ places: inout HostPlaces, by writer: MountNamespace? = nil,
            at now: UInt64 = 0
        ) -> Bool {
            let placed = places.place(sighting(file, by: writer ?? host, runs: executable), of: owner(), at: now)
            return places.isExecutable(ByteString(path), placed, at: now)
        }
        // By its path, and by those of links to it.
        for path in ["usr/bin/tool", "bin/tool", "usr/bin/link", "bin/link"] {
            #expect(isTool(tool, "\(top)/\(path)", &places), "\(path)")
        }
        for path in ["usr/bin/other", "etc/passwd", "usr/bin"] { #expect(!isTool(tool, "\(top)/\(path)", &places)) }
        // Of the same name, in a container.
        let container = try MountNamespace(like: host)
        try container.run(
            "mount -t tmpfs tmpfs \(top)/container && cd \(top)/container && mkdir -p usr/bin && cp /bin/true usr/bin/tool"
        )
        var same = try container.place("\(top)/container/usr/bin/tool", below: "\(top)/container")
        same.seen = ByteString("\(top)/usr/bin/tool")
        #expect(!isTool(same, "\(top)/usr/bin/tool", &places, by: container))
        #expect(!isTool(same, "\(top)/usr/bin/tool", &places))
        // Under another name: a hard link.
        try host.run("ln usr/bin/tool usr/bin/hard")
        #expect(isTool(try host.place("\(top)/usr/bin/hard", below: top), "\(top)/usr/bin/tool", &places))
        // A newer one took its place: what runs still is what was there, and so is the newer one, after a while.
        try host.run("cp /bin/true usr/bin/new && mv usr/bin/new usr/bin/tool")
        let newer = try host.place("\(top)/usr/bin/tool", below: top)
        #expect(newer.inode != tool.inode)
        #expect(isTool(tool, "\(top)/usr/bin/tool", &places, at: 60_000_000_000))
        #expect(isTool(newer, "\(top)/usr/bin/tool", &places, at: 60_000_000_000))
    }

    @Test func `a way through what a process has open leads where nobody knows`() throws {
        var places = try places()
        let root = try host.place(top, below: top)
        try host.run("ln -s /proc/self/cwd at && mkdir p && mount -t proc proc p")
        let slash = try host.place("/", below: "/")
        for (name, base, isKnown) in [
            ("/proc/self/cwd/x", slash, false), ("/proc/1/root/\(top)/etc/x", slash, false),
            ("/dev/fd/3/x", slash, false),
            ("p/self/cwd/x", root, false), ("etc/x", root, true),
        ] {
            let placed = places.place(sighting(.named(ByteString(name), base: base), by: host), of: owner(), at: 0)
            #expect(placed.isPlaceKnown == isKnown, "\(name)")
            #expect(placed.hostPaths.isEmpty != isKnown && placed.path != nil)
        }
        try host.run("umount p")
    }

    @Test func `where a name leads is not known if nobody may look at what is mounted`() throws {
        var places = try places()
        let root = try host.place(top, below: top)
        let container = try MountNamespace(like: host)
        // More than a table may have, and below it what the host has.
        try container.run(
            """
            cd \(top) && mkdir lent && mount --bind etc lent && python3 -c '
            import ctypes, os
            deep = "/".join(["d" * 250] * 12)
            os.makedirs(deep)
            for _ in range(800):
                assert ctypes.CDLL(None).mount(b"etc", deep.encode(), None, 4096, None) == 0
            '
            """)
        let placed = places.place(
            sighting(.named("lent/passwd", base: root), by: container), of: owner(), at: 0)
        #expect(!placed.isPlaceKnown && placed.hostPaths.isEmpty && placed.path != nil)
    }

    @Test func `what is cut short is the file at the end of all links`() throws {
        var places = try places()
        let root = try host.place(top, below: top)
        for (name, expected) in [
            ("bin/link", "usr/bin/tool"), ("usr/bin/tool", "usr/bin/tool"), ("etc/log", "var/log"),
            ("no/thing", "no/thing"),
        ] {
            var seen = sighting(.named(ByteString(name), base: root), by: host)
            seen.operation = .truncate
            #expect(places.place(seen, of: owner(), at: 0).hostPaths == paths("\(top)/\(expected)"), "\(name)")
        }
    }

    @Test func `in another root links begin there`() throws {
        var places = try places()
        try host.run("mkdir -p jail/etc jail/usr && ln -s /etc jail/to && echo x > jail/etc/passwd")
        let jail = try host.place("\(top)/jail", below: top)
        for (name, expected) in [
            ("/to/passwd", "jail/etc/passwd"), ("/etc/passwd", "jail/etc/passwd"), ("/../../etc/x", "jail/etc/x"),
            ("/usr/../to/x", "jail/etc/x"), ("/x", "jail/x"),
        ] {
            let placed = places.place(sighting(.named(ByteString(name), base: jail), by: host), of: owner(), at: 0)
            #expect(placed.hostPaths == paths("\(top)/\(expected)"), "\(name)")
        }
    }

    @Test func `a file system that does not answer holds up nobody who asks for another executable`() throws {
        var places = try places()
        let file = Sighting.Place.file(try host.place("\(top)/etc/passwd", below: top))
        let tool = try host.place("\(top)/usr/bin/tool", below: top)
        // Nobody reads what the kernel asks here; the end of the descriptor is that of the file system.
        try host.run(
            "mkdir \(top)/hung && exec 9<>/dev/fuse && mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 hung \(top)/hung"
        )
        let placed = places.place(sighting(file, by: host, runs: tool), of: owner(), at: 0)
        for second: UInt64 in 0..<4 {
            let now = second * 10_000_000_000
            let begun = ContinuousClock.now
            let allowed = ["hung/tool", "bin/tool"].map {
                places.isExecutable(ByteString("\(top)/\($0)"), placed, at: now)
            }
            let time = begun.duration(to: .now)
            #expect(allowed == [false, true])
            #expect(second == 0 ? time >= .milliseconds(500) && time < .seconds(5) : time < .milliseconds(400))
        }
        try host.run("exec 9>&-")
    }

    @Test func `the name of an executable is the host's, else what was known of it`() throws {
        var places = try places()
        let file = Sighting.Place.file(try host.place("\(top)/etc/passwd", below: top))
        var owner = owner()
        owner.executablePath = "/as/seen"
        let tool = try host.place("\(top)/usr/bin/tool", below: top)
        let known = places.place(sighting(file, by: host, runs: tool), of: owner, at: 0)
        #expect(known.executablePath == ByteString("\(top)/usr/bin/tool"))
        #expect(known.executableHostPaths == paths("\(top)/usr/bin/tool"))
        let other = FilePlace(device: 0xFFF << 20, inode: 1, within: "/x", seen: "/x")
        let container = try MountNamespace(like: host)
        let unknown = places.place(sighting(file, by: container, runs: other), of: owner, at: 0)
        #expect(unknown.executablePath == "/as/seen" && unknown.executableHostPaths.isEmpty)
        #expect(places.place(sighting(file, by: host), of: owner, at: 0).executableHostPaths.isEmpty)
    }
}

@Suite struct OwnRootTests {
    /// On a file system that notes when links were followed: by those of the kernel's ways alone it would not be found.
    @Test func `a link that nobody followed yet is followed where the root is the agent's own`() throws {
        let folder = try TestFolder()
        let path = ByteString(folder.path)
        try FileManager.default.createDirectory(atPath: folder.path + "/real", withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: "real")
        var isOfProcess = false
        let end = ResolvedPlace(walking: ByteString(folder.path + "/link"), isOfProcess: &isOfProcess)
        let walked = try #require(end)
        #expect(!isOfProcess)
        let elsewhere = ResolvedPlace(walking: "/proc/self/cwd", isOfProcess: &isOfProcess)
        #expect(elsewhere == nil && isOfProcess)
        #expect(walked.path == ByteString(folder.path + "/real"))

        let mounts = try HostMounts(process: "/proc/self")
        let place = try #require(mounts.table.place(ofPath: path))
        let base = FilePlace(device: place.mount.device, inode: 0, within: place.within, seen: path)
        var places = try HostPlaces(host: "/proc/self")
        let identity = UnitIdentity(cgroupPath: "/system.slice/x.service")
        let owner = HostPlaces.Owner(
            identity: identity, cgroupPath: nil, series: SeriesNames(of: identity, folding: true))
        let sighting = Sighting(
            time: 0, cgroup: CgroupID(1),
            writer: SightedWriter(executable: nil, comm: "x", uid: 0, pid: getpid()), operation: .mkdir,
            place: .named("link/new", base: base), mountNamespace: mounts.namespace)
        let placed = places.place(sighting, of: owner, at: 0)
        #expect(placed.hostPaths.contains(ByteString(folder.path + "/real/new")))
    }
}

@Suite struct HostMountsTests {
    @Test func `every path of this host leads to a place that has this path`() throws {
        let mounts = try HostMounts.found()
        var visible = 0
        for mount in mounts.table.mounts where mount.root.isAbsolutePath {
            guard let place = mounts.table.place(ofPath: mount.point), place.mount == mount else { continue }
            visible += 1
            let paths = mounts.table.hostPaths(device: mount.device, within: place.within)
            #expect(paths.contains(mount.point))
        }
        #expect(visible > 0)
        #expect(
            mounts.namespace == mountNamespace(of: "/proc/1") || mounts.namespace == mountNamespace(of: "/proc/self"))
    }

    @Test func `a process that is not there has no mounts`() {
        let error = #expect(throws: SystemError.self) { _ = try HostMounts(process: "/proc/0") }
        #expect(error?.description.hasPrefix("cannot open /proc/0/mountinfo") == true)
        #expect(mountNamespace(of: "/proc/0") == nil)
    }
}
