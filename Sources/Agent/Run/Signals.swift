internal import Dispatch
internal import Glibc

/// The signals the agent answers to.
///
/// They come through a pipe and not by a mask: when the main thread has nothing to do, the concurrency runtime parks it
/// in a sigsuspend that blocks nothing.
package enum Signals {
    package enum Wish: Sendable, Equatable {
        case stop
        /// Read the configuration again and open the files anew; asked for at this time.
        case reload(at: ContinuousClock.Instant)
    }

    private static let numbers = [SIGTERM, SIGINT, SIGHUP]

    /// The two ends of the pipe, made by the first use.
    private static let pipe: (read: CInt, write: CInt) = {
        var ends: [CInt] = [-1, -1]
        Glibc.pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // A handler must never wait: when the pipe is full, the wish in it is as good.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        return (ends[0], ends[1])
    }()

    /// To be called before anything else in the program, so that no signal finds its default action.
    package static func take() {
        _ = pipe
        for number in numbers {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                let before = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(Signals.pipe.write, &byte, 1)
                errno = before
            }
            action.sa_flags = CInt(SA_RESTART)
            sigaction(number, &action, nil)
        }
        signal(SIGPIPE, SIG_IGN)
        // Whoever started us may have had them blocked, and a mask is inherited.
        var mask = sigset_t()
        sigemptyset(&mask)
        for number in numbers { sigaddset(&mask, number) }
        pthread_sigmask(SIG_UNBLOCK, &mask, nil)
    }

    /// Has the signals end the program, as whoever sends them expects where nobody listens to `wishes`; one that came
    /// since `take` ends it now.
    package static func giveBack() {
        for number in numbers { signal(number, SIG_DFL) }
        var (waiting, byte) = (pollfd(fd: pipe.read, events: CShort(POLLIN), revents: 0), 0 as UInt8)
        if poll(&waiting, 1, 0) > 0, read(pipe.read, &byte, 1) == 1 { kill(getpid(), CInt(byte)) }
    }

    /// Leaves alone those that whoever started us had ignored, as `nohup` and shells in the background do.
    ///
    /// - Parameter ignored: signal N is bit N - 1.
    package static func ignore(_ ignored: UInt64) {
        for number in numbers where ignored & 1 << (UInt64(number) - 1) != 0 { signal(number, SIG_IGN) }
    }

    /// What the signals ask for, those since `take` included.
    package static func wishes() -> AsyncStream<Wish> { arrivals { $0 == SIGHUP ? .reload(at: .now) : .stop } }

    /// The signals themselves, by number.
    package static func arrivals() -> AsyncStream<CInt> { arrivals { $0 } }

    private static func arrivals<Element>(_ element: @escaping @Sendable (CInt) -> Element) -> AsyncStream<Element> {
        AsyncStream { continuation in
            DispatchQueue(label: "signals").async {
                var byte: UInt8 = 0
                while true {
                    let count = read(pipe.read, &byte, 1)
                    if count == 1 {
                        continuation.yield(element(CInt(byte)))
                    } else if count == 0 || errno != EINTR {
                        return
                    }
                }
            }
        }
    }
}
