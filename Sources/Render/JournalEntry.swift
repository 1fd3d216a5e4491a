package import Model

/// An alert as the journal takes it: fields by name, in the protocol of systemd's "Native Journal Protocol".
package enum JournalEntry {
    /// Names the kind of entry: `journalctl MESSAGE_ID=...` finds all alerts.
    package static var messageID: String { "5a8ba3c0e5e1471f9e5e2b1a5e2a6f0d" }

    package static func bytes(of alert: Alert) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in fields(of: alert) { append(name, value, to: &bytes) }
        return bytes
    }

    /// For a person, on one line; no name in it can end the line or steer a terminal.
    package static func sentence(of alert: Alert) -> String {
        let identity = alert.identity
        let who = alert.executable?.legible ?? "[\(alert.comm.legible)]"
        let unit = (identity.userUnit ?? identity.unit ?? identity.slice)?.legible
        let container = identity.container.map { "container \(($0.name ?? $0.id).legible)" }
        let place = [container, unit].compactMap { $0 }.joined(separator: ", ")
        let process = "\(alert.comm.legible), pid \(alert.pid), uid \(alert.uid)"
        let what = "\(alert.operation.name) \(alert.path?.legible ?? "(a path that nobody could tell)")"
        return "\(alert.name.sentence): \(who) (\(process)): \(what) in \(place.isEmpty ? "-" : place) [\(alert.rule)]"
    }

    private static func fields(of alert: Alert) -> [(String, ByteString)] {
        let identity = alert.identity
        let known: [(String, ByteString?)] = [
            ("MESSAGE", ByteString(sentence(of: alert))),
            // A warning, as in syslog(3).
            ("PRIORITY", "4"),
            ("SYSLOG_IDENTIFIER", "otagent"),
            ("MESSAGE_ID", ByteString(messageID)),
            ("OTAGENT_ALERT", ByteString(alert.name.rawValue)),
            ("OTAGENT_ALERT_ID", ByteString(alert.id)),
            ("OTAGENT_RULE", ByteString(alert.rule)),
            ("OTAGENT_TIME", ByteString(alert.time.text)),
            ("OTAGENT_SLICE", identity.slice),
            ("OTAGENT_UNIT", identity.unit),
            ("OTAGENT_USER_UNIT", identity.userUnit),
            ("OTAGENT_CONTAINER", identity.container?.id),
            ("OTAGENT_CONTAINER_NAME", identity.container?.name),
            ("OTAGENT_CONTAINER_IMAGE", identity.container?.image),
            ("OTAGENT_CGROUP", alert.cgroupPath),
            ("OTAGENT_EXE", alert.executable),
            ("OTAGENT_COMM", alert.comm),
            ("OTAGENT_PID", ByteString(String(alert.pid))),
            ("OTAGENT_UID", ByteString(String(alert.uid))),
            ("OTAGENT_OP", ByteString(alert.operation.name)),
            ("OTAGENT_VIA", ByteString(alert.via?.rawValue ?? "syscall")),
            ("OTAGENT_PATH", alert.path),
            ("OTAGENT_PATH_SOURCE", alert.path == nil ? nil : ByteString(alert.pathSource.rawValue)),
            ("OTAGENT_ROOT", ByteString(alert.root.rawValue)),
        ]
        // A field may be there more than once.
        let parents = alert.parents.map { ("OTAGENT_PARENT", $0) }
        return known.compactMap { name, value in value.map { (name, $0) } } + parents
    }

    /// `NAME=value`, or where a line would end in the value its length in 8 bytes, the lowest first.
    private static func append(_ name: String, _ value: ByteString, to bytes: inout [UInt8]) {
        bytes += name.utf8
        if value.bytes.contains(UInt8(ascii: "\n")) {
            bytes.append(UInt8(ascii: "\n"))
            let count = UInt64(value.count)
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: count >> shift))
            }
        } else {
            bytes.append(UInt8(ascii: "="))
        }
        bytes += value.bytes
        bytes.append(UInt8(ascii: "\n"))
    }
}

extension Alert.Name {
    fileprivate var sentence: String {
        switch self {
        case .unexpectedWriter: "unexpected writer"
        case .newWriter: "new writer"
        }
    }
}
