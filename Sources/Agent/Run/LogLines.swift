internal import Glibc
package import Logging
internal import Synchronization

/// Log lines on standard error: with the time for a person, with a priority for the journal.
package struct LogLines: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level = .info
    let isJournal: Bool

    package init(environment: [String: String]) {
        // The journal names the device and inode of the stream it reads; a redirected one is not the journal.
        var status = stat()
        isJournal = fstat(2, &status) == 0 && environment["JOURNAL_STREAM"] == "\(status.st_dev):\(status.st_ino)"
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let line = Self.line(event.message.description, event.level, time: isJournal ? nil : Self.time)
        Self.write(line)
    }

    /// Lines that a full pipe did not take since the last one it took.
    private static let lost = Mutex(0)

    /// Never waits for long: a reader that has stopped must not stop the agent.
    private static func write(_ line: String) {
        lost.withLock { lost in
            var ready = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
            // A pipe that is ready has room for a page.
            guard line.utf8.count <= 4096 || lost == 0, poll(&ready, 1, 200) > 0 else {
                lost += 1
                return
            }
            let note = lost > 0 ? "(\(lost) lines were lost: nobody read them)\n" : ""
            lost = 0
            _ = (note + line).withCString { Glibc.write(2, $0, strlen($0)) }
        }
    }

    /// One line for each of the text's, so that none passes for an entry of another level; without a time the
    /// journal's.
    static func line(_ text: String, _ level: Logger.Level, time: String?) -> String {
        let start = time.map { "\($0) \(level.word): " } ?? "<\(level.priority)>"
        return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { "\(start)\($0)\n" }
            .joined()
    }

    private static var time: String {
        var now = time_t()
        Glibc.time(&now)
        var parts = tm()
        gmtime_r(&now, &parts)
        let text = [CChar](unsafeUninitializedCapacity: 32) { buffer, count in
            count = buffer.baseAddress.map { strftime($0, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts) } ?? 0
        }
        return String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension Logger.Level {
    /// As in syslog(3).
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    fileprivate var word: String {
        switch self {
        case .notice: "note"
        default: rawValue
        }
    }
}
