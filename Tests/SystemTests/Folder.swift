import Foundation
import Glibc

/// A folder for one test, gone when the test is over.
final class Folder {
    let root: URL

    init() throws {
        root = URL(filePath: NSTemporaryDirectory()).appending(path: "ot-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        // Others than root must get in, for the tests that run a program as nobody.
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: root.path)
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    func path(_ name: String) -> String { root.appending(path: name).path }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: path(name), atomically: false, encoding: .utf8)
        return path(name)
    }

    func copy(_ program: String) throws -> String {
        let to = path(URL(filePath: program).lastPathComponent)
        try FileManager.default.copyItem(atPath: program, toPath: to)
        return to
    }
}

/// A small file system in memory, unmounted when the test is over.
final class SmallFileSystem {
    let path: String

    init(in folder: Folder, size: String, named name: String = "small") throws {
        path = folder.path(name)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(size)") == 0 else {
            throw Failure("mount: \(String(cString: strerror(errno)))")
        }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }
}

/// A file system whose server never answers, as that of a host that is gone.
final class SilentFileSystem {
    let path: String
    private let server: Int32

    init(in folder: Folder) throws {
        path = folder.path("silent")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        server = open("/dev/fuse", O_RDWR | O_CLOEXEC)
        let options = "fd=\(server),rootmode=40000,user_id=0,group_id=0"
        guard server >= 0, mount("silent", path, "fuse", 0, options) == 0 else {
            throw Failure("mount: \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        // Whoever waits for an answer gets an error now.
        close(server)
    }
}
