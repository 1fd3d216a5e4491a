import Model
import Synchronization
import SystemPackage
import Testing

@testable import Export

/// What a spool makes of trouble, on a disk that fails when it is told to.
@Suite struct SpoolTests {
    private let disk = SimulatedDisk()
    private let folder = SpoolStart.folder

    private func files(_ aside: String? = nil) -> [String] {
        disk.names(in: aside.map { folder.appending($0) } ?? folder)
    }

    private func bytes(_ entry: Int, of spool: Spool) -> [UInt8] {
        let name = spool.index.withLock { Array($0.waiting)[entry].name.text }
        return disk.bytes(of: folder.appending(name)) ?? []
    }

    @Test func `a batch comes back as it was given, and its file is gone when it was delivered`() throws {
        let spool = SpoolStart().open(disk)
        for number in 1...3 { #expect(spool.add(parcel(number), number).isEmpty) }
        #expect(files().count == 3 && spool.account.spooledRows == 9 && spool.account.spooledBytes == 3 * 4096)
        let delivered = spool.deliverAll()
        #expect(delivered.count == 3 && zip(delivered, 1...).allSatisfy { $0.isSent(as: parcel($1)) })
        #expect(files().isEmpty && spool.account.adds && spool.account.waitingRows == 0)
    }

    @Test func `a header tells what is in the file, for people with head and jq`() {
        let spool = SpoolStart().open(disk)
        spool.add(parcel(7), 7)
        let line = String(decoding: bytes(0, of: spool).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        #expect(line.hasPrefix(#"{"spool":1,"id":"here-7","sequence":7,"rows":3,"window_start":"2026-11-18T1"#))
        #expect(line.contains(#","content_type":"application/json","encoding":"gzip","bytes":100,"crc32":""#))
    }

    @Test func `the next start sends what the last one left, oldest first, whatever the clock says`() {
        var start = SpoolStart()
        let first = start.open(disk)
        first.add(parcel(1), 9)
        first.add(parcel(2), 1)
        _ = first.end("stop")
        #expect(first.account.waitingRows == 6 && first.account.droppedRows == 0)
        start.wall = Timestamp(nanoseconds: 0)
        var events: [SinkEvent] = []
        let second = start.open(disk) { events.append($0) }
        #expect(events == [.found(payloads: 2, rows: 6)])
        second.add(parcel(3), 0)
        #expect(second.account.foundRows == 6 && second.account.createdRows == 3)
        #expect(second.deliverAll().map(\.id) == ["here-1", "here-2", "here-3"])
        #expect(second.account.adds)
    }

    @Test func `numbers of batches that were set aside are not used again`() throws {
        let first = SpoolStart().open(disk)
        first.add(parcel(1))
        let taken = try #require(first.take().parcel)
        _ = first.rejected(taken, reason: "400")
        let second = SpoolStart().open(disk)
        second.add(parcel(2))
        #expect(second.index.withLock { $0.waiting.first?.name.place.number } == 2)
    }

    /// Not even the greatest: what follows it has to be found again by the start after.
    @Test(arguments: [SpoolPlace.greatest, SpoolPlace.greatest - 1, SpoolPlace.highest + 1, SpoolPlace.highest])
    func `a file with an absurd number costs no batch, now or later`(number: UInt64) throws {
        let first = SpoolStart().open(disk)
        for number in 1...2 { first.add(parcel(number), number) }
        // The names of the others at that place are free.
        let name = try #require(SpoolName(files()[1]))
        let absurd = name.moved(to: SpoolPlace(number: number), rows: 3).text
        let path = folder.appending(absurd)
        disk.plant(try #require(disk.bytes(of: folder.appending(name.text))), at: path)
        disk.take(folder.appending(name.text))
        let planted = name.moved(to: SpoolPlace(number: number), rows: 4).text
        disk.plant([1, 2, 3], at: folder.appending("corrupt").appending(planted))
        for added in 3...6 {
            let next = SpoolStart().open(disk)
            #expect(next.account.foundPayloads == UInt64(added - 1) && next.account.corruptPayloads == 0)
            next.add(parcel(added), added)
        }
        let last = SpoolStart().open(disk)
        #expect(last.deliverAll().map(\.id) == (1...6).map { "here-\($0)" })
        #expect(last.account.adds && last.account.corruptPayloads == 0 && files().isEmpty)
    }

    /// Any byte, any way: it costs this batch and no other, and the start does not even notice.
    @Test func `a flipped bit anywhere costs exactly that batch`() throws {
        let original = SpoolStart().open(disk)
        for number in 1...3 { original.add(parcel(number), number) }
        let name = original.index.withLock { Array($0.waiting)[1].name.text }
        let path = folder.appending(name)
        let good = try #require(disk.bytes(of: path))
        for position in good.indices {
            var bad = good
            bad[position] ^= UInt8(1 << (position % 8))
            disk.plant(bad, at: path)
            #expect(throws: SpoolFile.Damage.self, "byte \(position)") {
                try SpoolFile.read(bad, name: try #require(SpoolName(name)))
            }
        }
        let spool = SpoolStart().open(disk)
        var sent: [String] = []
        while true {
            let taken = spool.take()
            if sent.count == 1 {
                #expect(
                    taken.events.contains { if case .corrupt(name, 3, _) = $0 { true } else { false } },
                    "\(taken.events)")
            }
            guard let parcel = taken.parcel else { break }
            sent.append(parcel.id)
            _ = spool.delivered(parcel, rejecting: 0, reason: nil)
        }
        #expect(sent == ["here-1", "here-3"])
        #expect(spool.account.corruptPayloads == 1 && spool.account.corruptRows == 3 && spool.account.adds)
        #expect(files("corrupt") == [name] && files().isEmpty)
    }

    @Test func `a file that was cut off anywhere is damaged`() throws {
        let spool = SpoolStart().open(disk)
        spool.add(parcel(1))
        let name = try #require(spool.index.withLock { $0.waiting.first?.name })
        let good = bytes(0, of: spool)
        for length in 0..<good.count {
            #expect(throws: SpoolFile.Damage.self) { try SpoolFile.read(Array(good[..<length]), name: name) }
        }
        #expect(throws: SpoolFile.Damage("it is longer than it was")) { try SpoolFile.read(good + [0], name: name) }
        // Under the name of another batch it would be counted wrong.
        let other = SpoolName(place: name.place, rows: 4, start: name.start, end: name.end)
        #expect(throws: SpoolFile.Damage.self) { try SpoolFile.read(good, name: other) }
    }

    @Test(arguments: ["core", "00000000000000000001-3-1-2.otb.swp", "a\nb", "..."])
    func `a foreign file is set aside and stops nothing`(name: String) {
        disk.plant([1, 2, 3], at: folder.appending(name))
        disk.plant([4], at: folder.appending("corrupt").appending(name))
        var events: [SinkEvent] = []
        let spool = SpoolStart().open(disk) { events.append($0) }
        #expect(events == [.corrupt(file: name, rows: nil, reason: "it is no spooled batch")])
        #expect(spool.account.corruptPayloads == 1 && spool.account.corruptRows == 0 && spool.account.adds)
        #expect(files().isEmpty && files("corrupt").count == 2)
    }

    /// Larger than all may be together, or only so large that with it they are.
    @Test(arguments: [(2 << 20, "it is larger than max_bytes"), (1 << 20, "it is longer than it was")])
    func `a file that grew costs that batch alone`(size: Int, reason: String) {
        let first = SpoolStart().open(disk)
        for number in 1...6 { first.add(parcel(number), number) }
        let name = files()[5]
        let path = folder.appending(name)
        disk.plant((disk.bytes(of: path) ?? []) + [UInt8](repeating: 0, count: size - 4096), at: path)
        var events: [SinkEvent] = []
        let second = SpoolStart().open(disk) { events.append($0) }
        #expect(events == [.corrupt(file: name, rows: 3, reason: reason), .found(payloads: 5, rows: 15)])
        #expect(second.account.foundRows == 18 && second.account.corruptRows == 3 && second.account.adds)
        #expect(second.account.droppedRows == 0)
        second.add(parcel(7), 7)
        #expect(second.deliverAll().map(\.id) == (1...5).map { "here-\($0)" } + ["here-7"])
        #expect(second.index.withLock { $0.isEmpty } && files().isEmpty)
    }

    /// What was set aside before is of more use than one huge file.
    @Test func `what is too large to be set aside is removed, and pushes nothing out`() throws {
        disk.plant([1], at: folder.appending("corrupt").appending("older"))
        disk.plant([UInt8](repeating: 0, count: 300 << 10), at: folder.appending("core"))
        let spool = SpoolStart().open(disk)
        #expect(spool.account.corruptPayloads == 1 && files().isEmpty && files("corrupt") == ["older"])
    }

    @Test func `a commit that never ended is cleared away`() {
        disk.plant([1], at: folder.appending(".tmp-00000000000000000001"))
        let spool = SpoolStart().open(disk)
        #expect(files().isEmpty && spool.account == SinkAccount())
    }

    @Test(arguments: [
        (SimulatedDisk.Operation.create, Errno.noSpace), (.write, .noSpace), (.write, .diskQuotaExceeded),
        (.sync, .ioError), (.rename, .noSpace), (.syncDirectory, .ioError), (.makeDirectory, .readOnlyFileSystem),
        (.list, .ioError),
    ])
    func `what cannot be written waits in memory, is sent from there, and is written when the disk is well`(
        operation: SimulatedDisk.Operation, errno: Errno
    ) throws {
        disk.fail(operation, with: errno)
        var events: [SinkEvent] = []
        let spool = SpoolStart().open(disk) { events.append($0) }
        events += spool.add(parcel(1))
        events += spool.add(parcel(2))
        #expect(events.contains { if case .notSpooled = $0 { true } else { false } })
        #expect(spool.account.waitingPayloads == 2 && spool.account.spooledPayloads == 0 && files().isEmpty)
        let taken = try #require(spool.take().parcel)
        #expect(taken.isSent(as: parcel(1)))
        _ = spool.delivered(taken, rejecting: 0, reason: nil)
        disk.heal()
        #expect(spool.add(parcel(3)).isEmpty)
        #expect(spool.account.spooledPayloads == 2 && files().count == 2)
        #expect(SpoolStart().open(disk).deliverAll().map(\.id) == ["here-2", "here-3"])
        #expect(spool.account.adds)
    }

    /// Whoever waits in memory came later than what is found.
    @Test func `a folder that could not be read at the start is taken up later, and its batches go first`() {
        SpoolStart().open(disk).add(parcel(1))
        disk.fail(.list, with: .ioError)
        let spool = SpoolStart().open(disk)
        spool.add(parcel(2))
        disk.heal()
        spool.add(parcel(3))
        #expect(spool.account.foundRows == 3 && spool.account.createdRows == 6 && spool.account.adds)
        #expect(spool.deliverAll().map(\.id) == ["here-1", "here-2", "here-3"])
    }

    @Test func `memory is bounded, and the oldest of it goes first`() {
        var start = SpoolStart()
        start.memoryBytes = 250
        let spool = start.open(disk)
        spool.add(parcel(1), 1)
        disk.fail(.sync, with: .ioError)
        for number in 2...3 { spool.add(parcel(number), number) }
        let events = spool.add(parcel(4), 4)
        #expect(
            events.last.map { if case .dropped(1, 3, _, "too much is waiting") = $0 { true } else { false } } == true)
        #expect(spool.index.withLock { $0.memoryBytes } == 200)
        #expect(spool.deliverAll().map(\.id) == ["here-1", "here-3", "here-4"])
        #expect(spool.account.droppedRows == 3 && spool.account.adds)
    }

    @Test func `what is in memory at the end is written if that is possible, else dropped`() {
        for heals in [true, false] {
            let disk = SimulatedDisk()
            let spool = SpoolStart().open(disk)
            disk.fail(.write, with: .noSpace)
            spool.add(parcel(1))
            if heals { disk.heal() }
            _ = spool.end("stop")
            #expect(spool.account.spooledRows == (heals ? 3 : 0))
            #expect(spool.account.droppedRows == (heals ? 0 : 3))
            #expect(spool.account.adds)
            #expect(spool.take().parcel == nil)
        }
    }

    @Test func `over the bound the oldest goes, and the event says which window that was`() {
        var start = SpoolStart()
        start.maxBytes = 3 * 4096
        let spool = start.open(disk)
        for number in 1...3 { #expect(spool.add(parcel(number), number).isEmpty) }
        let text = "the window 2026-11-18T11:06:50.000Z to 2026-11-18T11:07:00.000Z"
        let events = spool.add(parcel(4), 4)
        guard case .dropped(1, 3, let first, "the spool is full") = events.first else {
            Issue.record("\(events)")
            return
        }
        #expect(first == text)
        #expect(spool.deliverAll().map(\.id) == ["here-2", "here-3", "here-4"])
    }

    @Test func `room is left to others, at the cost of the oldest`() {
        let spool = SpoolStart().open(disk)
        // What a file of 100 bytes takes here is its size; a twentieth is left alone.
        disk.capacity = 90 << 10
        for number in 1...5 { spool.add(parcel(number, size: 15_000), number) }
        #expect(spool.account.spooledPayloads == 5 && spool.account.droppedPayloads == 0)
        let events = spool.add(parcel(6, size: 15_000), 6)
        #expect(events.count == 1 && spool.account.droppedPayloads == 1 && spool.account.spooledPayloads == 5)
        #expect(spool.account.adds)
    }

    /// Somebody else fills the disk: what little is ours would not make the room.
    @Test func `nothing is dropped in vain`() {
        let spool = SpoolStart().open(disk)
        disk.capacity = 90 << 10
        spool.add(parcel(1), 1)
        disk.plant(.init(repeating: 0, count: 90 << 10), at: "/elsewhere")
        let full = SinkEvent.notSpooled(reason: "cannot use '\(folder)': its file system is nearly full")
        #expect(spool.add(parcel(2, size: 15_000), 2) == [full])
        #expect(spool.account.spooledPayloads == 1 && spool.account.waitingPayloads == 2 && spool.account.adds)
    }

    @Test func `what waited for too long is dropped, also when it was found`() {
        var start = SpoolStart()
        start.maxAge = .seconds(100)
        let first = start.open(disk)
        first.add(parcel(1, since: start.now), 1)
        #expect(first.expire(at: start.now + .seconds(100)).isEmpty)
        start.wall = Timestamp(nanoseconds: window(1).end.nanoseconds + 90_000_000_000)
        let second = start.open(disk)
        #expect(second.expire(at: start.now + .seconds(10)).isEmpty)
        #expect(second.expire(at: start.now + .seconds(11)).count == 1)
        #expect(second.account.droppedRows == 3 && second.account.adds && files().isEmpty)
    }

    @Test func `what was rejected is kept for a person, the newest as far as there is room`() throws {
        var start = SpoolStart()
        start.maxBytes = 256 << 10
        let spool = start.open(disk)
        for number in 1...20 {
            spool.add(parcel(number), number)
            let taken = try #require(spool.take().parcel)
            _ = spool.rejected(taken, reason: "400")
        }
        #expect(spool.account.rejectedRows == 60 && spool.account.adds && files().isEmpty)
        #expect(files("rejected").count == 16)
        #expect(files("rejected").last?.hasPrefix("00000000000000000020-") == true)
    }

    @Test func `a file that somebody removed is dropped, and one that cannot be read now is tried again`() throws {
        let spool = SpoolStart().open(disk)
        for number in 1...2 { spool.add(parcel(number), number) }
        disk.take(folder.appending(files()[0]))
        disk.fail(.read, with: .tooManyOpenFiles)
        #expect(spool.take().trouble == "cannot read the spool: \(Errno.tooManyOpenFiles)")
        disk.heal()
        #expect(spool.deliverAll().map(\.id) == ["here-2"])
        #expect(spool.account.droppedRows == 3 && spool.account.adds)
    }

    @Test func `halves stand where the whole was, with its sequence, and add up`() throws {
        let spool = SpoolStart().open(disk)
        for number in 1...2 { spool.add(parcel(number, rows: 5), number) }
        for _ in 0..<2 {
            let taken = try #require(spool.take().parcel)
            _ = try spool.split(taken, into: taken.inHalves, reason: "413")
            #expect(spool.account.adds && spool.account.waitingRows == 10)
        }
        let next = SpoolStart().open(disk)
        #expect(next.index.withLock { $0.waiting.map(\.name.place.branch) } == ["aa", "ab", "b", ""])
        #expect(String(decoding: bytes(0, of: next), as: UTF8.self).contains(#""sequence":1,"#))
        #expect(next.deliverAll().map(\.id) == ["here-1/1/1", "here-1/1/2", "here-1/2", "here-2"])
        #expect(next.account.deliveredRows == 10)
    }

    @Test func `halves that cannot be written leave the whole where it is`() throws {
        let spool = SpoolStart().open(disk)
        spool.add(parcel(1))
        let taken = try #require(spool.take().parcel)
        disk.fail(.sync, with: .noSpace)
        #expect(throws: SinkProblem.self) { try spool.split(taken, into: taken.inHalves, reason: "413") }
        _ = spool.kept(reason: "413")
        #expect(files().count == 1 && spool.account.waitingRows == 3)
        disk.heal()
        #expect(spool.deliverAll().first?.isSent(as: parcel(1)) == true)
    }
}
