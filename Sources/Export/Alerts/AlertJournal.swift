import CAlert
import Glibc
package import Model
import Render
import Synchronization

/// Tells the system's journal of alerts, with a field for each thing that is known.
///
/// Where there is no journal the log gets a line instead.
package final class AlertJournal: AlertOutlet {
    package static var systemSocket: String { "/run/systemd/journal/socket" }

    private let path: String
    private let socket: AlertSocket
    private let counts = Mutex(AlertOutletAccount())
    private let events: @Sendable (AlertEvent) -> Void

    package init(socket path: String = systemSocket, events: @escaping @Sendable (AlertEvent) -> Void) {
        (self.path, self.events) = (path, events)
        socket = AlertSocket()
    }

    package var account: AlertOutletAccount { counts.withLock { $0 } }

    package func send(_ alert: Alert) {
        let bytes = JournalEntry.bytes(of: alert)
        let error = bytes.withUnsafeBytes { bytes in
            bytes.baseAddress.map { calert_send_entry(socket.descriptor, path, $0, bytes.count) } ?? 0
        }
        switch error {
        case 0: counts.withLock { $0.sent += 1 }
        case ENOENT, ECONNREFUSED, EBADF:
            counts.withLock { $0.sent += 1 }
            events(.unheard(JournalEntry.sentence(of: alert)))
        default:
            counts.withLock { $0.failed += 1 }
            events(.notTaken(reason: String(cString: strerror(error))))
        }
    }
}

/// A socket for datagrams; -1 where none could be had.
private struct AlertSocket: ~Copyable, Sendable {
    let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)

    deinit { if descriptor >= 0 { close(descriptor) } }
}
