import Dispatch
import Glibc
import Model
import Synchronization

/// Packs the archives of one file on a thread of its own, at a low priority, and clears up after a crash.
///
/// What there is to do it reads from the directory alone. So an agent that is killed at any moment leaves nothing that
/// the next one would not finish, and what one pass missed the next one finds. Once started it must be finished.
final class ArchivePacker: Sendable {
    private struct State {
        /// Set by each wake-up, taken by the thread before it looks.
        var hasNews = true
        /// Whether the thread waits for something to do.
        var isIdle = false
        var isFinishing = false
        var isAbandoned = false
        var ended = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let folder: ArchiveFolder
    private let compression: Compression
    private let events: @Sendable (SinkEvent) -> Void
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    init(folder: ArchiveFolder, compression: Compression, events: @escaping @Sendable (SinkEvent) -> Void) {
        (self.folder, self.compression, self.events) = (folder, compression, events)
    }

    func start() throws(SinkProblem) {
        try SinkThread.start { self.run() }
    }

    /// To be called when there is a new archive.
    func look() {
        state.withLock { $0.hasNews = true }
        wake.signal()
    }

    /// Packs what is there until `deadline`, then leaves the rest to the next start.
    func finish(by deadline: ContinuousClock.Instant) async {
        let isDone = state.withLock { state in
            state.isFinishing = true
            return state.isIdle && !state.hasNews
        }
        // Not a thread of low priority that has nothing to do: on a busy host it would be waited for all the time.
        if isDone { return abandon() }
        wake.signal()
        let alarm = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            self.abandon()
        }
        await withCheckedContinuation { continuation in
            let ended = state.withLock { state in
                if !state.ended { state.waiters.append(continuation) }
                return state.ended
            }
            if ended { continuation.resume() }
        }
        alarm.cancel()
    }

    /// Ends at once: what is half packed is removed by the thread as soon as it notices.
    func abandon() {
        state.withLock { $0.isAbandoned = true }
        wake.signal()
        end()
    }

    private func end() {
        let waiters = state.withLock { state in
            state.ended = true
            defer { state.waiters = [] }
            return state.waiters
        }
        waiters.forEach { $0.resume() }
    }

    // MARK: On the thread

    private func run() {
        // For Linux, zero is the calling thread. Disks that know priorities take theirs from this one. Not the very
        // lowest: on a busy host that would be never, while plain archives take up room.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        while true {
            let (hasNews, isFinishing) = state.withLock { state in
                defer { state.hasNews = false }
                state.isIdle = !state.hasNews && !state.isFinishing
                return (state.hasNews, state.isFinishing)
            }
            if isAbandoned() { return }
            if hasNews {
                do throws(SinkProblem) { try clearUp() } catch { events(.trouble(reason: "\(error)")) }
            } else if isFinishing {
                return end()
            } else {
                wake.wait()
            }
        }
    }

    private func isAbandoned() -> Bool { state.withLock { $0.isAbandoned } }

    private func clearUp() throws(SinkProblem) {
        // What a rotation did to the names; here, because a busy disk would hold up the next write.
        folder.synchronize()
        // First, so that nothing is packed only to be removed.
        let entries = try folder.prune(at: .now)
        var trouble: SinkProblem?
        for entry in entries {
            if isAbandoned() { return }
            // One archive that cannot be packed must not keep the others waiting.
            do throws(SinkProblem) { try settle(entry) } catch { trouble = trouble ?? error }
        }
        if let trouble { throw trouble }
    }

    private func settle(_ entry: ArchiveFolder.Entry) throws(SinkProblem) {
        if entry.has(.unfinished) { try folder.remove(entry.name, .unfinished) }
        guard entry.has(.plain) else { return }
        let plain = folder.path(of: entry.name, .plain)
        if entry.has(.packed) {
            // Killed between the rename and the removal, or else somebody put it there.
            let packed = folder.path(of: entry.name, .packed)
            let isWhole = try unlessGone(plain) { () throws(GzipFile.Failure) in
                try GzipFile.isWhole(packed, of: plain, isAbandoned: isAbandoned)
            }
            guard let isWhole else { return }
            try folder.remove(entry.name, isWhole ? .plain : .packed)
            if isWhole { return }
        }
        guard compression == .gzip else { return }
        let unfinished = folder.path(of: entry.name, .unfinished)
        let packed: Void? = try unlessGone(plain) { () throws(GzipFile.Failure) in
            try GzipFile.pack(plain, to: unfinished, isAbandoned: isAbandoned)
        }
        if packed != nil { _ = try folder.replace(entry.name) }
    }

    /// Nil when nothing is to be done any more: an archive may be removed meanwhile, by the bounds or by a person.
    private func unlessGone<Result>(
        _ plain: String, _ body: () throws(GzipFile.Failure) -> Result
    ) throws(SinkProblem) -> Result? {
        do throws(GzipFile.Failure) { return try body() } catch {
            if error == .abandoned || access(plain, F_OK) != 0 { return nil }
            throw error.problem
        }
    }
}

extension Timestamp {
    /// The wall clock of this host.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
