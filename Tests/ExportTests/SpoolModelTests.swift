import Model
import Synchronization
import SystemPackage
import Testing

@testable import Export

/// Random sequences of all that can happen to a spool, beside a model of what it should come to.
@Suite("Spool and chance") struct SpoolModelTests {
    /// Printed with every failure; run one again by putting it here.
    @Test(arguments: 1...40 as ClosedRange<UInt64>) func `every row is in one place after every step`(seed: UInt64) {
        var run = SpoolModel(seed: seed)
        for step in 0..<200 {
            run.step()
            if let problem = run.problem {
                Issue.record("seed \(seed), step \(step): \(problem)")
                return
            }
        }
    }
}

private struct SpoolModel {
    struct Entry {
        var place: SpoolPlace
        var parcel: Parcel
        var since: ContinuousClock.Instant
        var isOnDisk: Bool
        /// Changed behind the spool's back; the reason is not foreseen.
        var isDamaged = false
        var isGone = false

        var disk: Int { SpoolCaps.blocks(head + parcel.body.count) }
        /// Of the header line, which differs by digits alone: all of these fit their blocks in the same way.
        var head = 0
    }

    private var random: SeededNumbers
    private let disk = SimulatedDisk()
    private var start: SpoolStart
    private var spool: Spool
    private var waiting: [Entry] = []
    private var underWay: Parcel?
    private var number = 0
    private var created = 0
    private var found = 0
    private var foundForeign = 0
    private var delivered = 0
    private var rejected = 0
    private var dropped = 0
    private var corrupt = 0
    private var foreignPlanted = 0
    private var failing = false
    /// Everything that was ever appended, by id: what comes out must be one of these.
    private var known: [String: Parcel] = [:]
    private(set) var problem: String?

    init(seed: UInt64) {
        random = SeededNumbers(state: seed)
        start = SpoolStart()
        start.maxBytes = 64 << 10
        start.memoryBytes = 8 << 10
        start.maxAge = .seconds(200)
        spool = start.open(disk)
    }

    mutating func step() {
        switch Int.random(in: 0..<20, using: &random) {
        case 0...5: append()
        case 6...8: take()
        case 9...12: settle()
        case 13: expire()
        case 14: crash()
        case 15: fail()
        case 16: damage()
        case 17: plantForeign()
        case 18: start.wall = Timestamp(nanoseconds: start.wall.nanoseconds + .random(in: -1...1, using: &random) << 46)
        default:
            disk.heal()
            disk.capacity = .max / 4
            failing = false
        }
        check()
    }

    private mutating func append() {
        number += 1
        let parcel = parcel(
            number, rows: .random(in: 0...9, using: &random), size: .random(in: 0...6000, using: &random),
            since: start.now)
        known[parcel.id] = parcel
        created += parcel.rows
        let before = spool.index.withLock { $0.waiting.last?.name.place.number } ?? 0
        let events = spool.append(parcel, sequence: UInt64(number), window: window(Int64(number % 50)))
        let isHealthy = !events.contains { if case .notSpooled = $0 { true } else { false } }
        if !failing, !isHealthy { problem = "not spooled on a healthy disk: \(events)" }
        let actual = spool.index.withLock { Array($0.waiting) }
        if isHealthy {
            // Those in memory were written first, as they were still there.
            for index in waiting.indices { waiting[index].isOnDisk = true }
        } else {
            for index in waiting.indices where !waiting[index].isOnDisk {
                let place = waiting[index].place
                waiting[index].isOnDisk = actual.first { $0.name.place == place }.map { $0.held == nil } ?? false
            }
        }
        let place = SpoolPlace(number: max(before, highest) + 1)
        highest = place.number
        waiting.append(Entry(place: place, parcel: parcel, since: start.now, isOnDisk: isHealthy))
        forgetLosses(actual, events)
    }

    private var highest: UInt64 = 0

    /// What is not there any more must be the oldest of its kind, and told of.
    private mutating func forgetLosses(_ actual: [SpoolIndex.Entry], _ events: [SinkEvent]) {
        var told = 0
        for case .dropped(let payloads, _, _, _) in events { told += payloads }
        let places = Set(actual.map(\.name.place))
        let gone = waiting.filter { !places.contains($0.place) }
        if gone.count != told { problem = "\(gone.count) are gone, \(told) were told of: \(events)" }
        for kind in [true, false] {
            let droppable = waiting.dropFirst(underWay == nil ? 0 : 1).filter { $0.isOnDisk == kind }
            let lost = gone.filter { $0.isOnDisk == kind }
            // One in memory may have been dropped from there although the model thinks it is on disk by now.
            if lost.count > 0, failing == false, !zip(droppable, lost).allSatisfy({ $0.place == $1.place }) {
                problem = "not the oldest were dropped: \(lost.map(\.place.text))"
            }
        }
        dropped += gone.reduce(0) { $0 + $1.parcel.rows }
        waiting.removeAll { !places.contains($0.place) }
    }

