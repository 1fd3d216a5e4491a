internal import CLinux
internal import Glibc
internal import Model

/// A file or folder that a user may have put there, or may lead to by links: found without asking another host, which may
/// not answer, and without showing what the user could not see.
///
/// The way is gone step by step, so nobody can change what was looked at already.
struct UsersPlace: ~Copyable {
    let status: stat
    private let descriptor: CInt
    private let user: UInt32

    /// Nil when there is nothing there, or on the way something that is on no local file system, or, once a link of the
    /// user's was followed, a folder that the user may not look into.
    ///
    /// - Parameter isOfProcess: set where a link in /proc leads to what a process has open.
    init?(_ path: ByteString, of user: UInt32, isOfProcess: inout Bool) {
        guard var way = Way(user) else { return nil }
        let hasArrived = way.go(path.bytes)
        isOfProcess = way.isOfProcess
        guard hasArrived, let end = way.takeEnd() else { return nil }
        (descriptor, status, self.user) = (end.descriptor, end.status, user)
    }

    init?(_ path: ByteString, of user: UInt32) {
        var isOfProcess = false
        self.init(path, of: user, isOfProcess: &isOfProcess)
    }

    deinit { close(descriptor) }

    var owner: UInt32 { status.st_uid }
    var size: Int { Int(status.st_size) }

    /// Where it is, and through which mount; nil when that cannot be told.
    var resolved: ResolvedPlace? { ResolvedPlace(opened: descriptor) }

    private var isRegular: Bool { status.st_mode & S_IFMT == S_IFREG }

    /// Whether the user could read it: that it is of the user's group is not enough.
    var isReadable: Bool { owner == user || (owner == 0 && status.st_mode & S_IROTH != 0) }

    /// The bytes of a plain file that the user could read and that has no more than `limit`; else nil.
    func contents(limit: Int) -> [UInt8]? {
        guard isRegular, isReadable, size <= limit, RegularFile.isPlain(descriptor) else { return nil }
        // Not to be waited for: a lease on it may be held by whom it belongs to.
        let opened = open("/proc/self/fd/\(descriptor)", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard opened >= 0 else { return nil }
        defer { close(opened) }
        guard let bytes = try? readFile(opened, "a file", limit: limit + 1), bytes.count <= limit else { return nil }
        return bytes
    }

    /// What is in a folder; nothing when it is none.
    func names(limit: Int) -> [ByteString] {
        let opened = open("/proc/self/fd/\(descriptor)", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)
        guard opened >= 0 else { return [] }
        guard let stream = fdopendir(opened) else {
            close(opened)
            return []
        }
        defer { closedir(stream) }
        return FolderEntries.names(stream, limit: limit)
    }
}

/// The folders from the top down to a place, each open.
private struct Way: ~Copyable {
    private struct Step {
        let descriptor: CInt
        let status: stat
        let name: [UInt8]
    }

    private let user: UInt32
    private var steps: [Step] = []
    /// Whether a link that is not root's was followed: then it is the user who leads.
    private var isLed = false
    private var links = 0
    /// Whether it has come to a link of /proc, which says of each process something else.
    private(set) var isOfProcess = false

    private static var mostLinks: Int { 40 }
    /// PROC_SUPER_MAGIC of linux/magic.h.
    private static var procfs: UInt32 { 0x9fa0 }

    init?(_ user: UInt32) {
        self.user = user
        let top = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        var status = stat()
        guard top >= 0 else { return nil }
        fstat(top, &status)
        steps.append(Step(descriptor: top, status: status, name: []))
    }

    deinit { for step in steps { close(step.descriptor) } }

    /// Whether there was a way to the end.
    mutating func go(_ path: [UInt8]) -> Bool {
        var rest = Array(Self.names(path).reversed())
        while let name = rest.popLast() {
            if name == [UInt8(ascii: "."), UInt8(ascii: ".")] {
                leave(downTo: max(steps.count - 1, 1))
                continue
            }
            guard mayPass, let descriptor = enter(name) else { return false }
            var status = stat()
            guard fstat(descriptor, &status) == 0 else {
                close(descriptor)
                return false
            }
            guard status.st_mode & S_IFMT == S_IFLNK else {
                steps.append(Step(descriptor: descriptor, status: status, name: name))
                continue
            }
            defer { close(descriptor) }
            links += 1
            isOfProcess = clinux_file_system(descriptor) == Self.procfs
            if isOfProcess { return false }
            guard links <= Self.mostLinks, let target = Self.target(descriptor) else { return false }
            if status.st_uid != 0 { isLed = true }
            if target.first == UInt8(ascii: "/") { leave(downTo: 1) }
            rest += Self.names(target).reversed()
        }
        return true
    }

    /// The last step; it is the caller's to close.
    mutating func takeEnd() -> (descriptor: CInt, status: stat)? { steps.popLast().map { ($0.descriptor, $0.status) } }

    /// Whether the user could go on from here.
    private var mayPass: Bool {
        guard isLed, let status = steps.last?.status else { return true }
        return status.st_mode & S_IXOTH != 0 || (status.st_uid == user && status.st_mode & S_IXUSR != 0)
    }

    private func enter(_ name: [UInt8]) -> CInt? {
        guard let last = steps.last else { return nil }
        let opened = ByteString(name).withCString { clinux_open_place(last.descriptor, $0, 0) }
        if opened >= 0 { return opened }
        // Something is mounted there: what, is known without touching it.
        guard errno == EXDEV, let mounts = try? readFile("/proc/self/mountinfo", limit: 64 << 20) else { return nil }
        let path = (steps.map(\.name) + [name]).dropFirst().flatMap { [UInt8(ascii: "/")] + $0 }
        guard MountTypes.isLocal(ByteString(path), mountinfo: mounts) else { return nil }
        let crossed = ByteString(name).withCString { clinux_open_place(last.descriptor, $0, 1) }
        return crossed >= 0 ? crossed : nil
    }

    private mutating func leave(downTo count: Int) {
        while steps.count > count, let step = steps.popLast() { close(step.descriptor) }
    }

    private static func names(_ path: [UInt8]) -> [[UInt8]] {
        path.split(separator: UInt8(ascii: "/")).map { Array($0) }.filter { $0 != [UInt8(ascii: ".")] }
    }

    private static func target(_ link: CInt) -> [UInt8]? {
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            let length = buffer.withMemoryRebound(to: CChar.self) { characters in
                characters.baseAddress.map { readlinkat(link, "", $0, characters.count) } ?? 0
            }
            count = max(length, 0)
        }
        return bytes.isEmpty ? nil : bytes
    }
}
