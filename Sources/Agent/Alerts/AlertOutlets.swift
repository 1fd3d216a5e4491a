internal import Export
internal import Glibc
package import Logging
package import Model
internal import Synchronization

/// The ways out for alerts besides batches: the journal always, and the program of `[alerts] exec` if there is one.
///
/// Nobody waits for either. It must be finished.
package final class AlertOutlets: Sendable {
    private struct Programs {
        var current: AlertProgram?
        /// Those that a reload has replaced, while they end.
        var leaving: [AlertProgram] = []
        /// Of those that have ended.
        var former = AlertOutletAccount()
    }

    /// How long one that a reload has replaced may go on: as long as each run of it may.
    private static var timeToLeave: Duration { .seconds(10) }

    private let journal: AlertJournal
    private let programs: Mutex<Programs>
    private let log: AlertLog
    /// As the kernel's own numbers have it; nil in a pid namespace, where it is another.
    private let ownProcess: Int32? = {
        var status = stat()
        let first: UInt64 = 0xEFFF_FFFC  // PROC_PID_INIT_INO of linux/proc_ns.h
        return stat("/proc/self/ns/pid", &status) == 0 && UInt64(status.st_ino) == first ? getpid() : nil
    }()

    package convenience init(_ settings: AlertSettings, logger: Logger) {
        self.init(settings, logger: logger, journal: AlertJournal.systemSocket)
    }

    init(_ settings: AlertSettings, logger: Logger, journal socket: String) {
        let log = AlertLog(logger)
        self.log = log
        journal = AlertJournal(socket: socket) { log.note($0) }
        programs = Mutex(Programs(current: Self.program(settings, log)))
        noteTrouble(settings)
    }

    /// Before the first alert, which would be the one that is not told.
    private func noteTrouble(_ settings: AlertSettings) {
        if let trouble = AlertProgram.trouble(settings.exec) { log.note(.programFailed(reason: trouble)) }
    }

    private static func program(_ settings: AlertSettings, _ log: AlertLog) -> AlertProgram? {
        settings.exec.isEmpty ? nil : AlertProgram(settings.exec) { log.note($0) }
    }

    package func send(_ alerts: [Alert]) {
        let program = programs.withLock { $0.current }
        for alert in alerts {
            journal.send(alert)
            guard let program else { continue }
            // Else one alert would raise the next, for ever.
            guard let ownProcess, alert.ancestors.contains(ownProcess) else {
                program.send(alert)
                continue
            }
            program.leaveOut()
            log.note(.ownWriter)
        }
    }

    package var journalAccount: AlertOutletAccount { journal.account }

    /// Of all programs since the start; nil when there never was one.
    package var programAccount: AlertOutletAccount? {
        programs.withLock { programs in
            let all = programs.leaving + (programs.current.map { [$0] } ?? [])
            let sum = all.reduce(programs.former) { $0 + $1.account }
            return all.isEmpty && sum == AlertOutletAccount() ? nil : sum
        }
    }

    /// Takes up what a reload has changed.
    package func follow(_ settings: AlertSettings) {
        let leaving: AlertProgram? = programs.withLock { programs in
            guard programs.current?.arguments ?? [] != settings.exec else { return nil }
            let before = programs.current
            programs.current = Self.program(settings, log)
            if let before { programs.leaving.append(before) }
            return before
        }
        log.forget()
        noteTrouble(settings)
        guard let leaving else { return }
        Task {
            let account = await leaving.finish(by: .now + Self.timeToLeave)
            programs.withLock { programs in
                programs.leaving.removeAll { $0 === leaving }
                programs.former = programs.former + account
            }
        }
    }

    /// Lets programs that run or are due come to their end until `deadline`; nothing may be sent afterwards.
    package func finish(by deadline: ContinuousClock.Instant) async {
        let all = programs.withLock { $0.leaving + ($0.current.map { [$0] } ?? []) }
        await withTaskGroup(of: Void.self) { group in
            for program in all { group.addTask { _ = await program.finish(by: deadline) } }
        }
        guard let account = programAccount, account.failed + account.timedOut + account.dropped > 0 else { return }
        log.noteEnd(account)
    }
}

/// Puts what happens to alerts on their way into the log, each kind of trouble once a minute at most.
final class AlertLog: Sendable {
    private static let quiet = Duration.seconds(60)

    private let logger: Logger
    private let last = Mutex<[String: ContinuousClock.Instant]>([:])

    init(_ logger: Logger) { self.logger = logger }

    /// Another program is said anew what the former was said.
    func forget() { last.withLock { $0 = [:] } }

    func noteEnd(_ account: AlertOutletAccount) {
        let (done, dropped) = (account.sent + account.failed + account.timedOut, account.dropped)
        logger.warning(
            """
            the program of [alerts] exec was started \(done) times, failed \(account.failed) times and took too long \
            \(account.timedOut) times; \(dropped) alerts were not handed to it
            """)
    }

    func note(_ event: AlertEvent, at now: ContinuousClock.Instant = .now) {
        let (kind, sentence): (String, String)
        switch event {
        case .unheard(let alert): return logger.warning("\(alert.legible)")
        case .notTaken(let reason): (kind, sentence) = ("journal", "the journal does not take alerts: \(reason)")
        case .programFailed(let reason): (kind, sentence) = ("program", "the program of [alerts] exec: \(reason)")
        case .ownWriter:
            (kind, sentence) = (
                "own", "the program of [alerts] exec raised an alert by what it did, and is not started for that"
            )
        case .dropped(let count):
            (kind, sentence) = (
                "dropped", "the program of [alerts] exec is too slow: \(count) alerts were not handed to it"
            )
        }
        let isDue = last.withLock { last in
            if let before = last[kind], before.duration(to: now) < Self.quiet { return false }
            last[kind] = now
            return true
        }
        if isDue { logger.warning("\(sentence.legible)") }
    }
}
