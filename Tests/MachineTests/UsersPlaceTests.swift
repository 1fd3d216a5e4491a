import Dispatch
import Foundation
import Model
import Testing

@testable import Machine

/// What a user may lead to; a folder below /tmp stands for what there is.
@Suite(.enabled(if: getuid() == 0, "only root can give files away")) struct UsersPlaceTests {
    private let tree: StateTree
    private let user: UInt32 = 54_321

    init() throws { tree = try StateTree() }

    private func write(_ path: String, owner: UInt32, mode: mode_t = 0o600) throws {
        try tree.write(path, "text")
        try #require(chown(tree.path(path), owner, 0) == 0 && chmod(tree.path(path), mode) == 0)
    }

    private func link(_ path: String, to target: String, owner: UInt32) throws {
        try #require(symlink(target, tree.path(path)) == 0 && lchown(tree.path(path), owner, 0) == 0)
    }

    private static func isNothing(_ path: ByteString, _ user: UInt32) -> Bool { UsersPlace(path, of: user) == nil }

    private func names(_ path: String, limit: Int = 10) -> [ByteString]? {
        UsersPlace(ByteString(tree.path(path)), of: user)?.names(limit: limit)
    }

    private func contents(_ path: String, limit: Int = 100) -> String? {
        UsersPlace(ByteString(tree.path(path)), of: user)?.contents(limit: limit).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @Test func `a file is read that is the user's, or root's for all to read`() throws {
        try write("/mine", owner: user)
        try write("/roots", owner: 0, mode: 0o644)
        try write("/secret", owner: 0)
        try write("/others", owner: user + 1, mode: 0o644)
        #expect(
            ["/mine", "/roots", "/secret", "/others", "/none"].map { contents($0) } == ["text", "text", nil, nil, nil])
        #expect(contents("/mine", limit: 3) == nil)
    }

    @Test func `a link of the user's leads to nothing that the user may not see`() throws {
        try write("/closed/open", owner: 0, mode: 0o644)
        chmod(tree.path("/closed"), 0o700)
        try write("/secret", owner: 0)
        try write("/roots", owner: 0, mode: 0o644)
        for (name, target) in [("a", "closed/open"), ("b", tree.path("/secret")), ("c", tree.path("/./x/../roots"))] {
            try link("/\(name)", to: target, owner: user)
        }
        try tree.makeDirectory("/x")
        #expect(["/a", "/b", "/c"].map { contents($0) } == [nil, nil, "text"])
        // Whither root leads, there root wants it to be read.
        try link("/d", to: "closed/open", owner: 0)
        #expect(contents("/d") == "text")
        try link("/loop", to: "loop", owner: user)
        #expect(contents("/loop") == nil)
    }

    @Test func `nothing but a plain file is read`() throws {
        try #require(mkfifo(tree.path("/pipe"), 0o666) == 0)
        for (name, target) in [("null", "/dev/null"), ("proc", "/proc/version"), ("pipe2", "pipe"), ("folder", "/tmp")]
        {
            try link("/\(name)", to: target, owner: user)
        }
        #expect(["/pipe", "/pipe2", "/null", "/proc", "/folder"].map { contents($0) } == [nil, nil, nil, nil, nil])
    }

    @Test func `a folder has names, one that only looks like it has none`() throws {
        try write("/folder/a", owner: user)
        try write("/folder/b", owner: user)
        #expect(names("/folder").map { Set($0) } == ["a", "b"])
        #expect(names("/folder", limit: 1)?.count == 1)
        #expect(names("/folder/a") == [])
        #expect(names("/folder/a/b") == nil)
    }

    @Test func `a mount of another file system is entered when it is a local one`() throws {
        try tree.makeDirectory("/mounted")
        try #require(mount("tmpfs", tree.path("/mounted"), "tmpfs", 0, "size=64k,mode=755") == 0)
        defer { umount2(tree.path("/mounted"), Int32(MNT_DETACH)) }
        try write("/mounted/mine", owner: user)
        #expect(contents("/mounted/mine") == "text")
    }

    /// As a home on a host that is gone: whoever asks it anything waits for ever.
    @Test(.enabled(if: access("/dev/fuse", R_OK) == 0, "there is no FUSE here"))
    func `a file system that hangs is not waited for, whichever way leads there`() throws {
        try tree.makeDirectory("/silent")
        let server = open("/dev/fuse", O_RDWR | O_CLOEXEC)
        let options = "fd=\(server),rootmode=40000,user_id=0,group_id=0"
        try #require(mount("silent", tree.path("/silent"), "fuse", 0, options) == 0)
        defer {
            umount2(tree.path("/silent"), Int32(MNT_DETACH))
            close(server)
        }
        try link("/link", to: "silent/mine", owner: user)
        let paths = ["/silent", "/silent/mine", "/link"].map { ByteString(tree.path($0)) }
        let (user, done) = (user, DispatchSemaphore(value: 0))
        Thread.detachNewThread {
            for path in paths where Self.isNothing(path, user) { done.signal() }
        }
        for _ in paths { #expect(done.wait(timeout: .now() + 120) == .success) }
    }
}
