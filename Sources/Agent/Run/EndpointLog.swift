internal import Export
internal import Logging
internal import Model
internal import Synchronization

/// Puts the troubles of the local endpoint into the log, each kind once a minute at most.
final class EndpointLog: Sendable {
    private static let quiet = Duration.seconds(60)

    private let logger: Logger
    private let last = Mutex<[String: ContinuousClock.Instant]>([:])

    init(_ logger: Logger) { self.logger = logger }

    func note(_ event: EndpointEvent, at now: ContinuousClock.Instant = .now) {
        let (kind, sentence) =
            switch event {
            case .noToken(let reason): ("token", "\(reason); nobody is let in as long as there is no token")
            case .noRoom(let reason): ("room", "cannot take a connection: \(reason)")
            }
        let isDue = last.withLock { last in
            if let before = last[kind], before.duration(to: now) < Self.quiet { return false }
            last[kind] = now
            return true
        }
        if isDue { logger.warning("\("local endpoint: \(sentence)".legible)") }
    }
}
