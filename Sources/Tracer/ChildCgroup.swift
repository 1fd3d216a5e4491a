internal import Glibc
internal import Machine
package import Model

/// A cgroup for a command and all that comes from it; it is gone when this is.
///
/// What is still in it then goes to where the tracer is: there it would be without it. Its directory is locked as long as the
/// tracer lives, so that another one can tell what was left by one that was killed.
package final class ChildCgroup: Sendable {
    package let id: CgroupID
    package let path: String
    /// The folder and its cgroup.procs, for the child to go in.
    let directory: CInt
    let processesFile: CInt
    private let own: OwnCgroup

    private static let prefix = "opentrace-"
    /// Milliseconds until a process that was killed is gone.
    private static var patience: Int64 { 5_000 }

    private init(_ path: String, directory: CInt, processesFile: CInt, id: CgroupID, own: OwnCgroup) {
        (self.path, self.directory, self.processesFile, self.id, self.own) = (path, directory, processesFile, id, own)
    }

    /// Makes one in the first place where that works, after taking away what tracers that were killed have left there.
    package static func make(near own: OwnCgroup) throws(TraceRefusal) -> ChildCgroup {
        var reasons: [String] = []
        for place in own.places {
            let folder = place.lossyText
            sweep(folder)
            let path = "\(folder)/\(prefix)\(getpid())"
            // One that a process with our number has left, and that the sweep did not get.
            let isNew = mkdir(path, 0o755) == 0
            if !isNew, errno != EEXIST {
                reasons.append("\(folder): \(String(cString: strerror(errno)))")
                continue
            }
            do throws(TraceRefusal) {
                return try take(path, own: own)
            } catch {
                if isNew { rmdir(path) }
                reasons.append(error.description)
            }
        }
        throw TraceRefusal(.host, reasons.joined(separator: "; "))
    }

    private static func take(_ path: String, own: OwnCgroup) throws(TraceRefusal) -> ChildCgroup {
        func trouble() -> TraceRefusal { TraceRefusal(.host, "\(path): \(String(cString: strerror(errno)))") }
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard directory >= 0 else { throw trouble() }
        var status = stat()
        let processes = openat(directory, "cgroup.procs", O_WRONLY | O_CLOEXEC)
        guard processes >= 0, flock(directory, LOCK_EX | LOCK_NB) == 0, fstat(directory, &status) == 0 else {
            let error = trouble()
            close(directory)
            if processes >= 0 { close(processes) }
            throw error
        }
        // Such as "domain invalid" in a threaded one: no process can go in.
        if let type = try? readFile("\(path)/cgroup.type"), !type.elementsEqual("domain\n".utf8) {
            close(directory)
            close(processes)
            throw TraceRefusal(.host, "\(path): of type \(String(decoding: type.dropLast(), as: UTF8.self))")
        }
        return ChildCgroup(
            path, directory: directory, processesFile: processes, id: CgroupID(UInt64(status.st_ino)), own: own)
    }

    /// Whether it is gone.
    package func remove() -> Bool {
        _ = moveOut()
        Self.remove(path, by: Clock.monotonic + Self.patience * 1_000_000)
        return access(path, F_OK) != 0
    }

    deinit {
        if access(path, F_OK) == 0 { _ = remove() }
        close(directory)
        close(processesFile)
    }

    /// The processes in it and below it.
    package var processes: [Int32] { Self.folders(in: path).flatMap { Self.processes(in: $0) } }

    /// Whether a process is in it or below it; one that has ended does not count.
    package var isPopulated: Bool {
        guard let events = try? readFile("\(path)/cgroup.events") else { return false }
        return String(decoding: events, as: UTF8.self).split(separator: "\n").contains("populated 1")
    }

    /// Ends all that is in it.
    package func kill() {
        // At once, also what is just being made; since 5.14.
        if Self.write("1", to: "\(path)/cgroup.kill") { return }
        for _ in 0..<100 {
            let left = processes
            if left.isEmpty { return }
            for pid in left { Glibc.kill(pid, SIGKILL) }
            sched_yield()
        }
    }

    /// Moves all that is in it to where the tracer is; answers how many processes that were.
    package func moveOut() -> Int {
        var moved: Set<pid_t> = []
        // More may be made meanwhile.
        for _ in 0..<1_000 {
            let left = processes
            if left.isEmpty { break }
            for pid in left {
                for target in [own.path, own.top] where Self.write("\(pid)", to: "\(target.lossyText)/cgroup.procs") {
                    moved.insert(pid)
                    break
                }
            }
        }
        return moved.count
    }

    // MARK: Folders

    /// Takes away those that tracers have left which are there no more, as far as nobody is in them.
    private static func sweep(_ place: String) {
        for name in names(in: place) where name.hasPrefix(prefix) {
            guard let pid = pid_t(name.dropFirst(prefix.count)), Glibc.kill(pid, 0) != 0, errno == ESRCH else {
                continue
            }
            let directory = open("\(place)/\(name)", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard directory >= 0 else { continue }
            // Its tracer may be where other numbers hold.
            if flock(directory, LOCK_EX | LOCK_NB) == 0 { remove("\(place)/\(name)", by: 0) }
            close(directory)
        }
    }

    /// - Parameter deadline: until when to wait for processes that are about to end, by the monotonic clock.
    private static func remove(_ path: String, by deadline: Int64) {
        for folder in folders(in: path).reversed() {
            while rmdir(folder) != 0, errno == EBUSY, Clock.monotonic < deadline { poll(nil, 0, 1) }
        }
    }

    /// The folder and all below it, each before those in it.
    private static func folders(in path: String) -> [String] {
        [path] + names(in: path).flatMap { folders(in: "\(path)/\($0)") }
    }

    private static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            guard entry.pointee.d_type == DT_DIR else { continue }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    private static func processes(in path: String) -> [pid_t] {
        let text = (try? readFile("\(path)/cgroup.procs")) ?? []
        return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { pid_t($0) }.filter { $0 > 0 }
    }

    private static func write(_ text: String, to path: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return text.withCString { Glibc.write(descriptor, $0, strlen($0)) } > 0
    }
}
