import Foundation
import Model
import Testing

@testable import Machine

@Suite struct ReadFileTests {
    private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "otagent-machine-tests-" + UUID().uuidString
        try Data(bytes).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test(arguments: [0, 1, 65535, 65536, 65537, 200_000])
    func `a file is read whole`(size: Int) throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        try withFile(bytes) { path in
            let read = try readFile(path)
            #expect(read == bytes)
        }
    }

    @Test func `a file of /proc is read though it says it is empty`() throws {
        #expect(try readFile("/proc/self/mountinfo").count > 0)
    }

    @Test func `reading stops at the limit, give or take a chunk`() throws {
        try withFile(Array(repeating: 1, count: 300_000)) { path in
            let count = try readFile(path, limit: 100_000).count
            #expect(count >= 100_000 && count < 300_000)
        }
    }

    @Test(arguments: [("/no/such/file", ENOENT, "cannot open"), ("/proc", EISDIR, "cannot read")])
    func `what cannot be read is a clear error`(path: String, errno: CInt, call: String) {
        let error = #expect(throws: SystemError.self) { try readFile(path) }
        #expect(error?.errno == errno)
        #expect(error?.description == "\(call) \(path): \(String(cString: strerror(errno)))")
    }

    @Test func `only a link has a target`() {
        #expect(readLink("/proc/self/cwd") != nil)
        #expect(readLink("/proc") == nil)
        #expect(readLink("/no/such/file") == nil)
    }
}

@Suite struct ExecutableNamesTests {
    private func id(_ inode: UInt64) -> ExecutableID { ExecutableID(device: 1, inode: inode, generation: 0) }

    @Test func `what was learned is known, and the last report wins`() {
        var names = ExecutableNames()
        #expect(names[id(1)] == nil)
        names.learn(id(1), path: "/usr/bin/a")
        names.learn(id(2), path: "/usr/bin/b")
        names.learn(id(1), path: "/usr/bin/c")
        #expect(names[id(1)] == "/usr/bin/c")
        #expect(names[id(2)] == "/usr/bin/b")
    }

    @Test func `at the limit all are forgotten, but not for one that is known`() {
        var names = ExecutableNames(limit: 2)
        names.learn(id(1), path: "/1")
        names.learn(id(2), path: "/2")
        names.learn(id(2), path: "/two")
        #expect(names[id(1)] == "/1")
        names.learn(id(3), path: "/3")
        #expect([1, 2, 3].map { names[id($0)] } == [nil, nil, "/3"])
    }

    @Test func `a running process tells its path, when it still runs that executable`() throws {
        var status = stat()
        #expect(stat("/proc/self/exe", &status) == 0)
        let here = ExecutableID(device: 0, inode: UInt64(status.st_ino), generation: 0)
        let path = try #require(readLink("/proc/self/exe"))
        #expect(ExecutableNames.current(here, tgid: getpid()) == ByteString(path))
        #expect(ExecutableNames.current(id(0), tgid: getpid()) == nil)
        #expect(ExecutableNames.current(here, tgid: .max) == nil)
    }
}

@Suite struct HostTests {
    @Test func `host and kernel have names`() throws {
        #expect(!HostNames.hostname.isEmpty)
        let release = try readFile("/proc/sys/kernel/osrelease")
        #expect(Array(HostNames.kernelRelease.utf8) + [0x0a] == release)
    }

    @Test func `the monotonic clock goes on and the wall clock is past 2020`() {
        let first = Clock.monotonic
        #expect(Clock.monotonic >= first)
        #expect(Clock.wall.nanoseconds > 1_577_836_800 * 1_000_000_000)
    }
}
