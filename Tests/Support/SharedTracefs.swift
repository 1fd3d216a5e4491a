import Machine
import Synchronization

/// Has tracefs mounted as long as anybody in this process needs it; suites of several test targets run side by side.
package final class SharedTracefs: Sendable {
    private struct Held: ~Copyable {
        var users = 0
        var tracefs: Tracefs?
    }

    private static let held = Mutex(Held())

    package static func enter() throws {
        try held.withLock { held in
            if held.users == 0 { held.tracefs = try Tracefs() }
            held.users += 1
        }
    }

    package static func leave() {
        held.withLock { held in
            held.users -= 1
            if held.users == 0 { held.tracefs = nil }
        }
    }
}
