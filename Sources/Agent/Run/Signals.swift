internal import Dispatch
internal import Glibc

/// The signals the agent answers to.
package enum Signals {
    package enum Wish: Sendable, Equatable {
        case stop
        case reopen
    }

    /// To be called before anything else in the program, so that no signal finds its default action and no thread
    /// starts without the mask.
    package static func block() {
        var set = set
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// What the blocked signals ask for, from now on.
    package static func wishes() -> AsyncStream<Wish> {
        AsyncStream { continuation in
            let queue = DispatchQueue(label: "signals")
            queue.async {
                while true {
                    var set = set
                    var number: CInt = 0
                    guard sigwait(&set, &number) == 0 else { continue }
                    continuation.yield(number == SIGHUP ? .reopen : .stop)
                }
            }
        }
    }

    private static var set: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, number) }
        return set
    }
}
