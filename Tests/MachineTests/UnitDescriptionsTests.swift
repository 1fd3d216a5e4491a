import Foundation
import Model
import Testing

@testable import Machine

/// Units in a folder that stands for the root of a host.
@Suite struct UnitDescriptionsTests {
    private final class Root {
        let path = NSTemporaryDirectory() + "otagent-machine-tests-" + UUID().uuidString

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func folder(_ name: String) throws {
            try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
        }

        func write(_ name: String, _ text: String) throws {
            try folder(String(name.prefix(upTo: name.lastIndex(of: "/") ?? name.endIndex)))
            try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
        }

        func describe(_ name: String, _ description: String) throws {
            try write(name, "[Unit]\nDescription=\(description)\n")
        }
    }

    private let root = Root()

    private func description(_ unit: String, ofUser user: UInt32? = nil) throws -> String? {
        var descriptions = UnitDescriptions(root: root.path, hostname: "web-1")
        return descriptions.description(of: try #require(UnitName(unit.utf8)), ofUser: user)?.lossyText
    }

    @Test func `the folder that wins is the one that systemd takes`() throws {
        let folders = [
            "lib/systemd/system", "usr/lib/systemd/system", "run/systemd/generator", "run/systemd/system",
            "etc/systemd/system", "run/systemd/transient", "etc/systemd/system.control",
        ]
        for folder in folders {
            try root.describe("\(folder)/x.service", folder)
            #expect(try description("x.service") == folder)
        }
    }

    @Test func `an instance has its own file, or else its template's, wherever that is`() throws {
        try root.describe("etc/systemd/system/x@.service", "template for %i on %H")
        #expect(try description("x@a.service") == "template for a on web-1")
        try root.describe("usr/lib/systemd/system/x@a.service", "own of %i")
        #expect(try description("x@a.service") == "own of a")
        #expect(try description("x@b.service") == "template for b on web-1")
    }

    @Test func `drop-ins change it in the order of their names, and a nearer one hides its namesake`() throws {
        try root.describe("usr/lib/systemd/system/foo-bar.service", "file")
        try root.describe("usr/lib/systemd/system/service.d/20-x.conf", "type")
        #expect(try description("foo-bar.service") == "type")
        try root.describe("usr/lib/systemd/system/foo-.service.d/20-x.conf", "prefix")
        #expect(try description("foo-bar.service") == "prefix")
        try root.describe("usr/lib/systemd/system/foo-bar.service.d/20-x.conf", "own")
        #expect(try description("foo-bar.service") == "own")
        try root.describe("usr/lib/systemd/system/foo-.service.d/30-x.conf", "later")
        #expect(try description("foo-bar.service") == "later")
        try root.describe("usr/lib/systemd/system/foo-bar.service.d/40-x.txt", "no drop-in")
        #expect(try description("foo-bar.service") == "later")
        try root.describe("etc/systemd/system/foo-bar.service.d/50-x.conf", "")
        #expect(try description("foo-bar.service") == nil)
    }

    @Test func `what is masked, missing, or no plain file says nothing`() throws {
        try root.describe("usr/lib/systemd/system/x.service", "masked")
        try root.folder("etc/systemd/system")
        let folder = "\(root.path)/etc/systemd/system"
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/x.service", withDestinationPath: "/dev/null")
        #expect(try description("x.service") == nil)
        #expect(try description("missing.service") == nil)
        #expect(mkfifo("\(folder)/pipe.service", 0o644) == 0)
        #expect(try description("pipe.service") == nil)
        try root.folder("etc/systemd/system/folder.service")
        #expect(try description("folder.service") == nil)
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder)/loop.service", withDestinationPath: "loop.service")
        #expect(try description("loop.service") == nil)
        try root.write(
            "etc/systemd/system/huge.service", "[Unit]\nDescription=x\n" + String(repeating: "#", count: 2 << 20))
        #expect(try description("huge.service") == nil)
    }

