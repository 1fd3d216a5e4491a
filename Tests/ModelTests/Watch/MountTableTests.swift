import Model
import Testing

@Suite struct MountTableTests {
    private func table(_ lines: String...) -> MountTable {
        MountTable(parsing: Array(lines.joined(separator: "\n").utf8))
    }

    private static func device(_ major: UInt32, _ minor: UInt32) -> UInt32 { major << 20 | minor }

    /// A host with btrfs subvolumes, a container's overlay, and what docker binds into it.
    private var host: MountTable {
        table(
            "1 1 0:2 / / rw - rootfs rootfs rw",
            "25 1 0:30 /@ / rw,noatime shared:1 - btrfs /dev/nvme0n1p2 rw,subvol=/@",
            "26 25 0:30 /@home /home rw,noatime shared:2 - btrfs /dev/nvme0n1p2 rw,subvol=/@home",
            "27 25 0:5 / /dev rw,nosuid shared:3 - devtmpfs udev rw",
            "28 27 0:24 / /dev/shm rw shared:4 - tmpfs tmpfs rw",
            "29 25 259:1 / /boot rw shared:5 - ext4 /dev/nvme0n1p1 rw",
            "30 25 0:4 net:[4026532000] /run/netns/x rw shared:6 - nsfs nsfs rw",
            "40 25 0:50 / /var/lib/docker/overlay2/abc/merged rw shared:7 - overlay overlay rw,lowerdir=/a",
            "41 26 0:30 /@/etc /home/a/host/etc rw shared:8 - btrfs /dev/nvme0n1p2 rw",
            "42 25 0:30 /@home/with\\040blank /mnt/tab\\011here rw - btrfs /dev/nvme0n1p2 rw")
    }

    @Test(
        arguments: [
            ("/etc/passwd", 0, 30, "/@/etc/passwd"), ("/", 0, 30, "/@"), ("/home", 0, 30, "/@home"),
            ("/home/a/x", 0, 30, "/@home/a/x"), ("/homes", 0, 30, "/@/homes"), ("/dev/shm/x", 0, 24, "/x"),
            ("/dev/null", 0, 5, "/null"), ("/boot", 259, 1, "/"), ("/home/a/host/etc/passwd", 0, 30, "/@/etc/passwd"),
            ("/var/lib/docker/overlay2/abc/merged/etc/passwd", 0, 50, "/etc/passwd"),
            ("/mnt/tab\there/x", 0, 30, "/@home/with blank/x"),
        ] as [(String, UInt32, UInt32, String)])
    func `a path leads to a file system and a path in it`(
        path: String, major: UInt32, minor: UInt32, within: String
    ) throws {
        let place = try #require(host.place(ofPath: ByteString(path)))
        #expect(place.mount.device == Self.device(major, minor))
        #expect(place.within == ByteString(within))
    }

    @Test(
        arguments: [
            (0, 30, "/@/etc/passwd", ["/etc/passwd", "/home/a/host/etc/passwd"]), (0, 30, "/@home/a", ["/home/a"]),
            (0, 30, "/@home/with blank/y", ["/mnt/tab\there/y", "/home/with blank/y"]), (0, 30, "/@homes", []),
            (0, 30, "/@", ["/"]), (0, 24, "/", ["/dev/shm"]),
            (0, 50, "/etc/passwd", ["/var/lib/docker/overlay2/abc/merged/etc/passwd"]),
            // Hidden by what is mounted over it.
            (0, 30, "/@/boot/x", []), (0, 2, "/x", []), (0, 99, "/x", []), (0, 30, "/", []),
        ] as [(UInt32, UInt32, String, [String])])
    func `a file has every path that leads to it`(major: UInt32, minor: UInt32, within: String, paths: [String]) {
        let found = host.hostPaths(device: Self.device(major, minor), within: ByteString(within))
        #expect(found == paths.map { ByteString($0) })
    }

