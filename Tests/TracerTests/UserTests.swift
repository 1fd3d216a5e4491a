import Glibc
import Machine
import Model
import Testing
import Tracer

/// As whom a command runs, and what it finds in its environment.
@Suite struct UserTests {
    @Test(
        arguments: [
            (nil, [:], 0, ChildUser.Choice.own),
            (nil, ["SUDO_UID": "1000", "SUDO_GID": "100"], 0, .caller(uid: 1000, gid: 100)),
            (nil, ["SUDO_UID": "1000"], 0, .caller(uid: 1000, gid: nil)),
            (nil, ["SUDO_UID": "0", "SUDO_GID": "0"], 0, .own),
            (nil, ["SUDO_UID": "1000", "SUDO_GID": "100"], 1001, .own),
            ("root", ["SUDO_UID": "1000", "SUDO_GID": "100"], 0, .named("root")),
            ("42", ["SUDO_UID": "what"], 0, .named("42")),
        ] as [(String?, [String: String], UInt32, ChildUser.Choice)])
    func `who is meant`(option: String?, environment: [String: String], effective: UInt32, choice: ChildUser.Choice)
        throws
    {
        #expect(try ChildUser.Choice(option: option, environment: environment, effective: effective) == choice)
    }

    @Test(arguments: ["", "-1", "4294967295", "4294967296", "1000x", " 1000", "99999999999999999999", "+1"])
    func `a SUDO_UID that sudo would not set is an error`(text: String) {
        #expect { try ChildUser.Choice(option: nil, environment: ["SUDO_UID": text], effective: 0) } throws: {
            ($0 as? TraceRefusal)?.reason == .argument && "\($0)".contains("SUDO_UID is '\(text)'")
        }
        #expect { try SudoCaller(["SUDO_UID": "1000", "SUDO_GID": text]) } throws: {
            "\($0)".contains("SUDO_GID is '\(text)'")
        }
    }

    @Test func `a user is found by name and by number`() throws {
        let daemon = try #require(UserRecord.named("daemon"))
        let found = try ChildUser.find(.named("daemon"), effective: 0)
        #expect(found?.uid == daemon.uid)
        #expect(found?.gid == daemon.gid)
        #expect(found?.groups.contains(daemon.gid) == true)
        #expect(try ChildUser.find(.named("\(daemon.uid)"), effective: 0) == found)
        #expect(try ChildUser.find(.named("daemon"), effective: daemon.uid) == nil)
        #expect(try ChildUser.find(.own, effective: 0) == nil)
        #expect { try ChildUser.find(.named("no such user"), effective: 0) } throws: {
            ($0 as? TraceRefusal) == TraceRefusal(.argument, "there is no user 'no such user'")
        }
    }

    @Test func `a number that is nobody's is a user with one group`() throws {
        let found = try ChildUser.find(.named("3999999999"), effective: 0)
        #expect(found == ChildUser(uid: 3_999_999_999, gid: 3_999_999_999, groups: [3_999_999_999], record: nil))
        let caller = try ChildUser.find(.caller(uid: 3_999_999_999, gid: 7), effective: 0)
        #expect(caller == ChildUser(uid: 3_999_999_999, gid: 7, groups: [7], record: nil))
        #expect(throws: TraceRefusal.self) {
            try ChildUser.find(.caller(uid: 3_999_999_999, gid: nil), effective: 0)
        }
    }

    @Test func `another user has an environment of its own`() {
        let before = ChildEnvironment([
            "PATH=/bin", "HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/zsh", "MAIL=/var/mail/root",
            "SUDO_UID=1000", "SUDO_GID=100", "SUDO_USER=ann", "SUDO_COMMAND=opentrace", "HOMER=1", "odd",
        ])
        let ann = UserRecord(name: "ann", uid: 1000, gid: 100, home: "/home/ann", shell: "")
        #expect(
            before.of(ChildUser(uid: 1000, gid: 100, groups: [100], record: ann)).entries == [
                "PATH=/bin", "HOMER=1", "odd", "HOME=/home/ann", "USER=ann", "LOGNAME=ann", "SHELL=/bin/sh",
            ])
        #expect(
            before.of(ChildUser(uid: 5, gid: 5, groups: [5], record: nil)).entries == [
                "PATH=/bin", "HOMER=1", "odd", "HOME=/",
            ])
    }

    @Test(
        arguments: [
            ("ls", ["PATH=/a:/b"], ["/a/ls", "/b/ls"]), ("ls", ["PATH=/a::/b"], ["/a/ls", "ls", "/b/ls"]),
            ("ls", [], ["/bin/ls", "/usr/bin/ls"]), ("./ls", ["PATH=/a"], ["./ls"]), ("/x/ls", ["PATH=/a"], ["/x/ls"]),
            ("ls", ["PATH="], ["ls"]), ("", ["PATH=/a"], [""]),
        ] as [(ByteString, [ByteString], [ByteString])])
    func `where a command is looked for`(command: ByteString, entries: [ByteString], files: [ByteString]) {
        #expect(ChildEnvironment(entries).candidates(for: command) == files)
    }

    @Test(arguments: [
        ("/sys/fs/cgroup", "/a/b", ["/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup"]),
        ("/sys/fs/cgroup", "/", ["/sys/fs/cgroup"]), ("/sys/fs/cgroup", "/../x", ["/sys/fs/cgroup"]),
        ("/sys/fs/cgroup", "/a", ["/sys/fs/cgroup/a", "/sys/fs/cgroup"]),
        ("/sys/fs/cgroup/unified", "/a", ["/sys/fs/cgroup/unified/a", "/sys/fs/cgroup/unified"]),
    ])
    func `where the cgroup of a command may be`(mount: String, own: String, places: [String]) throws {
        let mountinfo = """
            30 23 0:26 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu
            31 23 0:27 / \(mount) rw,nosuid shared:10 - cgroup2 cgroup2 rw

            """
        let cgroup = try #require(
            OwnCgroup(mountinfo: Array(mountinfo.utf8), cgroup: Array("4:cpu:/x\n0::\(own)\n".utf8)))
        #expect(cgroup.places == places.map { ByteString($0) })
    }

    @Test func `without cgroup2 there is no place`() {
        let mountinfo = Array("30 23 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw\n".utf8)
        #expect(OwnCgroup(mountinfo: mountinfo, cgroup: Array("0::/\n".utf8)) == nil)
        let unified = Array("30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n".utf8)
        #expect(OwnCgroup(mountinfo: unified, cgroup: Array("1:name=systemd:/\n".utf8)) == nil)
    }
}
