import Dispatch
import Glibc
import SystemPackage

/// A thread of one sink, so that what blocks there, in libcurl or on a disk, blocks nobody else.
enum SinkThread {
    private final class Body {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    /// Runs `body` once on a new detached thread.
    ///
    /// Signals stay with the rest of the process. SIGPIPE is blocked too: TLS libraries write to closed connections,
    /// and that must cost the request, not the program.
    static func start(_ body: sending @escaping () -> Void) throws(SinkProblem) {
        // A thread inherits the mask of its creator: block around the creation, so that there is no moment without.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

        let context = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let error = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard error == 0 else {
            context.release()
            throw .noThread(Errno(rawValue: error))
        }
        pthread_detach(thread)
    }
}
