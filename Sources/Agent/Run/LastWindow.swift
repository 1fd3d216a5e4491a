internal import Glibc
internal import Model
internal import Synchronization

/// When the last window of all agents on this state directory ended, kept in a file there: the next start's first window
/// says how long nobody counted.
///
/// Fixed in size and written in place by one call, so it is whole after a kill; after a crash of the machine it may be
/// older or unreadable, and then nothing is said.
struct LastWindow: ~Copyable {
    private let file: CInt

    /// Width of nanoseconds since 1970 in decimal.
    private static var digits: Int { 20 }

    /// Opens the file in `directory`, or makes it; without it nothing is remembered.
    init(in directory: String) {
        file = open("\(directory)/last-window", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
    }

    deinit { if file >= 0 { close(file) } }

    /// The end of the last window; nil when there was none, or nobody knows.
    var end: Timestamp? {
        var bytes = [UInt8](repeating: 0, count: Self.digits + 2)
        let count = pread(file, &bytes, bytes.count, 0)
        guard count == Self.digits + 1, bytes[Self.digits] == UInt8(ascii: "\n") else { return nil }
        return Int64(String(decoding: bytes[..<Self.digits], as: UTF8.self)).map { Timestamp(nanoseconds: $0) }
    }

    func note(_ end: Timestamp) {
        let number = String(max(end.nanoseconds, 0))
        let line = String(repeating: "0", count: max(Self.digits - number.utf8.count, 0)) + number + "\n"
        _ = line.withCString { pwrite(file, $0, strlen($0), 0) }
    }
}

/// Notes the end of each window, by whoever closes it.
final class WindowEnds: Sendable {
    private let lastWindow: Mutex<LastWindow>

    init(_ lastWindow: consuming LastWindow) { self.lastWindow = Mutex(lastWindow) }

    func note(_ window: Window) { lastWindow.withLock { $0.note(window.end) } }
}
