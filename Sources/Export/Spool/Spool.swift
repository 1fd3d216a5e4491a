import Model
import Synchronization
import SystemPackage

/// What waits for one collector: a file for each batch, written before it is sent and removed when it was taken.
///
/// A batch that cannot be written waits in memory within a small bound. Nothing here throws or gives up because of a
/// disk: what cannot be kept is counted.
final class Spool: Sendable {
    private struct Commits {
        var next: UInt64 = 1
        /// Whether the folders are there and were looked through.
        var isOpen = false
    }

    struct Asides {
        var corrupt: AsideFolder
        var rejected: AsideFolder
    }

    static let temporary = ".tmp-"

    let files: any FileOperations
    /// Absent: everything stays in memory.
    let folder: FilePath?
    let caps: SpoolCaps
    /// Never held while a disk is waited for.
    let index = Mutex(SpoolIndex())
    let asides: Mutex<Asides>
    /// Held during a commit, so that they come one after the other.
    private let commits = Mutex(Commits())
    /// Held while a batch leaves the index and its file the folder, outside of commits: no end comes between the two.
    let leaving = Mutex<Void>(())

    /// Takes up what is in the folder, the oldest first.
    ///
    /// - Parameters:
    ///   - wall: tells how old the batches are that are found, with `now`.
    init(
        folder: FilePath?, caps: SpoolCaps, files: any FileOperations = HostFiles(), wall: Timestamp,
        now: ContinuousClock.Instant, events: (SinkEvent) -> Void
    ) {
        (self.folder, self.caps, self.files) = (folder, caps, files)
        let place = folder ?? ""
        asides = Mutex(
            Asides(
                corrupt: AsideFolder(place.appending("corrupt"), cap: caps.asideBytes, files: files),
                rejected: AsideFolder(place.appending("rejected"), cap: caps.asideBytes, files: files)))
        var found: [SinkEvent] = []
        do throws(SinkProblem) {
            try commits.withLock { (commits) throws(SinkProblem) in
                try makeReady(&commits, wall: wall, now: now, &found)
            }
        } catch {
            found = [.notSpooled(reason: error.description)]
        }
        found.forEach(events)
    }

    /// Counts a batch that has no place anywhere.
    func refuse(rows: Int, id: String, reason: String) -> [SinkEvent] {
        index.withLock { $0.createdInVain(rows: rows) }
        return [.dropped(payloads: 1, rows: rows, first: id, reason: reason)]
    }

    /// Makes a batch durable and puts it behind all others; when that cannot be, it is kept in memory.
    func append(_ parcel: Parcel, sequence: UInt64, window: Window) -> [SinkEvent] {
        commits.withLock { commits in
            guard !index.withLock({ $0.ended }) else {
                return refuse(rows: parcel.rows, id: parcel.id, reason: "the output has ended")
            }
            var events: [SinkEvent] = []
            var size: Int?
            let held = SpoolIndex.Held(parcel, sequence: sequence)
            func name() -> SpoolName {
                let place = SpoolPlace(number: commits.next)
                return SpoolName(place: place, rows: parcel.rows, start: window.start, end: window.end)
            }
            if folder != nil {
                do throws(SinkProblem) {
                    try makeReady(&commits, wall: window.end, now: parcel.since, &events)
                    try commitHeld(&events)
                    size = try commit(name(), held, &events)
                } catch {
                    events.append(.notSpooled(reason: error.description))
                }
            }
            let entry = SpoolIndex.Entry(
                name: name(), bytes: size ?? parcel.body.count, since: parcel.since, held: size == nil ? held : nil)
            commits.next += 1
            index.withLock { $0.created(entry) }
            return events + shrink()
        }
    }

    /// Drops what exceeds the caps.
    func shrink() -> [SinkEvent] {
        let (disk, memory) = index.withLock { index in
            (index.shrinkDisk(to: caps.maxBytes), index.shrinkMemory(to: caps.memoryBytes))
        }
        return drop(disk, "the spool is full") + drop(memory, "too much is waiting")
    }

    /// Puts the halves of what is under way where it is: both are durable before it goes.
    func splitUnderWay(into halves: [Parcel]) throws(SinkProblem) -> [SinkEvent]? {
        try commits.withLock { (_) throws(SinkProblem) -> [SinkEvent]? in
            guard let entry = index.withLock({ $0.underWay }) else { return nil }
            guard let places = entry.name.place.halves, halves.count == 2 else {
                throw .unusable("it cannot be halved")
            }
            let sequence = index.withLock { $0.sequenceUnderWay }
            var events: [SinkEvent] = []
            func half(_ parcel: Parcel, at place: SpoolPlace) throws(SinkProblem) -> SpoolIndex.Entry {
                let name = entry.name.moved(to: place, rows: parcel.rows)
                let held = SpoolIndex.Held(parcel, sequence: sequence)
                guard entry.held == nil else {
                    return SpoolIndex.Entry(name: name, bytes: parcel.body.count, since: entry.since, held: held)
                }
                let size = try commit(name, held, &events, usingReserve: true)
                return SpoolIndex.Entry(name: name, bytes: size, since: entry.since, held: nil)
            }
            let first = try half(halves[0], at: places.first)
            let second: SpoolIndex.Entry
            do throws(SinkProblem) { second = try half(halves[1], at: places.second) } catch {
                // Alone it would be taken for a half that was never finished, which it is.
                if let folder, first.held == nil { try? files.remove(folder.appending(first.name.text)) }
                throw error
            }
            guard let whole = index.withLock({ $0.split(into: (first, second)) }) else {
                // The whole is there, and nothing else may be.
                for half in [first, second] { remove(half) }
                return nil
            }
            remove(whole)
            // Before either half goes: a start that finds the whole one must find the second half, too.
            if let folder, whole.held == nil { try? files.syncDirectory(folder) }
            return events + shrink()
        }
    }

