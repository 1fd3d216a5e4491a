import Foundation
import Glibc

/// A socket that takes every connection and answers none.
final class SilentDaemon {
    let path: String
    private let descriptor: Int32

    init(at path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.prefix(bytes.count).copyBytes(from: bytes) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        // The kernel accepts them: who connects cannot tell that nobody takes them from the queue.
        guard bytes.count < 108, bound == 0, listen(descriptor, 64) == 0 else {
            close(descriptor)
            throw Failure("cannot listen at \(path): \(String(cString: strerror(errno)))")
        }
    }

    /// Whether anybody has connected.
    var wasAsked: Bool {
        let taken = accept(descriptor, nil, nil)
        if taken >= 0 { close(taken) }
        return taken >= 0
    }

    deinit {
        close(descriptor)
        unlink(path)
    }
}
