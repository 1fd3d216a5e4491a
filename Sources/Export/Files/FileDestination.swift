import Glibc
import Model
import Synchronization
import SystemPackage

/// What the thread that writes a file is told from outside, and what it tells.
final class FileDesk: Sendable {
    struct Tally: Sendable {
        var rotations: UInt64 = 0
        var tornLines: UInt64 = 0
    }

    private let asked = Mutex(false)
    private let counted = Mutex(Tally())

    /// Wishes that the path be opened anew.
    func askToReopen() { asked.withLock { $0 = true } }

    var isAskedToReopen: Bool { asked.withLock { $0 } }

    /// Whether there was a wish since the last time.
    func takeWish() -> Bool {
        asked.withLock { asked in
            defer { asked = false }
            return asked
        }
    }

    func count(_ change: (inout Tally) -> Void) { counted.withLock { change(&$0) } }

    var tally: Tally { counted.withLock { $0 } }
}

/// The file of a `FileSink`, on its thread: opens it, appends to it, and sets it aside when it is full.
final class FileDestination: Destination {
    private static let pauseAfterTrouble: Duration = .seconds(60)
    /// A clock may be set while a timer runs: look at it at least this often.
    private static let longestWait: Duration = .seconds(3600)

    private let path: String
    private let policy: RotationPolicy
    private let folder: ArchiveFolder
    private let desk: FileDesk
    private let clock: () -> Timestamp
    private let events: @Sendable (SinkEvent) -> Void
    /// Called after each rotation; has the new names written to disk, which may take its time.
    private let whenRotated: () -> Void

    private var file: AppendFile?
    /// When the first line of the file was written, as far as that is known; nil when it is empty.
    private var begun: Timestamp?
    /// No rotation is tried before, after one that failed.
    private var pause: ContinuousClock.Instant?

    /// Opens the file, whose directory must be there.
    init(
        options: FileOptions, folder: ArchiveFolder, desk: FileDesk, clock: @escaping () -> Timestamp = { .now },
        events: @escaping @Sendable (SinkEvent) -> Void, whenRotated: @escaping () -> Void
    ) throws(SinkProblem) {
        path = options.path
        policy = RotationPolicy(maxBytes: options.rotateSize, every: options.rotateEvery)
        (self.folder, self.desk, self.clock, self.events) = (folder, desk, clock, events)
        self.whenRotated = whenRotated
        try adopt(try AppendFile(path: path))
    }

    func attempt(_ parcel: Parcel, deadline: () -> ContinuousClock.Instant?) -> Outcome {
        do throws(SinkProblem) {
            try openIfNeeded()
            try rotateIfDue(adding: parcel.body.count)
            try file?.append(parcel.body)
            if begun == nil { begun = clock() }
            return .delivered
        } catch {
            // The bounds may be lower than when the archives were made. What is within them is never taken for room.
            if error.isLackOfRoom { _ = try? folder.prune(at: clock()) }
            return .kept(reason: "\(error)", .untilNext)
        }
    }

    func nextChore(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        if desk.isAskedToReopen { return now }
        let wall = clock()
        guard let begun, let end = policy.end(begun: RotationPolicy.begun(begun, now: wall)) else { return nil }
        let left = Duration.nanoseconds(max(end.nanoseconds - wall.nanoseconds, 0))
        let due = now + min(left, Self.longestWait)
        return pause.map { max($0, due) } ?? due
    }

    func chore() {
        // What keeps the file from being opened is reported with the next batch, which then has to wait for it.
        do throws(SinkProblem) {
            try openIfNeeded()
            try rotateIfDue(adding: 0)
        } catch {
            letGo()
        }
    }

    /// Has the path's own file open: not one that was moved away or removed.
    private func openIfNeeded() throws(SinkProblem) {
        let isWanted = desk.takeWish()
        if !isWanted, file?.isInPlace() == true { return }
        letGo()
        do throws(SinkProblem) {
            try adopt(try AppendFile(path: path))
        } catch {
            guard error.isMissing, makeDirectory() else { throw error }
            try adopt(try AppendFile(path: path))
        }
    }

    private func letGo() {
        file = nil
        begun = nil
    }

    private func adopt(_ opened: consuming AppendFile) throws(SinkProblem) {
        var opened = opened
        let cut = try opened.mendEnd()
        let (size, modified) = try opened.state()
        begun = size > 0 ? modified : nil
        file = consume opened
        guard cut > 0 else { return }
        desk.count { $0.tornLines += 1 }
        events(.mended(path: path, bytes: cut))
    }

    /// The directory was there when the sink began, so it was removed meanwhile; those above it are not ours to make.
    private func makeDirectory() -> Bool {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash > path.startIndex else { return false }
        return mkdir(String(path[..<slash]), 0o750) == 0
    }

    // MARK: Rotation

    private func rotateIfDue(adding: Int) throws(SinkProblem) {
        guard file?.isRegular == true, let size = try file?.state().size else { return }
        let now = clock()
        // Emptied by somebody: copytruncate does that.
        begun = size > 0 ? begun.map { RotationPolicy.begun($0, now: now) } : nil
        guard let cause = policy.cause(size: size, adding: adding, begun: begun, now: now) else { return }
        if let pause, .now < pause { return }
        let archive: String
        do throws(SinkProblem) {
            archive = try folder.take(path, bytes: size, at: now)
            pause = nil
        } catch {
            // Too large a file is better than none.
            pause = .now + Self.pauseAfterTrouble
            return events(.trouble(reason: "\(error); it goes on growing"))
        }
        letGo()
        // From here on the lines are safe, whatever becomes of the new file.
        desk.count { $0.rotations += 1 }
        events(.rotated(archive: archive, cause: cause.rawValue))
        defer { whenRotated() }
        do throws(SinkProblem) {
            file = try AppendFile(path: path, isNew: true)
        } catch {
            // Somebody was quicker.
            guard case .refused(_, _, .fileExists) = error else { throw error }
            try adopt(try AppendFile(path: path))
        }
    }
}

extension SinkProblem {
    fileprivate var isMissing: Bool {
        if case .refused(_, _, .noSuchFileOrDirectory) = self { true } else { false }
    }

    fileprivate var isLackOfRoom: Bool {
        switch self {
        case .torn, .refused(_, _, .noSpace), .refused(_, _, .diskQuotaExceeded): true
        default: false
        }
    }
}