    private mutating func take() {
        guard underWay == nil else { return }
        let taken = spool.take()
        while let first = waiting.first, first.isOnDisk, first.isDamaged || first.isGone {
            if taken.trouble != nil { break }
            if first.isGone { dropped += first.parcel.rows } else { corrupt += first.parcel.rows }
            waiting.removeFirst()
        }
        guard taken.trouble == nil else {
            if !failing { problem = "cannot read a healthy disk: \(taken.trouble ?? "")" }
            // What was found damaged before that is gone.
            let places = Set(spool.index.withLock { $0.waiting.map(\.name.place) })
            for entry in waiting where !places.contains(entry.place) {
                if entry.isGone { dropped += entry.parcel.rows } else { corrupt += entry.parcel.rows }
            }
            waiting.removeAll { !places.contains($0.place) }
            return
        }
        underWay = taken.parcel
        if let parcel = taken.parcel {
            if waiting.first.map({ $0.parcel.isSent(as: parcel) }) != true {
                problem = "took \(parcel.id), not \(waiting.first?.parcel.id ?? "nothing")"
            }
        } else if !waiting.isEmpty {
            problem = "took nothing although \(waiting.count) wait"
        }
    }

    private mutating func settle() {
        guard let parcel = underWay, let first = waiting.first else { return }
        underWay = nil
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1:
            if spool.delivered(parcel, rejecting: 0, reason: nil) == nil { problem = "delivered nothing" }
            delivered += parcel.rows
            waiting.removeFirst()
        case 2:
            let some = Int.random(in: 0...parcel.rows, using: &random)
            _ = spool.delivered(parcel, rejecting: some, reason: "some")
            delivered += parcel.rows - some
            rejected += some
            waiting.removeFirst()
        case 3:
            _ = spool.rejected(parcel, reason: "400")
            rejected += parcel.rows
            waiting.removeFirst()
        case 4:
            split(parcel, first)
        default:
            forgetLosses(spool.index.withLock { Array($0.waiting) }, spool.kept(reason: "503") ?? [])
            forgetLosses(spool.index.withLock { Array($0.waiting) }, [])
        }
    }

    private mutating func split(_ parcel: Parcel, _ first: Entry) {
        let halves = parcel.inHalves
        do throws(SinkProblem) {
            let events = try spool.split(parcel, into: halves, reason: "413") ?? []
            for half in halves { known[half.id] = half }
            guard let places = first.place.halves else { return }
            waiting.removeFirst()
            waiting.insert(
                contentsOf: zip(halves, [places.first, places.second]).map {
                    Entry(place: $1, parcel: $0, since: first.since, isOnDisk: first.isOnDisk)
                }, at: 0)
            forgetLosses(spool.index.withLock { Array($0.waiting) }, events)
        } catch {
            if !failing { problem = "no halves on a healthy disk: \(error)" }
            _ = spool.kept(reason: "later")
            forgetLosses(spool.index.withLock { Array($0.waiting) }, [])
        }
    }

    private mutating func expire() {
        start.now += .seconds(.random(in: 0...60, using: &random))
        let events = spool.expire(at: start.now)
        forgetLosses(spool.index.withLock { Array($0.waiting) }, events)
        if let oldest = waiting.dropFirst(underWay == nil ? 0 : 1).first, oldest.since < start.now - start.maxAge {
            problem = "\(oldest.place.text) is too old"
        }
    }

    /// The power fails; what was durable must be there again.
    private mutating func crash() {
        if Bool.random(using: &random) { disk.failPower(after: .random(in: 0...6, using: &random)) }
        let durable = waiting.filter { $0.isOnDisk && !$0.isGone }
        if disk.isOff || Bool.random(using: &random) { _ = spool.take() }
        disk.restart(using: &random)
        failing = false
        underWay = nil
        let names = disk.names(in: SpoolStart.folder)
        let files = names.compactMap { SpoolName($0) }
        foundForeign = names.count { SpoolName($0) == nil && !$0.hasPrefix(Spool.temporary) }
        var lost = 0
        // Where all together are too large, headers are read, and what is damaged goes first.
        var damaged = 0
        spool = start.open(disk) { event in
            if case .dropped(_, let rows, _, _) = event { lost += rows }
            if case .corrupt(_, let rows?, _) = event { damaged += rows }
        }
        let all = Dictionary(waiting.map { ($0.place, $0) }, uniquingKeysWith: { first, _ in first })
        let missing = durable.filter { entry in
            !files.contains { $0.place == entry.place } && !entry.isDamaged
        }
        if !missing.isEmpty { problem = "lost \(missing.map(\.place.text)) of \(names)" }
        let actual = spool.index.withLock { Array($0.waiting) }
        waiting = actual.map { entry in
            var known = all[entry.name.place] ?? resurrected(entry)
            (known.since, known.isOnDisk) = (entry.since, true)
            return known
        }
        (created, delivered, rejected, corrupt) = (0, 0, 0, damaged)
        dropped = lost
        found = actual.reduce(0) { $0 + $1.name.rows } + lost + damaged
        highest = files.map(\.place.number).max() ?? 0
        for aside in ["corrupt", "rejected"] {
            for name in disk.names(in: SpoolStart.folder.appending(aside)).compactMap({ SpoolName($0) }) {
                highest = max(highest, name.place.number)
            }
        }
    }

    /// One that was settled, but whose file came back because removing it was not durable.
    private mutating func resurrected(_ entry: SpoolIndex.Entry) -> Entry {
        let path = SpoolStart.folder.appending(entry.name.text)
        let bytes = disk.bytes(of: path) ?? []
        if let read = try? SpoolFile.read(bytes, name: entry.name), let original = known[read.header.id] {
            if Array(read.body) != original.body { problem = "\(read.header.id) came back as another" }
            return Entry(place: entry.name.place, parcel: original, since: entry.since, isOnDisk: true)
        }
        // Damaged before it was settled or found: it can be nothing else.
        var unknown = Entry(
            place: entry.name.place, parcel: parcel(0, rows: entry.name.rows), since: entry.since, isOnDisk: true)
        unknown.isDamaged = true
        return unknown
    }

    private mutating func fail() {
        failing = true
        switch Int.random(in: 0..<5, using: &random) {
        case 0: disk.capacity = 20 << 10
        case 1: disk.fail(.sync, with: .ioError)
        case 2: disk.fail(.create, with: .noSpace)
        case 3: disk.fail(.syncDirectory, with: .ioError)
        default: disk.fail(.rename, with: .diskQuotaExceeded)
        }
    }

    private mutating func damage() {
        let candidates = waiting.indices.filter {
            waiting[$0].isOnDisk && !(underWay != nil && $0 == 0) && !waiting[$0].isGone
        }
        guard let index = candidates.randomElement(using: &random),
            let name = spool.index.withLock({ index_ in index_.waiting.first { $0.name.place == waiting[index].place } }
            )
        else { return }
        let path = SpoolStart.folder.appending(name.name.text)
        guard var bytes = disk.bytes(of: path) else { return }
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            disk.take(path)
            waiting[index].isGone = true
            return
        case 1 where !bytes.isEmpty:
            bytes[.random(in: 0..<bytes.count, using: &random)] ^= UInt8(1 << Int.random(in: 0..<8, using: &random))
        default:
            if bytes.isEmpty { return }
            bytes.removeLast(.random(in: 1...bytes.count, using: &random))
        }
        // Twice the same bit, and it is whole again: that is no damage.
        disk.plant(bytes, at: path)
        waiting[index].isDamaged = (try? SpoolFile.read(bytes, name: name.name)) == nil
    }

    private mutating func plantForeign() {
        foreignPlanted += 1
        let names = ["core.\(foreignPlanted)", "00000000000000000001-x-y-\(foreignPlanted).otb", "\n\(foreignPlanted)"]
        let name = names.randomElement(using: &random) ?? ""
        disk.plant([1, 2, 3], at: SpoolStart.folder.appending(name))
    }

    private mutating func check() {
        guard problem == nil else { return }
        let account = spool.account
        let actual = spool.index.withLock { Array($0.waiting) }
        if !account.adds { problem = "the account does not add up: \(account)" }
        if actual.map(\.name.place) != waiting.map(\.place) {
            problem = "waiting \(actual.map(\.name.place.text)), not \(waiting.map(\.place.text))"
        }
        if actual.map(\.name.place) != actual.map(\.name.place).sorted() { problem = "out of order" }
        let mine = [created, found, delivered, rejected, dropped, corrupt]
        let theirs = [
            account.createdRows, account.foundRows, account.deliveredRows, account.rejectedRows, account.droppedRows,
            account.corruptRows,
        ].map { Int($0) }
        if mine != theirs { problem = "rows \(theirs), not \(mine)" }
        if foundForeign > 0, account.corruptPayloads < foundForeign { problem = "foreign files were not counted" }
        let bytes = spool.index.withLock { ($0.diskBytes, $0.memoryBytes, $0.underWay?.bytes ?? 0) }
        if bytes.0 > start.maxBytes { problem = "\(bytes.0) bytes on disk" }
        if bytes.1 > start.memoryBytes + bytes.2 { problem = "\(bytes.1) bytes in memory" }
    }
}
