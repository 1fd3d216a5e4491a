internal import Glibc

/// Where rows go: a file that was opened with care, or standard output.
///
/// A file is only emptied by `begin`: when nothing comes of the trace, the one that was there is as it was, and one that was
/// made here is gone after `discard`.
package final class TraceOutput: Sendable {
    /// What became of bytes that were to be written.
    package enum Written: Sendable, Equatable {
        case whole
        /// The reader has closed the pipe.
        case nobodyReads
        /// The reader is too slow, and will not be waited for.
        case notTaken
        /// With what the system said.
        case failed(String)
    }

    /// For people.
    package let name: String
    package let isTerminal: Bool
    let descriptor: CInt
    let isRegular: Bool
    private let path: String?
    /// The file that was made here.
    private let made: FileIdentity?

    struct FileIdentity: Sendable, Equatable {
        let device: UInt
        let inode: UInt

        init(_ status: stat) { (device, inode) = (UInt(status.st_dev), UInt(status.st_ino)) }
    }

    /// Takes the descriptor over, but for that of standard output.
    init(_ descriptor: CInt, name: String, path: String?, isNew: Bool) {
        var status = stat()
        fstat(descriptor, &status)
        (self.descriptor, self.name, self.path) = (descriptor, name, path)
        isRegular = status.st_mode & S_IFMT == S_IFREG
        isTerminal = isatty(descriptor) == 1
        made = isNew ? FileIdentity(status) : nil
    }

    package static var standardOutput: TraceOutput { TraceOutput(1, name: "standard output", path: nil, isNew: false) }

    deinit { if path != nil { close(descriptor) } }

    /// Whether `descriptor` is the same terminal.
    package func isTerminal(of descriptor: CInt) -> Bool {
        var (own, other) = (stat(), stat())
        return isTerminal && isatty(descriptor) == 1 && fstat(self.descriptor, &own) == 0
            && fstat(descriptor, &other) == 0 && own.st_rdev == other.st_rdev
    }

    /// Empties the file that a new trace replaces.
    package func begin() throws(TraceRefusal) {
        guard path != nil, isRegular, ftruncate(descriptor, 0) != 0 else { return }
        throw TraceRefusal(.failure, "cannot empty \(name): \(String(cString: strerror(errno)))")
    }

    /// Takes away a file that was made here and that nothing came of.
    package func discard() {
        var status = stat()
        guard let path, let made, lstat(path, &status) == 0, FileIdentity(status) == made else { return }
        unlink(path)
    }

    /// The most bytes that a pipe takes without waiting once it has said that it takes any (pipe(7), PIPE_BUF).
    private static var pipeRoom: Int { 4096 }
    /// Milliseconds between two looks at whether the trace is to end.
    private static var patience: CInt { 100 }

    /// Writes all of it. Waits for a reader that is slow, but no longer than until `stop` says to hurry.
    package func write(_ bytes: [UInt8], until stop: StopSign) -> Written {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                if !isRegular, !isReady(until: stop) { return .notTaken }
                // What goes into a file goes in one call; elsewhere a call must not wait, or no signal would be answered.
                let count = isRegular ? rest.count : min(rest.count, Self.pipeRoom)
                let written = Glibc.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest.prefix(count)).baseAddress, count)
                if written >= 0 {
                    rest = rest.dropFirst(written)
                } else if errno == EPIPE {
                    return .nobodyReads
                } else if errno != EINTR, errno != EAGAIN {
                    return .failed(String(cString: strerror(errno)))
                }
            }
            return .whole
        }
    }

    /// Whether somebody has the other end of a pipe open, asked when there is nothing to write.
    package var hasReader: Bool {
        if isRegular { return true }
        var poll = pollfd(fd: descriptor, events: 0, revents: 0)
        return Glibc.poll(&poll, 1, 0) <= 0 || poll.revents & CShort(POLLERR) == 0
    }

    /// Whether half a row can be taken away again. In what standard output is appended to there is more than our rows.
    var canBeCut: Bool { path != nil && isRegular }

    /// Takes away what was written behind a place, such as half a row; where that cannot be done, it stays.
    package func cut(to size: Int64) {
        guard canBeCut, ftruncate(descriptor, Int(size)) == 0 else { return }
        lseek(descriptor, Int(size), SEEK_SET)
    }

    private func isReady(until stop: StopSign) -> Bool {
        var poll = pollfd(fd: descriptor, events: CShort(POLLOUT), revents: 0)
        while true {
            // An error is what the call itself will say.
            if Glibc.poll(&poll, 1, stop.state == .hurry ? 0 : Self.patience) > 0 { return true }
            if stop.state == .hurry { return false }
        }
    }
}
