import CAlert
import Glibc
import Model

/// A descriptor that is closed with its owner; -1 for none.
struct AlertDescriptor: ~Copyable {
    let number: CInt
    init(_ number: CInt) { self.number = number }
    deinit { if number >= 0 { close(number) } }
}

/// A pipe to or from the program for alerts, whose ends are closed one by one; no end blocks the agent.
final class AlertPipe {
    private(set) var read: CInt
    private(set) var write: CInt
    private var said: [UInt8] = []

    /// Nil with errno set.
    init?() {
        var ends: [CInt] = [-1, -1]
        guard calert_pipe(&ends) == 0 else { return nil }
        (read, write) = (ends[0], ends[1])
    }

    deinit {
        closeRead()
        closeWrite()
    }

    func closeRead() {
        if read >= 0 { close(read) }
        read = -1
    }

    func closeWrite() {
        if write >= 0 { close(write) }
        write = -1
    }

    /// Writes what there is room for; answers the rest, which is nothing when nobody reads any more.
    func feed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        // As much as always fits into a pipe that is ready.
        let count = bytes.prefix(Int(PIPE_BUF)).withUnsafeBytes { Glibc.write(write, $0.baseAddress, $0.count) }
        if count < 0 { return errno == EINTR || errno == EAGAIN ? bytes : [] }
        return bytes.dropFirst(count)
    }

    /// Takes what has come and keeps the beginning of it; closes the end when nothing more can come.
    func listen(atMost most: Int) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(read, &buffer, buffer.count)
        if count > 0 {
            said += buffer[..<count].prefix(max(most - said.count, 0))
        } else if count == 0 || errno != EINTR {
            closeRead()
        }
    }

    /// Takes what is there already, and waits for nothing.
    func listenToTheEnd(atMost most: Int) {
        var ready = pollfd(fd: read, events: Int16(POLLIN), revents: 0)
        while read >= 0, said.count < most, poll(&ready, 1, 0) > 0 { listen(atMost: most) }
    }

    /// What was heard, for the end of a sentence.
    var heard: String {
        let end = said.lastIndex { $0 != UInt8(ascii: "\n") }.map { $0 + 1 } ?? 0
        let text = ByteString(said[..<end]).legible
        return text.isEmpty ? "" : "; it said: \(text)"
    }
}
