import Export
import Glibc
import Model
import Render

/// A batch of 1,000 units into a spool, and a start that finds 10,000 batches.
func benchmarkSpool() async throws {
    let folder = "/var/tmp/ot-bench-spool-\(getpid())"
    defer { remove(folder) }
    let batch = largeBatch(units: 1000)
    // Rendering is another part: here is what follows it.
    let payloads = BatchRenderer.payloads(batch, format: .json, maxBytes: 4 << 20)
    let (packing, size) = try await spooling(payloads, .gzip, folder)
    // The same without packing: a body as large as the packed one, and as hard to pack.
    let packed = Payload(
        id: "bench-1", format: .json, body: (0..<size).map { _ in .random(in: .min ... .max) }, rows: 1000)
    let (committing, _) = try await spooling([packed], .none, folder)
    report("commit a packed batch of 1,000 units, \(size) bytes", committing)
    report("pack and commit it", packing)
    let filling = try sink(folder, .none)
    let small = [Payload(id: "bench-1", format: .json, body: Array("{}\n".utf8), rows: 1)]
    let window = Window(start: Timestamp(nanoseconds: 0), end: now(), seconds: 10)
    var times: [Double] = []
    for sequence in 1...10_000 as ClosedRange<UInt64> {
        let start = ContinuousClock.now
        filling.accept(small, sequence: sequence, window: window)
        times.append(start.duration(to: .now) / .microseconds(1))
    }
    report("spool a small batch", times.sorted()[times.count / 2])
    _ = await filling.finish(by: .now)
    var starts: [Double] = []
    for _ in 0..<5 {
        let start = ContinuousClock.now
        let found = try sink(folder, .none)
        starts.append(start.duration(to: .now) / .microseconds(1))
        guard found.account.foundPayloads == 10_000 else { throw Unmeasurable("not all were found", folder) }
        _ = await found.finish(by: .now)
    }
    report("a start finds 10,000 batches", starts.sorted()[starts.count / 2])
}

/// The median of many commits, and how large each file was.
private func spooling(
    _ payloads: [Payload], _ compression: Compression, _ folder: String
) async throws -> (microseconds: Double, bytes: Int) {
    let sink = try sink(folder, compression)
    defer { remove(folder) }
    let window = Window(start: now(), end: now(), seconds: 10)
    var times: [Double] = []
    for sequence in 1...101 as ClosedRange<UInt64> {
        let start = ContinuousClock.now
        sink.accept(payloads, sequence: sequence, window: window)
        times.append(start.duration(to: .now) / .microseconds(1))
    }
    let account = await sink.finish(by: .now)
    guard account.spooledPayloads == 101 else { throw Unmeasurable("not everything was spooled", folder) }
    return (times.sorted()[times.count / 2], Int(account.spooledBytes) / 101)
}

/// By itself to where nobody listens.
func sink(_ folder: String, _ compression: Compression, url: String = "http://127.0.0.1:1/") throws -> HTTPSink {
    var options = HTTPOptions(url: url)
    options.compression = compression
    options.retry.initial = .seconds(60)
    options.spool.maxBytes = 1 << 30
    return try HTTPSink(name: "bench", options: options, version: "bench", spool: folder) { _ in }
}

func now() -> Timestamp {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Timestamp(nanoseconds: Int64(now.tv_sec) * 1_000_000_000)
}

func largeBatch(units: Int) -> Batch {
    var counters = Counters()
    for position in 0..<Counters.count { counters[position] = UInt64(position * 7919) }
    let rows = (0..<units).map { number in
        UnitRow(
            identity: UnitIdentity(cgroupPath: ByteString("/system.slice/bench-\(number).service")),
            cgroup: nil, path: nil, counters: counters)
    }
    return Batch(
        sequence: 1, agent: AgentIdentity(version: "1", instance: "bench", backend: "tracepoint", started: now()),
        host: HostIdentity(name: "bench", id: nil, kernel: "6"),
        window: Window(start: now(), end: now(), seconds: 10),
        coverage: Coverage(notSeen: [], absent: [], attached: 1, missing: []), loss: Loss(), ownActivity: counters,
        rows: rows)
}

/// The folder with the files in it, two levels deep, as a spool has them.
func remove(_ folder: String) {
    guard let directory = opendir(folder) else { return }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append("\(folder)/\(name)") }
    }
    closedir(directory)
    for name in names where unlink(name) != 0 { remove(name) }
    rmdir(folder)
}
