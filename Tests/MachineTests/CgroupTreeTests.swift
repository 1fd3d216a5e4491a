import Foundation
import Model
import Testing

@testable import Machine

private let cgroupMount = (try? readFile("/proc/self/mountinfo")).flatMap { CgroupMount(mountinfo: $0) }
private let canMake = getuid() == 0 && cgroupMount != nil

/// The tree on the real mount, with cgroups made for each test.
@Suite(.enabled(if: canMake, "making cgroups needs root and a cgroup2 mount")) struct CgroupTreeTests {
    private let mount: CgroupMount
    private let cgroup: TestCgroup

    init() throws {
        mount = try #require(cgroupMount)
        cgroup = try TestCgroup(below: mount.path)
    }

    private func walked(_ tree: borrowing CgroupTree) -> [CgroupID: ByteString] {
        var found: [CgroupID: ByteString] = [:]
        tree.walk { found[$0] = $1 }
        return found
    }

    @Test func `a cgroup is found by the walk and by its number, under the same path`() throws {
        let tree = try CgroupTree(mount)
        let child = try cgroup.make(Array("child".utf8))
        let path = cgroup.shownPath + "/child".utf8
        let found = walked(tree)
        #expect(found[child] == ByteString(path))
        #expect(found[cgroup.id] == ByteString(cgroup.shownPath))
        let byNumber = tree.path(of: child)
        #expect(byNumber == ByteString(path))
    }

    @Test func `a second walk finds what the first one found`() throws {
        let tree = try CgroupTree(mount)
        _ = walked(tree)
        #expect(walked(tree)[cgroup.id] == ByteString(cgroup.shownPath))
    }

    @Test(arguments: [
        Array("with space".utf8), Array("tab\tand\u{1b}[1m".utf8), [0xff, 0xfe, 0x80], Array(" (deleted)".utf8),
        Array("..hidden".utf8), Array(#"back\slash\x2d"#.utf8), Array(repeating: 0x61, count: 255),
        // The kernel has no bound for them but that of the whole path.
        Array(repeating: 0x61, count: 256), Array(repeating: 0x62, count: 3000),
    ])
    // The one byte besides the slash that the kernel accepts in no cgroup's name is the newline.
    func `hostile names come back byte for byte`(name: [UInt8]) throws {
        let tree = try CgroupTree(mount)
        let child = try cgroup.make(name)
        let path = ByteString(cgroup.shownPath + [0x2f] + name)
        #expect(walked(tree)[child] == path)
        let byNumber = tree.path(of: child)
        #expect(byNumber == path)
    }

    @Test func `a path of more than a thousand bytes comes back whole`() throws {
        let tree = try CgroupTree(mount)
        var (names, ids): ([[UInt8]], [CgroupID]) = ([], [])
        defer { for name in names.reversed() { cgroup.remove(name) } }
        for level in 0..<7 {
            let name = (names.last.map { $0 + [0x2f] } ?? []) + Array(repeating: 0x61 + UInt8(level), count: 255)
            ids.append(try cgroup.make(name))
            names.append(name)
        }
        let found = walked(tree)
        for (id, name) in zip(ids, names) {
            let path = ByteString(cgroup.shownPath + [0x2f] + name)
            let byNumber = tree.path(of: id)
            #expect(byNumber == path)
            #expect(found[id] == path)
        }
    }

    @Test func `a removed cgroup has no path any more`() throws {
        let tree = try CgroupTree(mount)
        let child = try cgroup.make(Array("brief".utf8))
        cgroup.remove(Array("brief".utf8))
        let byNumber = tree.path(of: child)
        #expect(byNumber == nil)
        #expect(walked(tree)[child] == nil)
    }

    @Test(arguments: [0, 999_999_999_999, UInt64.max])
    func `a number that no cgroup has is nil`(number: UInt64) throws {
        let tree = try CgroupTree(mount)
        let path = tree.path(of: CgroupID(number))
        let invocation = tree.invocationID(of: CgroupID(number), named: named("/a.service"))
        let name = tree.name(of: CgroupID(number))
        #expect(path == nil)
        #expect(invocation == nil)
        #expect(name == nil)
    }

    @Test func `the root is found as a slash`() throws {
        let tree = try CgroupTree(mount)
        let rootID = tree.rootID
        let root = try #require(rootID)
        let path = tree.path(of: root)
        let isReal = tree.startsAtRealRoot
        #expect(path == "/")
        #expect(walked(tree)[root] == "/")
        #expect(isReal == (root == CgroupID(1)))
    }

    private func named(_ path: ByteString) -> CgroupName {
        CgroupName(path: path, identity: UnitIdentity(cgroupPath: path))
    }

    private let digits = String(repeating: "0123456789abcdef", count: 2)

    /// A folder with the links of a systemd, for `/`.
    private func withLinks(_ links: [String: String], _ body: (String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "ot-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let units = root.appending(path: "run/systemd/units")
        try FileManager.default.createDirectory(at: units, withIntermediateDirectories: true)
        for (unit, target) in links {
            try FileManager.default.createSymbolicLink(
                atPath: units.appending(path: "invocation:\(unit)").path, withDestinationPath: target)
        }
        try body(root.path)
    }

    @Test func `the invocation is what the service manager wrote there, when it is one`() throws {
        let tree = try CgroupTree(mount)
        let child = try cgroup.make(Array("a.service".utf8))
        let path = ByteString(cgroup.shownPath + "/a.service".utf8)
        try withLinks([:]) { root in
            let without = tree.name(of: child, root: root)
            #expect(without == named(path))
            for (text, expected) in [(digits, digits), ("too short", nil)] as [(String, String?)] {
                try cgroup.setAttribute("trusted.invocation_id", text, of: "a.service")
                let name = tree.name(of: child, root: root)
                let invocation = tree.invocationID(of: child, named: named(path), root: root)
                #expect(name?.path == path)
                #expect(name?.invocationID == expected)
                #expect(invocation == expected)
            }
        }
    }

    @Test func `what whom it is delegated to wrote counts only where systemd wrote nothing`() throws {
        let tree = try CgroupTree(mount)
        let child = try cgroup.make(Array("a.service".utf8))
        let other = String(repeating: "f", count: 32)
        try withLinks([:]) { root in
            try cgroup.setAttribute("user.invocation_id", other, of: "a.service")
            let theirs = tree.name(of: child, root: root)
            #expect(theirs?.invocationID == other)
            try cgroup.setAttribute("trusted.invocation_id", digits, of: "a.service")
            let trusted = tree.name(of: child, root: root)
            #expect(trusted?.invocationID == digits)
        }
    }

    @Test func `a link tells the invocation where no attribute does, for as long as the cgroup has the name`() throws {
        let tree = try CgroupTree(mount)
        let (linked, wrong) = (Array("a.scope".utf8), Array("b.scope".utf8))
        let (a, b) = (try cgroup.make(linked), try cgroup.make(wrong))
        let path = ByteString(cgroup.shownPath + "/a.scope".utf8)
        try withLinks(["a.scope": digits, "b.scope": "/etc/passwd"]) { root in
            let unknown = tree.name(of: a, root: root)
            #expect(unknown?.invocationID == digits)
            let known = tree.invocationID(of: a, named: named(path), root: root)
            #expect(known == digits)
            let noID = tree.name(of: b, root: root)
            #expect(noID?.identity.unit == "b.scope")
            #expect(noID?.invocationID == nil)
            let moved = tree.invocationID(of: a, named: named("/elsewhere/a.scope"), root: root)
            #expect(moved == nil)
            cgroup.remove(linked)
            let gone = tree.invocationID(of: a, named: named(path), root: root)
            #expect(gone == nil)
        }
    }

    @Test func `what is below a unit has no attribute of the unit's, but its link`() throws {
        let tree = try CgroupTree(mount)
        let child = try cgroup.make(Array("inner".utf8))
        let path = ByteString(cgroup.shownPath + "/inner".utf8)
        try cgroup.setAttribute("trusted.invocation_id", String(repeating: "e", count: 32), of: "inner")
        var meant = named(path)
        meant.identity = UnitIdentity(cgroupPath: "/a.scope/inner")
        try withLinks(["a.scope": digits]) { root in
            let linked = tree.invocationID(of: child, named: meant, root: root)
            #expect(linked == digits)
        }
    }

    @Test func `looking leaves no descriptor open`() throws {
        let tree = try CgroupTree(mount)
        _ = try cgroup.make(Array("child".utf8))
        let before = Self.descriptorsOfCgroups()
        for _ in 0..<5 {
            _ = walked(tree)
            _ = tree.path(of: cgroup.id)
            _ = tree.path(of: CgroupID(.max))
            _ = tree.name(of: cgroup.id)
        }
        #expect(Self.descriptorsOfCgroups() <= before + 2, "the other tests open theirs meanwhile")
    }

    /// Descriptors of this suite's cgroups only.
    private static func descriptorsOfCgroups() -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.count { name in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
            return target?.contains("otagent-machine-tests") == true
        }
    }
}

@Suite struct CgroupTreeErrorTests {
    @Test func `a mount that is not there is a clear error`() {
        let error = #expect(throws: SystemError.self) { _ = try CgroupTree(CgroupMount(path: "/no/such/mount")) }
        #expect(error?.description == "cannot open /no/such/mount: No such file or directory")
    }
}
