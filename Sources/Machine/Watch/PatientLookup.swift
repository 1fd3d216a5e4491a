internal import Dispatch
internal import Glibc
internal import Model
internal import Synchronization

/// Follows one path on a thread of its own: a file system that does not answer holds up that thread, and nobody else.
final class PatientLookup: Sendable {
    enum Answer: Sendable {
        case found(ResolvedPlace)
        case missing
    }

    private let state = Mutex<Answer?>(nil)
    private let isOver = DispatchSemaphore(value: 0)

    /// - Parameter root: the directory that is `/` for the path; it may be closed meanwhile.
    init(_ path: ByteString, root: CInt) {
        let own = fcntl(root, F_DUPFD_CLOEXEC, 0)
        guard own >= 0 else {
            finish(.missing)
            return
        }
        DispatchQueue(label: "allowed executables").async { [self] in
            let place = ResolvedPlace(path, root: own, waits: true)
            close(own)
            finish(place.map(Answer.found) ?? .missing)
        }
    }

    private func finish(_ answer: Answer) {
        state.withLock { $0 = answer }
        isOver.signal()
    }

    /// Nil when there is none after so long. To be asked by one at a time.
    func answer(within time: Duration) -> Answer? {
        if let answer = state.withLock({ $0 }) { return answer }
        _ = isOver.wait(timeout: .now() + .nanoseconds(Int(time / .nanoseconds(1))))
        return state.withLock { $0 }
    }
}
