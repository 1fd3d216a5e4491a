import Dispatch
import Model
import Synchronization
import SystemPackage
import Testing

@testable import Export

/// An output that a reload replaces ends on another thread than it sends on; its successor looks at the folder at once.
@Suite("Ends of a spool", .timeLimit(.minutes(1))) struct SpoolEndTests {
    private final class Successor: Sendable {
        let spool = Mutex<Spool?>(nil)
        let isThere = DispatchSemaphore(value: 0)
    }

    /// Ends the spool while its own thread is at that operation, and opens another as soon as that has ended.
    ///
    /// An end that waits for that thread cannot come while it is held up here, so this is over after a moment.
    private func replaced(
        _ spool: Spool, on disk: SimulatedDisk, at operation: SimulatedDisk.Operation, _ count: Int = 1,
        while body: () throws -> Void
    ) rethrows -> Spool? {
        let successor = Successor()
        disk.interrupt(operation, count) {
            DispatchQueue.global().async {
                _ = spool.end("replaced")
                let next = SpoolStart().open(disk)
                successor.spool.withLock { $0 = next }
                successor.isThere.signal()
            }
            if successor.isThere.wait(timeout: .now() + .milliseconds(200)) == .success { successor.isThere.signal() }
        }
        try body()
        successor.isThere.wait()
        return successor.spool.withLock { $0 }
    }

    @Test(arguments: [SimulatedDisk.Operation.create, .write, .sync, .rename, .syncDirectory], [1, 2])
    func `a successor finds the halves or the whole, wherever a halving was`(
        operation: SimulatedDisk.Operation, count: Int
    ) throws {
        let disk = SimulatedDisk()
        let spool = SpoolStart().open(disk)
        spool.add(parcel(1, rows: 4), 1)
        let taken = try #require(spool.take().parcel)
        let next = try #require(
            try replaced(spool, on: disk, at: operation, count) {
                _ = try spool.split(taken, into: taken.inHalves, reason: "413")
            })
        let found = next.account.waitingPayloads
        #expect(next.deliverAll().map(\.id) == ["here-1/1", "here-1/2"])
        #expect(found == 2 && next.account.deliveredRows == 4 && next.account.droppedRows == 0 && next.account.adds)
        #expect(disk.names(in: SpoolStart.folder).isEmpty && spool.account.adds)
    }

    @Test func `a halving that comes after the end leaves the whole alone`() throws {
        let disk = SimulatedDisk()
        let spool = SpoolStart().open(disk)
        spool.add(parcel(1, rows: 4), 1)
        let taken = try #require(spool.take().parcel)
        _ = spool.end("replaced")
        #expect(try spool.split(taken, into: taken.inHalves, reason: "413") == nil)
        #expect(SpoolStart().open(disk).deliverAll().map(\.id) == ["here-1"])
        #expect(disk.names(in: SpoolStart.folder).isEmpty)
    }

    enum Leaving: CaseIterable { case delivered, rejected, corrupt, expired }

    /// Else the successor would take up a file that is gone when it comes to send it.
    @Test(arguments: Leaving.allCases)
    func `a successor does not find what is leaving`(leaving: Leaving) throws {
        let disk = SimulatedDisk()
        let spool = SpoolStart().open(disk)
        for number in 1...2 { spool.add(parcel(number), number) }
        let first = SpoolStart.folder.appending(disk.names(in: SpoolStart.folder)[0])
        if leaving == .corrupt { disk.plant([1], at: first) }
        let taken = leaving == .corrupt || leaving == .expired ? nil : spool.take().parcel
        let isRemoved = leaving == .delivered || leaving == .expired
        let next = try #require(
            replaced(spool, on: disk, at: isRemoved ? .remove : .rename) {
                switch leaving {
                case .delivered: if let taken { _ = spool.delivered(taken, rejecting: 0, reason: nil) }
                case .rejected: if let taken { _ = spool.rejected(taken, reason: "400") }
                case .corrupt: _ = spool.take()
                case .expired: _ = spool.expire(at: .now + .seconds(1 << 20))
                }
            })
        #expect(next.deliverAll().map(\.id) == (leaving == .expired ? [] : ["here-2"]))
        #expect(next.account.droppedPayloads == 0 && next.account.corruptPayloads == 0 && next.account.adds)
        #expect(spool.account.adds)
    }
}
