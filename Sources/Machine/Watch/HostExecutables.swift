internal import Glibc
internal import Model

/// Which files of the host are executables that rules allow.
struct HostExecutables {
    private struct Found {
        /// Absent when there is no such file.
        var place: ResolvedPlace?
        var device: UInt32?
        var looked: UInt64
        /// Of the mounts, when it was looked for.
        var changes: UInt64
    }

    /// Nanoseconds after which a file is looked for again.
    static let age: UInt64 = 5_000_000_000

    private var found: [ByteString: Found] = [:]
    /// Those that a file system has not answered yet.
    private var asked: [ByteString: PatientLookup] = [:]
    /// How long they are waited for, all together and each at least. What comes later is there the next time; until then only
    /// its path is known.
    private static var patience: (together: Duration, each: Duration) { (.milliseconds(500), .milliseconds(5)) }
    private var waited = Duration.zero
    /// Since when they are, by the clock of `looked`.
    private var waitedSince: UInt64 = 0

    /// Whether the writer runs the host's file of this path, whatever links lead there.
    ///
    /// It does when that is where the host knows its executable, also if a newer one has taken its place since; and when it is
    /// the same file under another name. The path is one of the configuration, so there are not many.
    mutating func isExecutable(
        _ path: ByteString, _ placed: PlacedSighting, on host: borrowing HostMounts, at now: UInt64
    ) -> Bool {
        let found = look(path, host, now)
        if placed.executableHostPaths.contains(found.place?.path ?? path) { return true }
        guard let executable = placed.sighting.writer.executable, let place = found.place else { return false }
        // Numbers of inodes are told apart by subvolume, which nobody reports of a process's executable.
        guard found.device == place.statDevice else { return false }
        return found.device == executable.device && place.inode == executable.inode
    }

    private mutating func look(_ path: ByteString, _ host: borrowing HostMounts, _ now: UInt64) -> Found {
        let hasNews = asked[path]?.answer(within: .zero) != nil
        if !hasNews, let known = found[path], now &- known.looked < Self.age, known.changes == host.changes {
            return known
        }
        let begun = ContinuousClock.now
        let before = asked.removeValue(forKey: path)
        let lookup = before ?? PatientLookup(path, root: host.root)
        let place: ResolvedPlace?
        switch lookup.answer(within: before == nil ? patience(at: now) : .zero) {
        case .found(let answer): place = answer
        case .missing: place = nil
        case nil:
            asked[path] = lookup
            place = found[path]?.place
        }
        let looked = Found(
            place: place, device: place?.place(in: host.table)?.device, looked: now, changes: host.changes)
        found[path] = looked
        waited += begun.duration(to: .now)
        return looked
    }

    private mutating func patience(at now: UInt64) -> Duration {
        if now &- waitedSince >= Self.age { (waited, waitedSince) = (.zero, now) }
        return max(Self.patience.together - waited, Self.patience.each)
    }
}
