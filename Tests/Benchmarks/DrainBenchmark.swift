import Dispatch
import Export
import Glibc
import Model
import Render

/// A backlog of 2,000 batches on its way to a collector on loopback that says 200 to everything.
func benchmarkDrain() async throws {
    let folder = "/var/tmp/ot-bench-drain-\(getpid())"
    defer { remove(folder) }
    let payloads = BatchRenderer.payloads(largeBatch(units: 20), format: .json, maxBytes: 4 << 20)
    let window = Window(start: now(), end: now(), seconds: 10)
    let filling = try sink(folder, .gzip)
    for sequence in 1...2000 as ClosedRange<UInt64> { filling.accept(payloads, sequence: sequence, window: window) }
    _ = await filling.finish(by: .now)
    let port = try collector()
    let start = ContinuousClock.now
    let draining = try sink(folder, .gzip, url: "http://127.0.0.1:\(port)/")
    let account = await draining.finish(by: .now + .seconds(300))
    let seconds = start.duration(to: .now) / .seconds(1)
    guard account.deliveredPayloads == 2000 else { throw Unmeasurable("not all were delivered", folder) }
    report("take up and deliver one of 2,000 waiting batches (\(Int(2000 / seconds)) a second)", seconds * 1e6 / 2000)
}

/// Answers on one connection after the other, until the program ends; says where.
private func collector() throws -> UInt16 {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            bind(listener, generic, length) == 0 && listen(listener, 16) == 0
                && getsockname(listener, generic, &length) == 0
        }
    }
    guard isListening else { throw Unmeasurable("cannot listen", "127.0.0.1") }
    DispatchQueue.global().async {
        while true { answer(accept(listener, nil, nil)) }
    }
    return UInt16(bigEndian: address.sin_port)
}

private func answer(_ client: Int32) {
    defer { close(client) }
    let said = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
    let (end, word) = (Array("\r\n\r\n".utf8), Array("content-length: ".utf8))
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        while let head = bytes.firstRange(of: end) {
            let lowered = bytes[..<head.lowerBound].map { $0 | 0x20 }
            guard let place = lowered.firstRange(of: word.map { $0 | 0x20 }) else { return }
            let digits = bytes[place.upperBound...].prefix { (0x30...0x39).contains($0) }
            let size = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
            guard bytes.count >= head.upperBound + size else { break }
            bytes.removeFirst(head.upperBound + size)
            _ = send(client, said, said.count, Int32(MSG_NOSIGNAL))
        }
        let count = recv(client, &buffer, buffer.count, 0)
        guard count > 0 else { return }
        bytes += buffer[..<count]
    }
}