    @Test func `the latest of mounts over one another is the one to be seen`() {
        let table = table(
            "1 0 8:1 / / rw - ext4 a rw", "2 1 8:2 / /m rw - ext4 b rw", "3 2 8:3 / /m rw - ext4 c rw",
            "5 3 8:5 / /m/sub rw - ext4 e rw", "4 1 8:4 / /n rw - ext4 d rw")
        #expect(table.place(ofPath: "/m/x")?.mount.id == 3)
        #expect(table.hostPaths(device: Self.device(8, 2), within: "/x") == [])
        #expect(table.hostPaths(device: Self.device(8, 3), within: "/x") == ["/m/x"])
        #expect(table.hostPaths(device: Self.device(8, 3), within: "/sub/x") == [])
        #expect(table.hostPaths(device: Self.device(8, 5), within: "/") == ["/m/sub"])
    }

    @Test func `what was mounted before its ancestor was covered is hidden, and the order of lines is of no meaning`() {
        let lines = [
            "1 0 8:1 / / rw - ext4 a rw", "2 1 8:2 / /m/sub rw - ext4 b rw", "3 1 8:3 / /m rw - ext4 c rw",
        ]
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let table = MountTable(parsing: Array(order.map { lines[$0] }.joined(separator: "\n").utf8))
            #expect(table.hostPaths(device: Self.device(8, 2), within: "/x") == [])
            #expect(table.place(ofPath: "/m/sub/x")?.mount.id == 3)
        }
    }

    @Test func `a file that is mounted by itself has the path of its mount point, too`() {
        let table = table(
            "1 0 8:1 / / rw - ext4 a rw",
            "2 1 8:1 /var/lib/docker/containers/1/hosts /etc/hosts rw - ext4 a rw")
        let device = Self.device(8, 1)
        #expect(
            table.hostPaths(device: device, within: "/var/lib/docker/containers/1/hosts") == [
                "/etc/hosts", "/var/lib/docker/containers/1/hosts",
            ])
        #expect(table.hostPaths(device: device, within: "/etc/hosts") == [])
        #expect(table.hasMounts(of: device, in: "/var/lib/docker/containers/1"))
        #expect(!table.hasMounts(of: device, in: "/var/lib/docker/containers"))
        #expect(!table.hasMounts(of: Self.device(8, 2), in: "/var/lib/docker/containers/1"))
    }

    @Test func `a root that was deleted is found last`() {
        let table = table(
            "1 0 8:1 / / rw - ext4 a rw", "2 1 8:1 /b//deleted /a rw - ext4 a rw",
            "3 1 8:1 /b /longer/name rw - ext4 a rw")
        #expect(table.mounts[1].isRootDeleted)
        #expect(table.hostPaths(device: Self.device(8, 1), within: "/b/x") == ["/b/x", "/longer/name/x", "/a/x"])
    }

    @Test func `a root directory that is no mount point has the mounts below it`() {
        let table = table("2 1 8:2 / /m rw - ext4 b rw", "3 9 8:3 / /m/n rw - ext4 c rw")
        #expect(table.place(ofPath: "/x") == nil)
        #expect(table.place(ofPath: "/m/x")?.within == "/x")
        #expect(table.place(ofPath: "x") == nil)
    }

    @Test func `bytes that are no text are as they are`() {
        let table = MountTable(
            parsing: Array("1 0 8:1 / / rw - ext4 a rw\n2 1 8:2 / /".utf8) + [0xFF, 0xFE]
                + Array(" rw - ext4 b rw\n".utf8))
        #expect(
            table.hostPaths(device: Self.device(8, 2), within: "/x") == [ByteString([0x2F, 0xFF, 0xFE, 0x2F, 0x78])])
    }

    @Test(arguments: [
        "", "1", "1 0 8:1 / /", "1 0 8:1 / / rw", "1 0 8:1 / / rw master:1", "1 0 8:1 / / rw - ext4",
        "x 0 8:1 / / rw - ext4 a rw",
        "1 x 8:1 / / rw - ext4 a rw", "1 0 8 / / rw - ext4 a rw", "1 0 8:1:2 / / rw - ext4 a rw",
        "1 0 4096:1 / / rw - ext4 a rw", "1 0 8:1048576 / / rw - ext4 a rw", "1 0 -8:1 / / rw - ext4 a rw",
        "1 0 8:1 / relative rw - ext4 a rw", "99999999999 0 8:1 / / rw - ext4 a rw", "1 0 8:1 / / rw ext4 a rw x",
    ])
    func `a line that is short or says nothing is left out`(line: String) {
        let table = table(line, "7 1 8:7 / / rw shared:1 master:2 propagate_from:3 unbindable - ext4 a rw")
        #expect(table.mounts.map(\.id) == [7])
    }

    @Test func `a table that goes round in circles holds nobody up`() {
        let table = table(
            "1 2 8:1 / / rw - ext4 a rw", "2 1 8:2 / / rw - ext4 b rw", "3 3 8:3 / / rw - ext4 c rw",
            "4 3 8:4 / / rw - x y z", "4 4 8:5 / / rw - x y z")
        #expect(table.place(ofPath: "/a/b") != nil)
        _ = table.hostPaths(device: Self.device(8, 1), within: "/x")
    }

    @Test func `only a backslash before three octal digits means another byte`() {
        let table = table(#"1 0 8:1 / /a\134b\12x\999\400\ rw - ext4 a rw"#)
        #expect(table.mounts.first?.point == #"/a\b\12x\999\400\"#)
    }

    // MARK: - Against a naive model

    /// Mounts made one after the other on a tree of names, and looked for by trying every path there is.
    @Test func `paths are those that a naive kernel would follow`() {
        var random = Chance(seed: 5)
        let names = ["a", "b"]
        let paths = Self.paths(names, depth: 4)
        for _ in 0..<300 {
            var kernel = NaiveKernel()
            for _ in 0..<random.below(7) + 1 {
                kernel.mount(
                    device: UInt32(random.below(3) + 1), root: random.one(of: ["/", "/", "/a", "/a/b"]),
                    on: random.one(of: ["/"] + paths.filter { $0.count <= 6 }))
            }
            let table = MountTable(kernel.mounts.shuffled(by: &random))
            for path in paths {
                let expected = kernel.place(ofPath: path)
                let place = table.place(ofPath: ByteString(path))
                #expect(place?.mount.id == expected?.mount.id, "\(path) in \(kernel.mounts)")
                #expect(place?.within == expected.map { ByteString($0.within) })
            }
            for device in UInt32(1)...3 {
                for within in paths where within.count <= 6 {
                    let expected = paths.filter { path in
                        kernel.place(ofPath: path).map { $0.mount.device == device && $0.within == within } ?? false
                    }
                    let found = table.hostPaths(device: device, within: ByteString(within))
                    // Deeper than the model's paths go.
                    let short = found.filter { $0.count <= 8 }.map(\.lossyText)
                    #expect(Set(short) == Set(expected))
                    #expect(zip(found, found.dropFirst()).allSatisfy { $0.count <= $1.count })
                    #expect(Set(found).count == found.count)
                }
            }
        }
    }

    private static func paths(_ names: [String], depth: Int) -> [String] {
        var (paths, longest) = (["/"], [""])
        for _ in 0..<depth {
            longest = longest.flatMap { path in names.map { "\(path)/\($0)" } }
            paths += longest
        }
        return paths
    }
}

