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

    private static func make(_ path: String) throws { try make(Array(path.utf8)) }

    private static func make(_ path: [UInt8]) throws {
        guard mkdir(path.asPath, 0o755) == 0 else {
            throw Failure("mkdir \(String(decoding: path, as: UTF8.self)): \(String(cString: strerror(errno)))")
        }
    }

    /// Makes one in it whose name need not be text; answers its ID and its path from the mount on.
    func make(_ name: [UInt8]) throws -> (id: UInt64, path: [UInt8]) {
        let child = Array(path.utf8) + [UInt8(ascii: "/")] + name
        try Self.make(child)
        var status = stat()
        guard stat(child.asPath, &status) == 0 else { throw Failure("stat: \(String(cString: strerror(errno)))") }
        return (UInt64(status.st_ino), Array(child.dropFirst(try Self.mountPoint().utf8.count)))
    }

    /// The files of a cgroup cannot be deleted, so this removes folders only, from the bottom up.
    private static func remove(_ path: String) {
        try? "1".write(toFile: "\(path)/cgroup.kill", atomically: false, encoding: .utf8)
        remove(Array(path.utf8))
    }

    private static func remove(_ path: [UInt8]) {
        for child in folders(in: path) { remove(path + [UInt8(ascii: "/")] + child) }
        let deadline = ContinuousClock.now + .seconds(5)
        while rmdir(path.asPath) != 0, errno == EBUSY, ContinuousClock.now < deadline { sched_yield() }
    }

    /// Names need not be text.
    private static func folders(in path: [UInt8]) -> [[UInt8]] {
        guard let stream = opendir(path.asPath) else { return [] }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            guard entry.pointee.d_type == DT_DIR else { continue }
            // They may be longer than the field.
            let name = withUnsafePointer(to: &entry.pointee.d_name.0) {
                Array(UnsafeRawBufferPointer(start: $0, count: strlen($0)))
            }
            names.append(name)
        }
        return names.filter { $0 != Array(".".utf8) && $0 != Array("..".utf8) }
    }

    static func folders(in path: String) -> [String] {
        folders(in: Array(path.utf8)).map { String(decoding: $0, as: UTF8.self) }
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

extension [UInt8] {
    /// As system calls take it.
    fileprivate var asPath: [CChar] { map { CChar(bitPattern: $0) } + [0] }
}
