import CCurl
import Foundation
import Glibc
import Model

@testable import Export

/// The events of a sink, to wait on.
struct EventLog: Sendable {
    let stream: AsyncStream<SinkEvent>
    let record: @Sendable (SinkEvent) -> Void

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: SinkEvent.self)
        self.stream = stream
        record = { continuation.yield($0) }
    }

    /// Everything up to the first event that fits, that included; the suite's time limit ends a vain wait.
    @discardableResult func upTo(_ isWanted: (SinkEvent) -> Bool) async -> [SinkEvent] {
        var seen: [SinkEvent] = []
        for await event in stream {
            seen.append(event)
            if isWanted(event) { break }
        }
        return seen
    }

    @discardableResult func upToDelivery(of id: String) async -> [SinkEvent] {
        await upTo { if case .delivered(id, _) = $0 { true } else { false } }
    }

    /// Reason and delay of the next failed attempt.
    func nextRetry() async -> (reason: String, delay: Duration?)? {
        for await event in stream {
            if case .retrying(let reason, let delay) = event { return (reason, delay) }
        }
        return nil
    }
}

/// A directory of its own for a test.
final class Directory {
    let path: String

    /// - Parameter inMemory: where the machine has a file system for that: for tests that would wait for a disk.
    init(inMemory: Bool = false) throws {
        let place = inMemory && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()
        path = place + "/export-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String, _ text: String? = nil) throws -> String {
        let file = path + "/" + name
        if let text { try text.write(toFile: file, atomically: true, encoding: .utf8) }
        return file
    }
}

func text(of path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
}

func payload(_ number: Int, rows: Int = 3, body: String? = nil, format: BatchFormat = .ndjson) -> Payload {
    Payload(id: "here-\(number)", format: format, body: Array((body ?? "{\"n\":\(number)}\n").utf8), rows: rows)
}

func gunzipped(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: 8 << 20)
    return input.withUnsafeMutableBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
            (stream.next_in, stream.avail_in) = (input.baseAddress, uInt(input.count))
            (stream.next_out, stream.avail_out) = (output.baseAddress, uInt(output.count))
            guard inflate(&stream, Z_FINISH) == Z_STREAM_END else { return nil }
            return Array(output[..<Int(stream.total_out)])
        }
    }
}

extension SinkAccount {
    var rows: UInt64 { deliveredRows + rejectedRows + droppedRows + corruptRows + waitingRows }
    var payloads: UInt64 {
        deliveredPayloads + rejectedPayloads + droppedPayloads + corruptPayloads + waitingPayloads
    }
    /// The identity of docs/delivery.md.
    var adds: Bool {
        createdRows + foundRows == rows && createdPayloads + foundPayloads + splitPayloads == payloads
    }
}

extension HTTPSink {
    /// One whose batches wait in memory.
    convenience init(
        name: String, options: HTTPOptions, version: String, events: @escaping @Sendable (SinkEvent) -> Void
    ) throws(SinkProblem) {
        try self.init(name: name, options: options, version: version, spool: nil, events: events)
    }

    func accept(_ payloads: [Payload]) { accept(payloads, sequence: 1, window: window(1)) }
}

/// The window of that number, of ten seconds each.
func window(_ number: Int64) -> Window {
    let second: Int64 = 1_000_000_000
    let start = 1_795_000_000 * second + number * 10 * second
    return Window(
        start: Timestamp(nanoseconds: start), end: Timestamp(nanoseconds: start + 10 * second), seconds: 10)
}

extension ContinuousClock.Instant {
    static func after(_ duration: Duration) -> Self { .now + duration }
}
