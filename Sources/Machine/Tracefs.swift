internal import Glibc

/// Where the kernel shows its tracepoints; mounted when nobody else has mounted it, and taken away by the last agent to go.
///
/// Several agents may come and go at once, such as a doctor beside a running one: each holds a shared lock on the directory as
/// long as this lives, and what bears our name as its source is unmounted by whoever gets the lock for itself.
package struct Tracefs: ~Copyable {
    /// The directory that has `events`.
    package let path: String
    /// Whether an agent has mounted it.
    package let isOurs: Bool
    private let directory: CInt

    private static let usual = "/sys/kernel/tracing"
    // libbpf prefers the other one if it may go there: as good, for what agents mount and take away is never that one.
    private static let places = [usual, "/sys/kernel/debug/tracing"]
    private static let source = "otagent"
    /// It may go between the look and the lock, each time.
    private static var mostTries: Int { 100 }

    package init() throws(SystemError) {
        for _ in 0..<Self.mostTries {
            let found = Self.places.first(where: Self.hasEvents)
            // Another agent may have mounted it first, which is as good.
            if found == nil, mount(Self.source, Self.usual, "tracefs", 0, nil) != 0, errno != EBUSY {
                throw SystemError("cannot mount tracefs (try: mount -t tracefs nodev \(Self.usual)) at", Self.usual)
            }
            let place = found ?? Self.usual
            let opened = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if opened >= 0, flock(opened, LOCK_SH) == 0, Self.isStill(opened, at: place) {
                (path, directory) = (place, opened)
                isOurs = Self.isSource(of: place, in: (try? readFile("/proc/self/mountinfo")) ?? [])
                return
            }
            if opened >= 0 { close(opened) }
        }
        throw SystemError("cannot keep tracefs at", Self.usual)
    }

    deinit {
        if isOurs, flock(directory, LOCK_EX | LOCK_NB) == 0 { umount2(path, CInt(MNT_DETACH)) }
        close(directory)
    }

    /// Not by access(2): that asks for the real user, and leaves capabilities out.
    private static func hasEvents(_ place: String) -> Bool {
        var status = stat()
        return stat("\(place)/events", &status) == 0
    }

    private static func isStill(_ opened: CInt, at place: String) -> Bool {
        var (held, named) = (stat(), stat())
        return hasEvents(place) && fstat(opened, &held) == 0 && stat(place, &named) == 0
            && held.st_dev == named.st_dev && held.st_ino == named.st_ino
    }

    /// Whether the mount at `place` that was made last says that it comes from an agent.
    static func isSource(of place: String, in mountinfo: [UInt8]) -> Bool {
        let mounts = mountinfo.split(separator: UInt8(ascii: "\n")).map { line in
            line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        }
        let last = mounts.last { $0.count > 4 && $0[4].elementsEqual(place.utf8) }
        guard let last, let dash = last.firstIndex(of: [UInt8(ascii: "-")]), dash + 2 < last.count else { return false }
        return last[dash + 1].elementsEqual("tracefs".utf8) && last[dash + 2].elementsEqual(source.utf8)
    }
}
