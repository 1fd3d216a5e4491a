import Foundation
import Model
import Synchronization
import Testing

/// A cgroup below the real mount, made for one test; always removed with the cgroups in it.
final class Cgroup {
    private static let made = Mutex(0)

    let path: String
    let name: String

    init() throws {
        let number = Self.made.withLock { count in
            count += 1
            return count
        }
        name = "otagent-kernel-tests-\(getpid())-\(number)"
        path = "\(try #require(Self.mount))/\(name)"
        guard mkdir(path, 0o755) == 0 else { throw POSIXError(POSIXError.Code(rawValue: errno) ?? .EIO) }
    }

    deinit {
        try? "1".write(toFile: "\(path)/cgroup.kill", atomically: false, encoding: .utf8)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
            Self.remove("\(path)/\(name)")
        }
        Self.remove(path)
    }

    /// Only folders can be removed here; one whose last process is just ending is busy for a moment.
    private static func remove(_ path: String) {
        let deadline = ContinuousClock.now + .seconds(5)
        while rmdir(path) != 0, errno == EBUSY, ContinuousClock.now < deadline { sched_yield() }
    }

    var id: CgroupID {
        get throws { try Self.id(path) }
    }

    /// Makes `count` cgroups in this one and returns their IDs.
    func makeChildren(_ count: Int, named prefix: String) throws -> [CgroupID] {
        try (0..<count).map { number in
            let child = "\(path)/\(prefix)\(number)"
            guard mkdir(child, 0o755) == 0 else { throw POSIXError(POSIXError.Code(rawValue: errno) ?? .EIO) }
            return try Self.id(child)
        }
    }

    func removeChildren(_ count: Int, named prefix: String) {
        for number in 0..<count { Self.remove("\(path)/\(prefix)\(number)") }
    }

    private static func id(_ path: String) throws -> CgroupID {
        var status = stat()
        guard stat(path, &status) == 0 else { throw POSIXError(POSIXError.Code(rawValue: errno) ?? .EIO) }
        return CgroupID(UInt64(status.st_ino))
    }

    /// Where cgroup2 is mounted: hybrid hosts have it elsewhere than /sys/fs/cgroup.
    static let mount: String? = {
        let text = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") {
            let halves = line.components(separatedBy: " - ")
            if halves.count == 2, halves[1].hasPrefix("cgroup2 ") { return String(halves[0].split(separator: " ")[4]) }
        }
        return nil
    }()
}
