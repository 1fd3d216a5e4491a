import Model
import Testing

@testable import Machine

@Suite struct CgroupMountTests {
    private static let unified = "35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate"

    private func path(_ lines: [String]) -> ByteString? {
        CgroupMount(mountinfo: Array((lines.joined(separator: "\n") + "\n").utf8))?.path
    }

    @Test(
        arguments: [
            ("unified", [unified], "/sys/fs/cgroup"),
            (
                "hybrid",
                [
                    "31 24 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755",
                    "32 31 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
                    "33 31 0:28 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw",
                ], "/sys/fs/cgroup/unified"
            ),
            ("none", ["32 31 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory"], nil),
            ("nothing at all", [], nil),
            (
                "of several the one that shows the most",
                ["40 24 0:30 /system.slice /mnt/part rw - cgroup2 cgroup2 rw", unified], "/sys/fs/cgroup"
            ),
            (
                "in a cgroup namespace the host's tree, mounted elsewhere",
                [
                    unified, "40 24 0:30 /../.. /host/sys/fs/cgroup ro - cgroup2 cgroup2 rw",
                    "41 24 0:30 /.. /up rw - cgroup2 cgroup2 rw",
                ], "/host/sys/fs/cgroup"
            ),
            (
                "in a cgroup namespace a tree beside its own",
                ["40 24 0:30 /../../web.slice /beside rw - cgroup2 cgroup2 rw", unified], "/beside"
            ),
            (
                "a cgroup whose name begins with dots", ["40 24 0:30 /..a /dots rw - cgroup2 c rw", unified],
                "/sys/fs/cgroup"
            ),
            (
                "of several equal ones the first",
                ["40 24 0:30 / /one rw - cgroup2 none rw", "41 24 0:30 / /two rw - cgroup2 none rw"], "/one"
            ),
            ("only a part", ["40 24 0:30 /a.slice /mnt/part rw - cgroup2 cgroup2 rw"], "/mnt/part"),
            ("no optional fields", ["40 24 0:30 / /c rw - cgroup2 none rw"], "/c"),
            ("many optional fields", ["40 24 0:30 / /c rw shared:1 master:2 propagate_from:3 - cgroup2 none rw"], "/c"),
            ("escapes", [#"40 24 0:30 / /a\040b\011c\012d\134e rw - cgroup2 none rw"#], "/a b\tc\nd\\e"),
            ("a backslash that escapes nothing", [#"40 24 0:30 / /a\9 rw - cgroup2 none rw"#], #"/a\9"#),
            ("lines cut short", ["40 24 0:30 / /c rw -", "40 24", "-", ""], nil),
            ("another type", ["40 24 0:30 / /cgroup2 rw - tmpfs cgroup2 rw"], nil),
        ] as [(String, [String], ByteString?)])
    func `the mount is found, or there is none`(situation: String, lines: [String], expected: ByteString?) {
        #expect(path(lines) == expected, "\(situation)")
    }

    @Test func `a mount point need not be text`() {
        let line = Array("40 24 0:30 / /".utf8) + [0xff, 0xfe] + Array(" rw - cgroup2 none rw\n".utf8)
        #expect(CgroupMount(mountinfo: line)?.path == ByteString([0x2f, 0xff, 0xfe]))
    }
}
