import Foundation
import Synchronization

/// A daemon behind a unix socket which says what the test wants; it reads the request, answers, and may not hang up.
final class FakeDaemon: Sendable {
    let path: String
    private let listener: Int32
    private let requested = Requests()

    /// - Parameters:
    ///   - answer: bytes for a request; nil for silence.
    ///   - hangsUp: whether the connection is closed after the answer.
    init(hangsUp: Bool = true, _ answer: @escaping @Sendable (String) -> [UInt8]?) throws {
        path = "/tmp/otagent-daemon-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(listener, 16) == 0 else { throw POSIXError(.EADDRINUSE) }
        let requests = requested
        // The thread owns the descriptors: their numbers are others' as soon as they are closed.
        Thread.detachNewThread {
            var silent: [Int32] = []
            while true {
                let peer = accept(listener, nil, nil)
                if peer < 0 { break }
                var buffer = [UInt8](repeating: 0, count: 4096)
                let got = read(peer, &buffer, buffer.count)
                let request = String(decoding: buffer.prefix(max(got, 0)), as: UTF8.self)
                if !request.isEmpty { requests.note(request) }
                let bytes = answer(request)
                var rest = (bytes ?? [])[...]
                while !rest.isEmpty {
                    let sent = rest.withUnsafeBytes { send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                    if sent <= 0 { break }
                    rest = rest.dropFirst(sent)
                }
                if hangsUp, bytes != nil { close(peer) } else { silent.append(peer) }
            }
            for descriptor in silent + [listener] { close(descriptor) }
        }
    }

    deinit {
        // Wakes the thread, which then ends.
        shutdown(listener, Int32(SHUT_RDWR))
        unlink(path)
    }

    var requests: [String] { requested.all }

    private final class Requests: Sendable {
        private let seen = Mutex<[String]>([])
        var all: [String] { seen.withLock { $0 } }
        func note(_ request: String) { seen.withLock { $0.append(request) } }
    }
}
