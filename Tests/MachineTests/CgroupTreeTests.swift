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
        let invocation = tree.invocationID(of: CgroupID(number))
        #expect(path == nil)
        #expect(invocation == nil)
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

    @Test func `the invocation is what the service manager wrote there, when it is one`() throws {
        let tree = try CgroupTree(mount)
        let digits = String(repeating: "0123456789abcdef", count: 2)
        let without = tree.invocationID(of: cgroup.id)
        #expect(without == nil)
        for (text, expected) in [(digits, digits), ("too short", nil)] as [(String, String?)] {
            try cgroup.setAttribute("trusted.invocation_id", text)
            let invocation = tree.invocationID(of: cgroup.id)
            #expect(invocation == expected)
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
