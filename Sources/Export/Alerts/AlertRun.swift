import CAlert
import Glibc
import Model

/// One run of the program for alerts: from its start until nothing of it is left.
struct AlertRun {
    enum Ending: Equatable {
        case fine
        case timedOut(String)
        case failed(String)

        var reason: String? {
            switch self {
            case .fine: nil
            case .timedOut(let reason), .failed(let reason): reason
            }
        }
    }

    /// How much of what it says on standard error is kept, for the log.
    private static var mostSaid: Int { 512 }
    /// Nothing of the agent's own environment: a name in it may be a secret.
    private static let environment = [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
    ]

    private let arguments: [String]
    private let limits: AlertProgram.Limits
    private let end: AlertProgramEnd

    init(_ arguments: [String], _ limits: AlertProgram.Limits, _ end: AlertProgramEnd) {
        (self.arguments, self.limits, self.end) = (arguments, limits, end)
    }

    func run(_ line: [UInt8]) -> Ending {
        let name = (arguments.first ?? "").legible
        guard let input = AlertPipe(), let said = AlertPipe() else {
            return .failed("cannot start '\(name)': \(Self.reason(errno))")
        }
        var pid = pid_t()
        let error = Self.start(arguments, input: input.read, said: said.write, &pid)
        guard error == 0 else { return .failed("cannot start '\(name)': \(Self.reason(error))") }
        input.closeRead()
        said.closeWrite()
        let process = AlertDescriptor(calert_open_process(pid))
        let outcome = attend(input, said, process.number, line: line, until: .now + limits.time)
        var hasObeyed = false
        if outcome != .ended {
            kill(-pid, SIGTERM)
            hasObeyed = Self.isOver(process.number, within: limits.grace)
        }
        // All that it has left behind goes with it: its number, and so the group's, is its own until it is waited for.
        kill(-pid, SIGKILL)
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        said.listenToTheEnd(atMost: Self.mostSaid)
        let (how, heard) = (hasObeyed ? "ended" : "killed", said.heard)
        switch outcome {
        case .late: return .timedOut("'\(name)' took longer than \(limits.time) and was \(how)\(heard)")
        case .givenUp: return .failed("'\(name)' was \(how) with the agent\(heard)")
        case .ended: break
        }
        let (code, signal) = (status >> 8 & 0xFF, status & 0x7F)
        if signal != 0 { return .failed("'\(name)' was ended by signal \(signal)\(heard)") }
        return code == 0 ? .fine : .failed("'\(name)' ended with \(code)\(heard)")
    }

    private enum Outcome { case ended, late, givenUp }

    /// Feeds it and listens until it has ended, or is to.
    private func attend(
        _ input: AlertPipe, _ said: AlertPipe, _ process: CInt, line: [UInt8], until deadline: ContinuousClock.Instant
    ) -> Outcome {
        var rest = line[...]
        while true {
            let last = end.deadline
            let left = ContinuousClock.now.duration(to: min(deadline, last ?? deadline))
            if left <= .zero { return deadline <= .now ? .late : .givenUp }
            var watched = [
                pollfd(fd: process, events: Int16(POLLIN), revents: 0),
                pollfd(fd: last == nil ? end.descriptor : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: said.read, events: Int16(POLLIN), revents: 0),
                pollfd(fd: rest.isEmpty ? -1 : input.write, events: Int16(POLLOUT), revents: 0),
            ]
            poll(&watched, nfds_t(watched.count), Int32(left / .milliseconds(1)) + 1)
            if watched[2].revents != 0 { said.listen(atMost: Self.mostSaid) }
            if watched[0].revents != 0 || process < 0 && Self.hasEnded(said) { return .ended }
            if watched[3].revents != 0 {
                rest = input.feed(rest)
                // It sees the end of the line, and of the input.
                if rest.isEmpty { input.closeWrite() }
            }
        }
    }

    /// Without a descriptor for the process: whether its standard error was closed, by its end.
    private static func hasEnded(_ said: AlertPipe) -> Bool { said.read < 0 }

    private static func isOver(_ process: CInt, within time: Duration) -> Bool {
        var watched = pollfd(fd: process, events: Int16(POLLIN), revents: 0)
        return poll(&watched, 1, Int32(time / .milliseconds(1))) > 0
    }

    static func reason(_ error: CInt) -> String { String(cString: strerror(error)) }

    private static func start(_ arguments: [String], input: CInt, said: CInt, _ pid: inout pid_t) -> CInt {
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        return calert_start(&words, &variables, input, said, &pid)
    }
}
