internal import Dispatch
internal import Glibc
internal import Render

/// The terminal of a full-screen program: key by key and without echo, as it was before when it is let go of.
struct Terminal: ~Copyable {
    enum Event: Sendable {
        case key(TopView.Key)
        case resized
        /// Nobody can type any more.
        case ended
    }

    private let before: termios

    /// Whether both ends are one.
    static var isThere: Bool { isatty(0) == 1 && isatty(1) == 1 }

    init() {
        var settings = termios()
        tcgetattr(0, &settings)
        before = settings
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
        tcsetattr(0, TCSAFLUSH, &settings)
        // The other screen, without a cursor.
        Self.write("\u{1b}[?1049h\u{1b}[?25l")
    }

    deinit {
        Self.write("\u{1b}[?25h\u{1b}[?1049l")
        var before = before
        tcsetattr(0, TCSAFLUSH, &before)
    }

    /// In characters; a terminal that does not say has 80 by 24.
    static var size: (columns: Int, lines: Int) {
        var size = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Draws a whole screen, over what is there, so that nothing flickers.
    static func draw(_ lines: [String]) {
        write("\u{1b}[H" + lines.map { $0 + "\u{1b}[K" }.joined(separator: "\r\n") + "\u{1b}[J")
    }

    private static func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
            if count < 0 && errno != EINTR { return }
            bytes = bytes.dropFirst(max(count, 0))
        }
    }

    // MARK: - Events

    /// The two ends of the pipe through which SIGWINCH comes.
    private static let pipe: (read: CInt, write: CInt) = {
        var ends: [CInt] = [-1, -1]
        Glibc.pipe(&ends)
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        return (ends[0], ends[1])
    }()

    static func events() -> AsyncStream<Event> {
        _ = pipe
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in
            let before = errno
            var byte: UInt8 = 0
            _ = Glibc.write(Terminal.pipe.write, &byte, 1)
            errno = before
        }
        action.sa_flags = CInt(SA_RESTART)
        sigaction(SIGWINCH, &action, nil)
        return AsyncStream { continuation in
            DispatchQueue(label: "terminal").async {
                var buffer = [UInt8](repeating: 0, count: 64)
                while true {
                    var waiting = [
                        pollfd(fd: 0, events: CShort(POLLIN), revents: 0),
                        pollfd(fd: pipe.read, events: CShort(POLLIN), revents: 0),
                    ]
                    guard poll(&waiting, 2, -1) > 0 else { continue }
                    if waiting[1].revents != 0 {
                        while read(pipe.read, &buffer, buffer.count) == buffer.count {}
                        continuation.yield(.resized)
                    }
                    guard waiting[0].revents != 0 else { continue }
                    let count = read(0, &buffer, buffer.count)
                    guard count > 0 else {
                        continuation.yield(.ended)
                        return
                    }
                    for key in Self.keys(Array(buffer[..<count])) { continuation.yield(.key(key)) }
                }
            }
        }
    }

    /// What was typed; sequences come whole, as a terminal sends them at once.
    static func keys(_ bytes: [UInt8]) -> [TopView.Key] {
        let sequences: [(String, TopView.Key)] = [
            ("\u{1b}[A", .up), ("\u{1b}[B", .down), ("\u{1b}OA", .up), ("\u{1b}OB", .down), ("\u{1b}[5~", .pageUp),
            ("\u{1b}[6~", .pageDown), ("\u{1b}[H", .home), ("\u{1b}[1~", .home), ("\u{1b}OH", .home),
        ]
        var keys: [TopView.Key] = []
        var rest = bytes[...]
        while let first = rest.first {
            if let (text, key) = sequences.first(where: { rest.starts(with: $0.0.utf8) }) {
                keys.append(key)
                rest = rest.dropFirst(text.utf8.count)
                continue
            }
            let length = (1...4).first { String(validating: rest.prefix($0), as: UTF8.self) != nil } ?? 1
            switch first {
            case 0x0D, 0x0A: keys.append(.enter)
            case 0x7F, 0x08: keys.append(.backspace)
            case 0x1B:
                // One that is not known is none of its letters.
                if rest.count > 1 { return keys }
                keys.append(.escape)
            case 0..<0x20: break
            default:
                if let text = String(validating: rest.prefix(length), as: UTF8.self), let character = text.first {
                    keys.append(.character(character))
                }
            }
            rest = rest.dropFirst(length)
        }
        return keys
    }
}
