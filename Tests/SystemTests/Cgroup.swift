import Foundation
import Glibc
import Synchronization

/// A cgroup made for one test, always removed with all that is below it.
final class Cgroup {
    private static let made = Mutex(0)

    let name: String
    let path: String
    /// The one that is removed with all that is below it; nil when this is it.
    private let top: Cgroup?

    /// - Parameters:
    ///   - suffix: what its name ends in, such as `.slice`.
    ///   - below: names of further cgroups, one inside the other; `path` is then the innermost.
    init(suffix: String = "", below names: [String] = []) throws {
        let number = Self.made.withLock { count in
            count += 1
            return count
        }
        top = nil
        name = "ot-test-\(getpid())-\(number)\(suffix)"
        var folder = "\(try Self.mountPoint())/\(name)"
        try Self.make(folder)
        for name in names {
            folder += "/\(name)"
            try Self.make(folder)
        }
        path = folder
    }

    /// Further ones in `parent`, one inside the other; some may be there already, for others.
    init(in parent: Cgroup, _ names: [String]) throws {
        (top, name) = (parent, parent.name)
        path = try names.reduce(parent.path) { folder, name in
            let folder = "\(folder)/\(name)"
            if access(folder, F_OK) != 0 { try Self.make(folder) }
            return folder
        }
    }

    /// Takes it away now, as systemd does when a unit ends; another may be made in its place.
    func end() throws {
        Self.remove(path)
        if access(path, F_OK) == 0 { throw Failure("\(path) is still there") }
    }

    deinit {
        if top != nil { return }
        if let top = try? Self.mountPoint() { Self.remove("\(top)/\(name)") }
    }

    private static func make(_ path: String) throws {
        guard mkdir(path, 0o755) == 0 else { throw Failure("mkdir \(path): \(String(cString: strerror(errno)))") }
    }

    /// The files of a cgroup cannot be deleted, so this removes folders only, from the bottom up.
    private static func remove(_ path: String) {
        try? "1".write(toFile: "\(path)/cgroup.kill", atomically: false, encoding: .utf8)
        for child in folders(in: path) { remove("\(path)/\(child)") }
        let deadline = ContinuousClock.now + .seconds(5)
        while rmdir(path) != 0, errno == EBUSY, ContinuousClock.now < deadline { sched_yield() }
    }

    static func folders(in path: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
                && isFolder.boolValue
        }
    }

    /// Where cgroup2 is mounted: hybrid hosts have it elsewhere than /sys/fs/cgroup.
    static func mountPoint() throws -> String {
        for line in try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8).split(separator: "\n") {
            let halves = line.components(separatedBy: " - ")
            if halves.count == 2, halves[1].hasPrefix("cgroup2 ") {
                let fields = halves[0].split(separator: " ")
                return fields[4].replacingOccurrences(of: "\\040", with: " ")
            }
        }
        throw Failure("cgroup2 is not mounted")
    }

    /// The cgroup of this process: where a workload comes from and goes back to.
    static func home() throws -> String {
        for line in try String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8).split(separator: "\n")
        where line.hasPrefix("0::") {
            return try mountPoint() + line.dropFirst(3)
        }
        throw Failure("this process is in no cgroup2")
    }
}
