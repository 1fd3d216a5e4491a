import Foundation
import SystemPackage
import Testing

@testable import Export
@testable import Model
@testable import Render

@Suite("The file of a baseline")
struct BaselineStoreTests {
    private static let folder = "/state"
    private static let now = Timestamp(nanoseconds: 1_800_000_000_000_000_000)

    /// One that knows so many directories.
    private func baseline(_ count: Int) -> Baseline {
        var baseline = Baseline(learnFor: .seconds(60))
        let reading = ClockReading(wall: Self.now, monotonic: 0)
        for number in 0..<count {
            _ = baseline.judge(BaselineFixture.seen("/etc/\(number)x/file"), at: reading)
        }
        return baseline
    }

    private func known(_ content: BaselineStore.Content) -> Int? {
        if case .kept(let kept) = content { kept.baseline.combinations } else { nil }
    }

    @Test func `whatever step the power fails at, it is the old one or the new one, whole`() throws {
        var wasEverDone = false
        for step in 0..<20 {
            for seed in 1...6 as ClosedRange<UInt64> {
                var random = SeededNumbers(state: seed &* 1000 &+ UInt64(step))
                let disk = SimulatedDisk()
                let store = BaselineStore(in: Self.folder, files: disk)
                try disk.makeDirectory(FilePath(Self.folder))
                try store.save(baseline(3), at: Self.now)
                disk.failPower(after: step)
                try? store.save(baseline(5), at: Self.now)
                let wasDone = !disk.isOff
                wasEverDone = wasEverDone || wasDone
                disk.restart(using: &random)
                let found = known(try BaselineStore(in: Self.folder, files: disk).read(learnFor: .seconds(60)))
                #expect(found == 5 || found == 3 && !wasDone, "step \(step), seed \(seed)")
            }
        }
        #expect(wasEverDone)
    }

    @Test func `a request that was left is there after a power failure, and done is done`() throws {
        for seed in 1...10 as ClosedRange<UInt64> {
            var random = SeededNumbers(state: seed)
            let disk = SimulatedDisk()
            let requests = BaselineRequests(in: Self.folder, files: disk)
            let edit = BaselineEdit(.accept, .ids(["0", "1"]))
            let name = try requests.ask(edit, at: Self.now)
            disk.failPower(after: 0)
            disk.restart(using: &random)
            let next = BaselineRequests(in: Self.folder, files: disk)
            let waiting = next.waiting()
            #expect(waiting == [BaselineRequests.Request(name: name, edit: edit)])
            #expect(next.takeAnswer(to: name) == nil)
            let outcome = BaselineEdit.Outcome(combinations: 1, units: 0, unknown: ["1"])
            try next.answer(waiting[0], outcome)
            #expect(next.waiting().isEmpty)
            #expect(next.takeAnswer(to: name) == outcome)
            #expect(next.takeAnswer(to: name) == nil)
        }
    }

    @Test func `requests come in their order, and what is none says so`() throws {
        let disk = SimulatedDisk()
        let requests = BaselineRequests(in: Self.folder, files: disk)
        let edits = [
            BaselineEdit(.accept, .all), BaselineEdit(.forget, .units(try PathGlob("ngin*"))),
            BaselineEdit(.forget, .ids(["a"])),
        ]
        for (second, edit) in edits.enumerated().reversed() {
            _ = try requests.ask(edit, at: Timestamp(nanoseconds: Int64(second)))
        }
        #expect(requests.waiting().map(\.edit) == edits)
        disk.plant(Array("{}".utf8), at: FilePath(Self.folder).appending("baseline.requests/0.edit"))
        disk.plant(Array("x".utf8), at: FilePath(Self.folder).appending("baseline.requests/other"))
        #expect(requests.waiting().map(\.edit) == [nil] + edits)
    }

    @Test func `an answer that nobody takes is removed after a while`() throws {
        let disk = SimulatedDisk()
        let requests = BaselineRequests(in: Self.folder, files: disk)
        let name = try requests.ask(BaselineEdit(.accept, .all), at: Self.now)
        try requests.answer(requests.waiting()[0], BaselineEdit.Outcome())
        requests.sweep(at: Timestamp(nanoseconds: Self.now.nanoseconds + 3_599_000_000_000))
        #expect(disk.names(in: FilePath(Self.folder).appending("baseline.requests")) == [name + ".done"])
        requests.sweep(at: Timestamp(nanoseconds: Self.now.nanoseconds + 3_601_000_000_000))
        #expect(disk.names(in: FilePath(Self.folder).appending("baseline.requests")) == [])
    }

    @Test func `what is damaged is put aside, the last few of them`() throws {
        let folder = try AlertFolder()
        let store = BaselineStore(in: folder.url.path)
        #expect(known(try store.read(learnFor: .seconds(60))) == nil)
        for second in 0..<6 {
            try Data("what is this".utf8).write(to: URL(filePath: store.path))
            guard case .damaged("it is cut off") = try store.read(learnFor: .seconds(60)) else {
                Issue.record("it was taken")
                return
            }
            let name = try store.putAside(
                at: Timestamp(nanoseconds: Self.now.nanoseconds + Int64(second) * 1_000_000_000))
            #expect(folder.text(name) == "what is this")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
        #expect(names == (2..<6).map { "baseline.corrupt-2027-01-15T08:00:0\($0).000000000Z" })
        if case .none = try store.read(learnFor: .seconds(60)) {} else { Issue.record("it is still there") }
        symlink("/etc/passwd", store.path)
        guard case .damaged("it is no file") = try store.read(learnFor: .seconds(60)) else {
            Issue.record("a link was followed")
            return
        }
    }

    @Test func `a full disk is told of, and what was there stays`() throws {
        let disk = SimulatedDisk()
        try disk.makeDirectory(FilePath(Self.folder))
        let store = BaselineStore(in: Self.folder, files: disk)
        try store.save(baseline(3), at: Self.now)
        disk.fail(.write, with: .noSpace)
        #expect(throws: BaselineStore.Trouble.self) { try store.save(baseline(5), at: Self.now) }
        disk.heal()
        #expect(known(try store.read(learnFor: .seconds(60))) == 3)
        #expect(disk.names(in: FilePath(Self.folder)) == [BaselineStore.fileName])
    }
}

enum BaselineFixture {
    static func seen(_ path: String) -> PlacedSighting {
        let identity = UnitIdentity(kind: .service, unit: "app.service", slice: "system.slice")
        let nowhere = FilePlace(device: 1, inode: 2, within: nil, seen: nil)
        let writer = SightedWriter(
            executable: ExecutableID(device: 1, inode: 2, generation: 3), comm: "app", uid: 33, pid: 7)
        let path = ByteString(path)
        return PlacedSighting(
            sighting: Sighting(
                time: 0, cgroup: CgroupID(1), writer: writer, operation: .write, place: .named(path, base: nowhere)),
            identity: identity, series: SeriesNames(of: identity, folding: true), hostPaths: [path], path: path,
            root: .host, pathSource: .file, executableHostPaths: ["/usr/bin/app"], executablePath: "/usr/bin/app")
    }
}
