internal import CSystemd

/// What the service manager is told; nothing happens when there is none.
package enum ServiceNotice {
    package static func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }

    package static func status(_ status: String) { send("STATUS=\(status)") }

    /// A reload has begun; `ready` ends it. The time is what Type=notify-reload asks for.
    package static func reloading(at monotonic: Int64) {
        send("RELOADING=1\nMONOTONIC_USEC=\(monotonic / 1000)")
    }

    package static func alive() { send("WATCHDOG=1") }

    /// - Parameter time: what the end may take, should the manager's own time be shorter.
    package static func stopping(within time: Duration) {
        send("STOPPING=1\nEXTEND_TIMEOUT_USEC=\(Int64(time / .microseconds(1)))")
    }

    private static func send(_ state: String) { sd_notify(0, state) }
}
