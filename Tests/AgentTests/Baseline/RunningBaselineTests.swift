import Export
import Foundation
import Model
import Testing

@testable import Agent

@Suite("The baseline of a running agent", .timeLimit(.minutes(2)))
struct RunningBaselineTests {
    private let folder: BaselineFolder
    private let keeper = LogKeeper()

    init() throws { folder = try BaselineFolder() }

    private func judge(_ running: RunningBaseline, _ path: String, at passed: Duration) -> Alert? {
        running.judge(BaselineFixture.seen(path), at: BaselineFixture.reading(passed)).finding
    }

    @Test func `What was learned survives restarts, and time without an agent does not count`() async throws {
        var running = folder.running(at: .zero)
        #expect(judge(running, "/etc/a/x", at: .seconds(1)) == nil)
        await running.finish(at: BaselineFixture.reading(.seconds(30)))
        running = folder.running(at: .seconds(1000))
        #expect(running.isLearning)
        #expect(judge(running, "/etc/b/x", at: .seconds(1029)) == nil)
        #expect(judge(running, "/etc/c/x", at: .seconds(1031)) != nil)
        await running.finish(at: BaselineFixture.reading(.seconds(1040)))
        running = folder.running(at: .seconds(5000))
        #expect(judge(running, "/etc/a/y", at: .seconds(5000)) == nil)
        #expect(judge(running, "/etc/c/y", at: .seconds(5000)) == nil)
        #expect(try folder.states() == ["/etc/a": .learned, "/etc/b": .learned, "/etc/c": .found])
    }

    @Test func `A file that is damaged is put aside and said, and learning begins anew`() async throws {
        var running = folder.running(at: .zero)
        _ = judge(running, "/etc/a/x", at: .seconds(1))
        await running.finish(at: BaselineFixture.reading(.seconds(100)))
        let file = BaselineStore(in: folder.path).path
        let whole = try Data(contentsOf: URL(filePath: file))
        try whole.dropLast(5).write(to: URL(filePath: file))
        running = folder.running(at: .seconds(200), keeper)
        #expect(
            keeper.lines == [
                "error: '\(file)' is damaged, it is cut off: put aside as "
                    + "'baseline.corrupt-2027-01-15T08:03:20.000000000Z'; learning begins anew"
            ])
        #expect(running.isLearning)
        let aside = folder.path + "/baseline.corrupt-2027-01-15T08:03:20.000000000Z"
        #expect(try Data(contentsOf: URL(filePath: aside)) == whole.dropLast(5))
        #expect(judge(running, "/etc/new/x", at: .seconds(200)) == nil)
    }

    @Test func `The disk is written to once a minute at most, and at the end`() async throws {
        let running = folder.running(at: .zero)
        for second in 1..<60 {
            _ = judge(running, "/etc/\(second)x/x", at: .seconds(second))
            running.turn(to: BaselineFixture.reading(.seconds(second)))
        }
        #expect(try folder.kept() == nil)
        // A turn while the disk is still looked at does nothing.
        try await wait {
            running.turn(to: BaselineFixture.reading(.seconds(61)))
            return try folder.kept()?.combinations == 59
        }
        _ = judge(running, "/etc/another/x", at: .seconds(62))
        for second in 62..<120 { running.turn(to: BaselineFixture.reading(.seconds(second))) }
        #expect(try folder.kept()?.combinations == 59)
        await running.finish(at: BaselineFixture.reading(.seconds(120)))
        #expect(try folder.kept()?.combinations == 60)
        #expect(try folder.kept()?.ran == .seconds(120))
    }

    @Test func `A request is done within seconds, and the kernel is asked to report again after a forget`() async throws
    {
        let running = folder.running(at: .zero, keeper)
        _ = judge(running, "/etc/a/x", at: .seconds(1))
        let found = try #require(judge(running, "/etc/b/x", at: .seconds(100)))
        let requests = BaselineRequests(in: folder.path)
        let accept = try requests.ask(BaselineEdit(.accept, .ids([found.id])), at: Timestamp(nanoseconds: 1))
        try await wait {
            running.turn(to: BaselineFixture.reading(.seconds(102)))
            return requests.takeAnswer(to: accept) == .init(combinations: 1)
        }
        #expect(try folder.states() == ["/etc/a": .learned, "/etc/b": .accepted])
        #expect(!running.takeForgotten())
        let forget = try requests.ask(BaselineEdit(.forget, .ids([found.id])), at: Timestamp(nanoseconds: 2))
        var passed = 103
        try await wait {
            passed += 1
            running.turn(to: BaselineFixture.reading(.seconds(passed)))
            return requests.takeAnswer(to: forget) == .init(combinations: 1)
        }
        #expect(running.takeForgotten() && !running.takeForgotten())
        #expect(judge(running, "/etc/b/x", at: .seconds(passed)) != nil)
        #expect(
            keeper.lines == [
                "info: baseline: accepted 1 combination, as was asked for",
                "info: baseline: forgot 1 combination, as was asked for",
            ])
    }

    @Test func `A disk that takes nothing is said once, and what was asked for waits`() async throws {
        let running = folder.running(at: .zero, keeper)
        _ = judge(running, "/etc/a/x", at: .seconds(1))
        // A directory in the way of the file, for root is not refused anything.
        let file = BaselineStore(in: folder.path).path
        try FileManager.default.createDirectory(atPath: file + "/in/the/way", withIntermediateDirectories: true)
        let requests = BaselineRequests(in: folder.path)
        let name = try requests.ask(BaselineEdit(.accept, .all), at: Timestamp(nanoseconds: 1))
        for second in 1...3 { await running.finish(at: BaselineFixture.reading(.seconds(second * 100))) }
        #expect(keeper.lines.count == 1 && keeper.lines[0].hasPrefix("error: baseline: cannot write '"))
        #expect(requests.takeAnswer(to: name) == nil)
        try FileManager.default.removeItem(atPath: file)
        await running.finish(at: BaselineFixture.reading(.seconds(400)))
        #expect(requests.takeAnswer(to: name) != nil)
    }

    private func wait(_ condition: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try !condition() {
            try #require(ContinuousClock.now < deadline)
            await Task.yield()
        }
    }
}
