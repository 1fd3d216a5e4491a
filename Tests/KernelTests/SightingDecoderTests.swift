import KernelABI
import Model
import Testing

@testable import Kernel

/// A record as the programs write it.
private struct Written {
    var event = ot_sighting()
    var pieces: [[UInt8]] = [[], [], [], [], []]

    init() {
        event.header.kind = OT_EVENT_SIGHTED.rawValue
        event.cgroup = 7
        event.watched = UInt8(OT_WATCHED_CREATE.rawValue)
        event.inode = 11
        event.device = 5
    }

    var bytes: [UInt8] {
        var event = event
        (event.name_length, event.path_length) = (UInt16(pieces[0].count), UInt16(pieces[1].count))
        (event.within_length, event.exe_path_length) = (UInt16(pieces[2].count), UInt16(pieces[3].count))
        event.exe_within_length = UInt16(pieces[4].count)
        return withUnsafeBytes(of: event) { Array($0) } + pieces.joined()
    }

    static func text(_ components: String...) -> [UInt8] { components.flatMap { Array($0.utf8) + [0] } }
}

private func decoded(_ bytes: [UInt8]) -> SightingDecoder.Record? {
    bytes.withUnsafeBytes { SightingDecoder.record($0.bytes) }
}

@Suite struct SightingDecoderTests {
    @Test func `a file has its paths from the root on, and its writer`() throws {
        var written = Written()
        written.pieces = [
            [], Written.text("x", "cron.d", "etc"), Written.text("x", "cron.d"), Written.text("sh", "bin"),
            Written.text("sh"),
        ]
        written.event.exe_inode = 3
        written.event.exe_device = 5
        written.event.via = UInt8(OT_VIA_WORKER.rawValue) + 1
        written.event.parents = 2
        written.event.parent.0.tgid = 40
        written.event.parent.1.tgid = 1
        guard case .sighted(let sighting)? = decoded(written.bytes) else { Issue.record("nothing decoded"); return }
        #expect(
            sighting.place
                == .file(FilePlace(device: 5, inode: 11, within: "/cron.d/x", seen: "/etc/cron.d/x")))
        #expect(sighting.operation == .create && sighting.via == .worker && sighting.cgroup == CgroupID(7))
        #expect(sighting.writer.executablePlace?.seen == "/bin/sh")
        #expect(sighting.writer.executablePlace?.within == "/sh")
        #expect(sighting.writer.parents.map(\.pid) == [40, 1])
        #expect(sighting.mountNamespace == nil)
    }

    @Test func `a name that is empty was read, one that could not be read is absent`() {
        var written = Written()
        written.event.is_named = 1
        written.pieces = [[0], Written.text(""), [], [], []]
        guard case .sighted(let empty)? = decoded(written.bytes) else { Issue.record("nothing decoded"); return }
        #expect(empty.place == .named("", base: FilePlace(device: 5, inode: 11, within: nil, seen: "/")))
        written.pieces[0] = []
        guard case .sighted(let absent)? = decoded(written.bytes) else { Issue.record("nothing decoded"); return }
        #expect(absent.place == .named(nil, base: FilePlace(device: 5, inode: 11, within: nil, seen: "/")))
    }

    @Test func `a record that ends early is none, wherever it ends`() {
        var written = Written()
        written.pieces = ["name", "a", "b", "c", "d"].map { Written.text($0) }
        let whole = written.bytes
        #expect(decoded(whole) != nil)
        for length in 0..<whole.count { #expect(decoded(Array(whole.prefix(length))) == nil) }
    }

    @Test func `what cannot be is none`() {
        var written = Written()
        written.event.watched = 10
        #expect(decoded(written.bytes) == nil)
        written = Written()
        written.event.via = 4
        #expect(decoded(written.bytes) == nil)
        written = Written()
        written.event.header.kind = 99
        #expect(decoded(written.bytes) == nil)
        written = Written()
        written.event.parents = 200
        guard case .sighted(let sighting)? = decoded(written.bytes) else { Issue.record("nothing decoded"); return }
        #expect(sighting.writer.parents.count == Int(OT_MOST_PARENTS))
    }
}

@Suite struct AskedSightingsTests {
    private func sighting(_ operation: WatchedOperation, mark: UInt64 = 0) -> Sighting {
        Sighting(
            time: 0, cgroup: CgroupID(1), writer: SightedWriter(executable: nil, comm: "x", uid: 0, pid: 1),
            operation: operation,
            place: .named("n", base: FilePlace(device: 1, inode: 1, within: nil, seen: nil)),
            ticket: .init(directory: mark, writer: 0))
    }

    @Test func `what was asked for is told when it is done, and forgotten when it failed`() {
        var asked = AskedSightings()
        #expect(asked.take(.asked(request: 1, sighting(.mkdir), mark: 40)).isEmpty)
        #expect(asked.take(.asked(request: 2, sighting(.delete, mark: 8), mark: 44)).isEmpty)
        #expect(asked.take(.ended(request: 1, result: 0)).map(\.operation) == [.mkdir])
        #expect(asked.takeUndone().isEmpty)
        #expect(asked.take(.ended(request: 2, result: -2)).isEmpty)
        #expect(asked.takeUndone() == [44, 8])
        #expect(asked.take(.ended(request: 2, result: 0)).isEmpty, "it is over")
        #expect(asked.takeLost() == 0)
    }

    @Test func `a rename has two names`() {
        var asked = AskedSightings()
        _ = asked.take(.asked(request: 1, sighting(.rename), mark: 4))
        _ = asked.take(.asked(request: 1, sighting(.rename), mark: 8))
        #expect(asked.take(.ended(request: 1, result: 0)).count == 2)
    }

    @Test func `one whose end never came is lost when its memory is used again`() {
        var asked = AskedSightings()
        _ = asked.take(.asked(request: 1, sighting(.mkdir), mark: 4))
        _ = asked.take(.asked(request: 1, sighting(.delete), mark: 8))
        #expect(asked.take(.ended(request: 1, result: 0)).map(\.operation) == [.delete])
        #expect(asked.takeLost() == 1)
        #expect(asked.takeUndone() == [4, 0])
    }

    @Test func `no more wait than there is room for`() {
        var asked = AskedSightings()
        for request in 0...UInt64(AskedSightings.most) {
            _ = asked.take(.asked(request: request, sighting(.mkdir), mark: 4))
        }
        #expect(asked.takeLost() == UInt64(AskedSightings.most))
        #expect(asked.take(.ended(request: UInt64(AskedSightings.most), result: 0)).count == 1)
    }
}
