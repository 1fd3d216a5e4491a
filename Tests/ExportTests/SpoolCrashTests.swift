import Model
import SystemPackage
import Testing

@testable import Export

/// The power fails at every step of what a spool does to the disk, and chance decides about all that was not synced.
@Suite("Spool and power failures") struct SpoolCrashTests {
    private let folder = SpoolStart.folder

    /// Runs `body` on a disk with two batches again and again, with a failure one operation later each time, and hands
    /// what a new start finds to `check`; ends when nothing is left to fail.
    private func atEveryStep(
        seeds: UInt64 = 6, _ body: (Spool) -> Void,
        _ check: (_ found: [Parcel], _ wasDone: Bool, _ spool: Spool) throws -> Void
    ) throws {
        for step in 0..<60 {
            var wasDone = false
            for seed in 1...seeds {
                var random = SeededNumbers(state: seed &* 1000 &+ UInt64(step))
                let disk = SimulatedDisk()
                let spool = SpoolStart().open(disk)
                #expect(spool.add(parcel(1), 1).isEmpty && spool.add(parcel(2), 2).isEmpty)
                disk.failPower(after: step)
                body(spool)
                wasDone = !disk.isOff
                disk.restart(using: &random)
                let next = SpoolStart().open(disk)
                #expect(!disk.names(in: folder).contains { $0.hasPrefix(Spool.temporary) })
                let found = next.deliverAll()
                #expect(next.account.adds, "step \(step), seed \(seed)")
                #expect(next.account.corruptPayloads == 0, "step \(step), seed \(seed)")
                try check(found, wasDone, next)
            }
            if wasDone { return }
        }
        Issue.record("it never came to an end")
    }

    @Test func `a commit is all there or not at all, and whole when it was answered for`() throws {
        let third = parcel(3, size: 5000)
        try atEveryStep { spool in
            spool.add(third, 3)
        } _: { found, wasDone, _ in
            #expect(found.prefix(2).map(\.id) == ["here-1", "here-2"])
            #expect(found.prefix(2).allSatisfy { $0.isSent(as: parcel($0.id == "here-1" ? 1 : 2)) })
            #expect(found.dropFirst(2).allSatisfy { $0.isSent(as: third) })
            #expect(found.count <= 3)
            if wasDone { #expect(found.count == 3) }
        }
    }

    @Test func `halving leaves the whole or both halves, in their place, and never both`() throws {
        let whole = parcel(1)
        try atEveryStep { spool in
            guard let taken = spool.take().parcel else { return }
            _ = try? spool.split(taken, into: taken.inHalves, reason: "413")
        } _: { found, wasDone, _ in
            let ids = found.map(\.id)
            #expect(ids == ["here-1", "here-2"] || ids == ["here-1/1", "here-1/2", "here-2"])
            if wasDone { #expect(ids.count == 3) }
            #expect(found.dropLast().flatMap(\.body) == whole.body)
            #expect(found.dropLast().reduce(0) { $0 + $1.rows } == whole.rows)
        }
    }

    /// What went out as halves must not go out as a whole: no receiver could tell.
    @Test func `halves that are being delivered bring the whole back at no step`() throws {
        var wasHalved = false
        try atEveryStep(seeds: 30) { spool in
            wasHalved = false
            guard let taken = spool.take().parcel else { return }
            wasHalved = (try? spool.split(taken, into: taken.inHalves, reason: "413")) != nil
            guard wasHalved else { return }
            for _ in 0..<2 {
                guard let half = spool.take().parcel else { return }
                _ = spool.delivered(half, rejecting: 0, reason: nil)
            }
        } _: { found, _, _ in
            let ids = found.map(\.id)
            #expect(ids.last == "here-2")
            let rest = ids.dropLast()
            #expect(rest == ["here-1"] || Set(rest).isSubset(of: ["here-1/1", "here-1/2"]), "\(ids)")
            if wasHalved { #expect(rest != ["here-1"]) }
        }
    }

    @Test func `a delivery costs no other batch, and comes again only as it was`() throws {
        try atEveryStep { spool in
            guard let taken = spool.take().parcel else { return }
            _ = spool.delivered(taken, rejecting: 0, reason: nil)
        } _: { found, _, _ in
            #expect(found.last?.isSent(as: parcel(2)) == true)
            #expect(found.dropLast().allSatisfy { $0.isSent(as: parcel(1)) } && found.count <= 2)
        }
    }

    @Test func `a rejection costs no other batch`() throws {
        try atEveryStep { spool in
            guard let taken = spool.take().parcel else { return }
            _ = spool.rejected(taken, reason: "400")
        } _: { found, _, _ in
            #expect(found.last?.isSent(as: parcel(2)) == true)
            #expect(found.count <= 2)
        }
    }
}