/// Follows paths name by name, and knows of mounts only where each is attached.
private struct NaiveKernel {
    var mounts = [MountTable.Mount(id: 1, parent: 0, device: 1, root: "/", point: "/")]

    mutating func mount(device: UInt32, root: String, on path: String) {
        guard let under = place(ofPath: path) else { return }
        mounts.append(
            MountTable.Mount(
                id: Int32(mounts.count + 1), parent: under.mount.id, device: device, root: ByteString(root),
                point: ByteString(path)))
    }

    func place(ofPath path: String) -> (mount: MountTable.Mount, within: String)? {
        var here = mounts[0]
        var (seen, within) = ("/", "/")
        func cross() {
            while let next = mounts.last(where: { $0.parent == here.id && $0.point == ByteString(seen) }) {
                here = next
                within = next.root.lossyText
            }
        }
        cross()
        for name in path.split(separator: "/") {
            seen = seen == "/" ? "/\(name)" : "\(seen)/\(name)"
            within = within == "/" ? "/\(name)" : "\(within)/\(name)"
            cross()
        }
        return (here, within)
    }
}

extension [MountTable.Mount] {
    fileprivate func shuffled(by random: inout Chance) -> Self {
        var (rest, shuffled) = (self, Self())
        while !rest.isEmpty { shuffled.append(rest.remove(at: random.below(rest.count))) }
        return shuffled
    }
}