    /// Writes what is in memory alone, if the disk takes it now, and drops it otherwise.
    ///
    /// When this returns nothing changes in the folder any more: a successor may look through it.
    func end(_ reason: String) -> [SinkEvent] {
        commits.withLock { commits in
            guard !index.withLock({ $0.ended }) else { return [] }
            var events: [SinkEvent] = []
            if folder != nil, let first = index.withLock({ $0.held.first }) {
                do throws(SinkProblem) {
                    try makeReady(&commits, wall: first.name.end, now: first.since, &events)
                    try commitHeld(&events)
                } catch {
                    events.append(.notSpooled(reason: error.description))
                }
            }
            let lost = leaving.withLock { _ in index.withLock { $0.end() } }
            return events + drop(lost, reason)
        }
    }

    /// Tells of batches that were given up, and takes their files away.
    func drop(_ entries: [SpoolIndex.Entry], _ reason: String) -> [SinkEvent] {
        guard let first = entries.first else { return [] }
        for entry in entries { remove(entry) }
        let rows = entries.reduce(0) { $0 + $1.name.rows }
        let shown = first.held?.parcel.id ?? first.name.window
        return [.dropped(payloads: entries.count, rows: rows, first: shown, reason: reason)]
    }

    /// What is left when this fails is sent once more after the next start, and so known by its key.
    func remove(_ entry: SpoolIndex.Entry) {
        guard let folder, entry.held == nil else { return }
        try? files.remove(folder.appending(entry.name.text))
    }

    // MARK: Commits

    /// Makes the folders and takes up what is in them, unless that is done; what is in memory comes behind it.
    private func makeReady(
        _ commits: inout Commits, wall: Timestamp, now: ContinuousClock.Instant, _ events: inout [SinkEvent]
    ) throws(SinkProblem) {
        guard let folder, !commits.isOpen else { return }
        do throws(Errno) {
            let taken = try takeUp(folder, wall: wall, now: now)
            commits.next = index.withLock { $0.moveHeldBehind(taken.highest) } + 1
            commits.isOpen = true
            events += taken.events
        } catch {
            throw .refused(action: "use", path: folder.string, error)
        }
    }

    private func commitHeld(_ events: inout [SinkEvent]) throws(SinkProblem) {
        for entry in index.withLock({ $0.held }) {
            guard let held = entry.held else { continue }
            let size = try commit(entry.name, held, &events)
            let isThere = index.withLock { $0.committed(entry.name.place, bytes: size) }
            if !isThere, let folder { try? files.remove(folder.appending(entry.name.text)) }
        }
    }

    /// Writes one file; answers what it takes on disk. What fails leaves nothing behind.
    private func commit(
        _ name: SpoolName, _ held: SpoolIndex.Held, _ events: inout [SinkEvent], usingReserve: Bool = false
    ) throws(SinkProblem) -> Int {
        guard let folder else { throw .unusable("there is no spool") }
        let head = SpoolFile.head(of: held.parcel, sequence: held.sequence, name: name)
        let size = SpoolCaps.blocks(head.count + held.parcel.body.count)
        guard size <= caps.maxBytes else { throw .wrongKind(path: folder.string, what: "a batch exceeds max_bytes") }
        if !usingReserve { events += try makeRoom(for: size, in: folder) }
        let temporary = folder.appending(Self.temporary + name.place.text)
        let final = folder.appending(name.text)
        do throws(Errno) {
            let file = try files.create(temporary)
            do throws(Errno) {
                try files.write(head, to: file)
                try files.write(held.parcel.body, to: file)
                try files.sync(file)
            } catch {
                // Never synced again: what failed once may be reported as written the next time.
                files.close(file)
                throw error
            }
            files.close(file)
            try files.rename(temporary, to: final)
            try files.syncDirectory(folder)
            return size
        } catch {
            try? files.remove(temporary)
            try? files.remove(final)
            throw .refused(action: "write to", path: folder.string, error)
        }
    }

    /// Drops the oldest where that leaves enough of the file system to others; without them if it would not.
    private func makeRoom(for size: Int, in folder: FilePath) throws(SinkProblem) -> [SinkEvent] {
        guard let room = try? files.room(at: folder) else { return [] }
        let lost: [SpoolIndex.Entry]? = index.withLock { index in
            let deficit = SpoolCaps.deficit(
                need: size, free: room.free, total: room.total, waiting: index.droppableBytes)
            return deficit.map { $0 == 0 ? [] : index.shrinkDisk(to: index.diskBytes - $0) }
        }
        guard let lost else { throw .wrongKind(path: folder.string, what: "its file system is nearly full") }
        return drop(lost, "its file system is nearly full")
    }
}
