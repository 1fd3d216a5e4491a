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

    /// Why there is none, in a sentence that says what to do.
    package struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    package init() throws(Refusal) {
        var trouble: CInt = 0
        for _ in 0..<Self.mostTries {
            let found = Self.places.first(where: Self.hasEvents)
            // Another agent may have mounted it first, which is as good.
            if found == nil, mount(Self.source, Self.usual, "tracefs", 0, nil) != 0, errno != EBUSY {
                throw Self.cannotMount(errno)
            }
            let place = found ?? Self.usual
            let opened = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if opened >= 0, flock(opened, LOCK_SH) == 0, Self.isStill(opened, at: place) {
                (path, directory) = (place, opened)
                isOurs = Self.isSource(of: place, in: (try? readFile("/proc/self/mountinfo")) ?? [])
                return
            }
            if opened < 0 { trouble = errno } else { close(opened) }
        }
        throw Refusal(
            description: trouble == 0
                ? "tracefs at \(Self.usual) is mounted and taken away again and again by others: mount it for good "
                    + "(\(Self.command))"
                : "tracefs is mounted, and \(Self.usual) cannot be opened: \(String(cString: strerror(trouble)))")
    }

    private static var command: String { "mount -t tracefs nodev \(usual)" }

    static func cannotMount(_ error: CInt) -> Refusal {
        // EACCES where the place itself may not be reached.
        guard error != EPERM, error != EACCES else {
            return Refusal(
                description:
                    "tracefs is not mounted, and mounting it takes CAP_SYS_ADMIN, which is missing here: have it "
                    + "mounted by root (\(command)), or use sudo")
        }
        return Refusal(
            description: "tracefs is not mounted, and cannot be at \(usual): \(String(cString: strerror(error)))"
                + (error == ENODEV ? ", as the kernel was built without it" : ""))
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
