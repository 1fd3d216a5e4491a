import Foundation
import Model
import Synchronization

@testable import Machine

/// A cgroup made for one test; always removed with those that were made in it.
final class TestCgroup {
    private static let made = Mutex(0)

    /// As the mount shows it.
    let shownPath: [UInt8]
    let id: CgroupID
    private let path: ByteString

    init(below mount: ByteString) throws {
        let number = Self.made.withLock { count in
            count += 1
            return count
        }
        shownPath = Array("/otagent-machine-tests-\(getpid())-\(number).slice".utf8)
        path = ByteString(mount.bytes + shownPath)
        id = try Self.make(path)
    }

    deinit {
        for name in Self.children(of: path) { remove(name) }
        _ = path.withCString { rmdir($0) }
    }

    func make(_ name: [UInt8]) throws -> CgroupID { try Self.make(child(name)) }

    func remove(_ name: [UInt8]) { _ = child(name).withCString { rmdir($0) } }

    /// By another program: Swift's Glibc has no setxattr.
    func setAttribute(_ name: String, _ value: String, of child: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c", "import os, sys; os.setxattr(sys.argv[1], sys.argv[2], sys.argv[3].encode())",
            self.child(Array(child.utf8)).lossyText, name, value,
        ]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw SystemError("setxattr", child) }
    }

    private func child(_ name: [UInt8]) -> ByteString { ByteString(path.bytes + [0x2f] + name) }

    private static func make(_ path: ByteString) throws -> CgroupID {
        guard path.withCString({ mkdir($0, 0o755) }) == 0 else { throw SystemError("mkdir", path.lossyText) }
        var status = stat()
        guard path.withCString({ stat($0, &status) }) == 0 else { throw SystemError("stat", path.lossyText) }
        return CgroupID(UInt64(status.st_ino))
    }

    private static func children(of path: ByteString) -> [[UInt8]] {
        guard let directory = path.withCString({ opendir($0) }) else { return [] }
        defer { closedir(directory) }
        var names: [[UInt8]] = []
        while let entry = readdir(directory) {
            guard entry.pointee.d_type == DT_DIR else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name.0) {
                Array(UnsafeRawBufferPointer(start: $0, count: strlen($0)))
            }
            if name != [0x2e], name != [0x2e, 0x2e] { names.append(name) }
        }
        return names
    }
}
