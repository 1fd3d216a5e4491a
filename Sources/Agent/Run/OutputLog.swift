package import Export
package import Logging
internal import Model
internal import Synchronization

/// Puts what happens to one output into the log, the same trouble once a minute at most.
package final class OutputLog: Sendable {
    private struct Trouble {
        var since: ContinuousClock.Instant
        var repeated = 0
    }

    private static var quiet: Duration { .seconds(60) }

    private let output: String
    private let logger: Logger
    /// By what stays the same between two occurrences; as few as there are reasons.
    private let troubles = Mutex<[String: Trouble]>([:])

    package init(output: String, logger: Logger) { (self.output, self.logger) = (output, logger) }

    package func note(_ event: SinkEvent, at now: ContinuousClock.Instant = .now) {
        switch event {
        case .delivered(let id, let rows):
            logger.debug(line("delivered \(id), \(rows) rows"))
        case .recovered:
            troubles.withLock { $0 = [:] }
            logger.info(line("delivers again"))
        case .retrying(let reason, _):
            trouble("\(reason); the batches are kept and tried again", at: now)
        case .rejected(let id, let rows, let reason):
            trouble("\(reason); given up: \(id), \(rows) rows", key: reason, at: now)
        case .dropped(let payloads, let rows, let first, let reason):
            trouble("\(reason): dropped \(payloads) batches, \(rows) rows, from \(first)", key: reason, at: now)
        case .rotated(let archive, let cause):
            logger.debug(line("began a new file, by \(cause); the old one is '\(archive)'"))
        case .mended(let path, let bytes):
            logger.warning(line("cut a line without an end off '\(path)', \(bytes) bytes"))
        case .trouble(let reason):
            trouble(reason, at: now)
        case .found(let payloads, let rows):
            logger.info(line("\(payloads) batches, \(rows) rows, wait in the spool from before"))
        case .corrupt(let file, let rows, let reason):
            let lost = rows.map { "\($0) rows" } ?? "nobody knows how many rows"
            trouble("set aside \(file) of the spool, \(lost): \(reason)", key: "corrupt: \(reason)", at: now)
        case .notSpooled(let reason):
            trouble("\(reason); what comes is kept in memory as long as there is room", at: now)
        case .split(let id, let reason):
            trouble("\(reason); sent in halves: \(id)", key: reason, at: now)
        case .closed(let reason):
            trouble("\(reason); nothing more goes there", at: now)
        }
    }

    private func trouble(_ sentence: String, key: String? = nil, at now: ContinuousClock.Instant) {
        let key = key ?? sentence
        let suffix: String? = troubles.withLock { troubles in
            if let known = troubles[key], known.since.duration(to: now) < Self.quiet {
                troubles[key]?.repeated += 1
                return nil
            }
            let repeated = troubles[key]?.repeated ?? 0
            troubles[key] = Trouble(since: now)
            return repeated > 0 ? " (and \(repeated) times since the last such line)" : ""
        }
        if let suffix { logger.warning(line("\(sentence)\(suffix)")) }
    }

    /// Names of files, and what others say, are anybody's: none of them may end the line or steer a terminal.
    private func line(_ sentence: String) -> Logger.Message { "\("output '\(output)': \(sentence)".legible)" }
}
