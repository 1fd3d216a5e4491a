import CStart
import Foundation
import Model
import Tracer

/// How the signals were when opentrace was started; signal N is bit N - 1.
enum InheritedSignals {
    static var blocked: UInt64 { cstart_blocked_signals() }
    static var ignored: UInt64 { cstart_ignored_signals() }
}

enum OwnEnd {
    /// Ends as the command did, by the same signal, so that a shell sees the same.
    static func kill(_ number: Int32) -> Never {
        // The core would be that of the tracer.
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        signal(number, SIG_DFL)
        var mask = sigset_t()
        sigemptyset(&mask)
        sigaddset(&mask, number)
        pthread_sigmask(SIG_UNBLOCK, &mask, nil)
        Glibc.kill(getpid(), number)
        pause()
        exit(128 + number)
    }
}

extension ChildEnvironment {
    /// That of opentrace, whatever bytes are in it.
    static var inherited: Self {
        var entries: [ByteString] = []
        var place = environ
        while let entry = place.pointee {
            entries.append(ByteString(UnsafeRawBufferPointer(start: entry, count: strlen(entry))))
            place += 1
        }
        return Self(entries)
    }
}