    @Test func `a user's own folders come before those for all users`() throws {
        try root.write("etc/passwd", "broken\nbob:x:1000:1000::/home/bob:/bin/sh\nbad:x:1001:1001::relative:/bin/sh\n")
        try root.describe("usr/lib/systemd/user/x.service", "for all, for %u (%U) in %h and %t")
        let all = "for all, for bob (1000) in /home/bob and /run/user/1000"
        #expect(try description("x.service", ofUser: 1000) == all)
        #expect(try description("x.service") == nil)
        try root.describe("home/bob/.config/systemd/user/x.service", "bob's")
        #expect(try description("x.service", ofUser: 1000) == "bob's")
        #expect(try description("x.service", ofUser: 1001) == "for all, for 1001 (1001) in %h and /run/user/1001")
        try root.describe("run/user/1000/systemd/transient/x.service", "transient")
        #expect(try description("x.service", ofUser: 1000) == "transient")
    }

    @Test(.enabled(if: getuid() == 0, "only root can give files away"))
    func `a user's link tells nothing that the user could not read`() throws {
        try root.write("etc/passwd", "bob:x:1000:1000::/home/bob:/bin/sh\n")
        try root.describe("files/secret", "for root alone")
        try root.describe("files/open", "for all")
        chmod("\(root.path)/files/secret", 0o600)
        try root.folder("home/bob/.config/systemd/user/d.service.d")
        let folder = "\(root.path)/home/bob/.config/systemd/user"
        for (name, target) in [("s.service", "secret"), ("o.service", "open"), ("d.service.d/x.conf", "secret")] {
            symlink("\(root.path)/files/\(target)", "\(folder)/\(name)")
            lchown("\(folder)/\(name)", 1000, 1000)
        }
        #expect(try description("s.service", ofUser: 1000) == nil)
        #expect(try description("d.service", ofUser: 1000) == nil)
        #expect(try description("o.service", ofUser: 1000) == "for all")
    }

    @Test(arguments: [
        ("/home/bob", false), ("/home/carol", true), ("/home/bobby", true), ("/", true), ("/auto/x", false),
    ])
    func `a home that is on another machine is not looked into`(path: String, isLocal: Bool) {
        let mountinfo = """
            22 1 8:1 / / rw - ext4 /dev/sda1 rw
            23 22 0:40 / /home/bob rw - nfs4 server:/bob rw
            24 22 0:41 / /auto rw - ext4 /dev/sdb1 rw
            25 22 0:42 / /auto rw - autofs systemd-1 rw

            """
        #expect(MountTypes.isLocal(ByteString(path), mountinfo: Array(mountinfo.utf8)) == isLocal)
    }

    @Test func `a file that only looks like one is not read`() {
        #expect(RegularFile.contents(of: "/etc/os-release") != nil)
        #expect(RegularFile.contents(of: "/proc/version") == nil)
        #expect(RegularFile.contents(of: "/sys/kernel/mm/transparent_hugepage/enabled") == nil)
        #expect(RegularFile.contents(of: "/dev/null") == nil)
    }

    @Test func `an invocation is read off its link, and nothing else is taken for one`() throws {
        let id = "0123456789abcdef0123456789abcdef"
        for (folder, unit, target) in [
            ("run/systemd/units", "x.scope", id), ("run/systemd/units", "y.scope", "0123"),
            ("run/systemd/units", "z.scope", String(repeating: "G", count: 32)),
            ("run/user/5/systemd/units", "u.service", id),
        ] {
            try root.folder(folder)
            try FileManager.default.createSymbolicLink(
                atPath: "\(root.path)/\(folder)/invocation:\(unit)", withDestinationPath: target)
        }
        func read(_ unit: String, _ user: UInt32? = nil) throws -> String? {
            InvocationLinks.id(of: try #require(UnitName(unit.utf8)), ofUser: user, root: root.path)
        }
        #expect(try read("x.scope") == id)
        #expect(try read("y.scope") == nil)
        #expect(try read("z.scope") == nil)
        #expect(try read("u.service") == nil)
        #expect(try read("u.service", 5) == id)
        #expect(try read("x.scope", 5) == nil)
        // What a user arranges may lead anywhere, also to where one waits for ever.
        for (user, target) in [(6, "../../5/systemd/units"), (7, "real")] as [(UInt32, String)] {
            let folder = "run/user/\(user)/systemd"
            try root.folder("\(folder)/real")
            for (link, to) in [("units", target), ("real/invocation:u.service", id)] {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(root.path)/\(folder)/\(link)", withDestinationPath: to)
            }
            #expect(try read("u.service", user) == nil)
        }
    }
}
