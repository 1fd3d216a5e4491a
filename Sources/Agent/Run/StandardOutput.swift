internal import Glibc

/// Where the program puts what was asked for.
package enum StandardOutput {
    /// Writes all of it, and refuses to end as if it had where that cannot be done.
    ///
    /// Whoever reads a pipe may have enough, as head(1) does: that is no failure.
    package static func write(_ text: String) throws(Refusal) {
        var text = text
        let failure = text.withUTF8 { buffer -> CInt in
            var rest = UnsafeRawBufferPointer(buffer)
            while let start = rest.baseAddress, !rest.isEmpty {
                let written = Glibc.write(1, start, rest.count)
                if written >= 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
                } else if errno == EAGAIN {
                    var poll = pollfd(fd: 1, events: CShort(POLLOUT), revents: 0)
                    _ = Glibc.poll(&poll, 1, -1)
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
        guard failure == 0 || failure == EPIPE else {
            throw Refusal(.failed, "cannot write standard output: \(String(cString: strerror(failure)))")
        }
    }
}
