import Dispatch
import Glibc
import Synchronization

/// A collector on 127.0.0.1 that answers as a script says, one connection after the other; the last answer repeats.
final class FakeCollector: Sendable {
    enum Answer: Sendable {
        case status(Int, headers: [String] = [], bodyBytes: Int = 0)
        /// Reads the request and says nothing until the client gives up.
        case hang
        /// Says 200, then one byte of a long body, then nothing.
        case trickle
        /// Reads the request and resets the connection.
        case reset
    }

    struct Request: Sendable, Equatable {
        var line = ""
        /// Names in lower case.
        var headers: [String: String] = [:]
        var body: [UInt8] = []
    }

    struct NoSocket: Error {}

    let port: UInt16
    private let listener: Int32
    private let stopped = Mutex(false)
    private let requests = Mutex<[Request]>([])
    private let ended = DispatchSemaphore(value: 0)

    init(_ script: [Answer]) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = self.listener
        let isReady = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        guard isReady else { throw NoSocket() }
        DispatchQueue(label: "fake collector").async { self.serve(script) }
    }

    var url: String { "http://127.0.0.1:\(port)/ingest" }
    var received: [Request] { requests.withLock { $0 } }

    /// From now on connections are refused.
    func stop() {
        stopped.withLock { $0 = true }
        shutdown(listener, Int32(SHUT_RDWR))
        ended.wait()
        close(listener)
    }

    private func serve(_ script: [Answer]) {
        var script = script[...]
        while !stopped.withLock({ $0 }) {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { break }
            if let request = read(from: client), let answer = script.first {
                if script.count > 1 { script.removeFirst() }
                requests.withLock { $0.append(request) }
                give(answer, to: client)
            }
            close(client)
        }
        ended.signal()
    }

    private func give(_ answer: Answer, to client: Int32) {
        switch answer {
        case .status(let status, let headers, let bodyBytes):
            let lines = ["HTTP/1.1 \(status) Scripted", "Content-Length: \(bodyBytes)", "Connection: close"] + headers
            write(lines.joined(separator: "\r\n") + "\r\n\r\n", to: client)
            var left = bodyBytes
            while left > 0 {
                let piece = [UInt8](repeating: 0x78, count: min(left, 1 << 16))
                guard send(client, piece, piece.count, Int32(MSG_NOSIGNAL)) > 0 else { return }
                left -= piece.count
            }
        case .hang: waitForEnd(of: client)
        case .trickle:
            write("HTTP/1.1 200 Scripted\r\nContent-Length: 1000\r\n\r\nx", to: client)
            waitForEnd(of: client)
        case .reset:
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        }
    }

    private func write(_ text: String, to client: Int32) {
        let bytes = Array(text.utf8)
        _ = send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    private func waitForEnd(of client: Int32) {
        var byte: UInt8 = 0
        while recv(client, &byte, 1, 0) > 0 {}
    }

    private func read(from client: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            if let request = parse(bytes) { return request }
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    /// The request, once all of it is there.
    private func parse(_ bytes: [UInt8]) -> Request? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        var lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        var request = Request(line: String(lines.removeFirst()))
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            request.headers[line[..<colon].lowercased()] = String(value)
        }
        request.body = Array(bytes[end.upperBound...])
        return request.body.count >= Int(request.headers["content-length"] ?? "0") ?? 0 ? request : nil
    }
}
