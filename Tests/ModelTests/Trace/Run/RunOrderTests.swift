import RunScripts
import Testing

@testable import Model

@Suite("The order of events")
struct RunOrderTests {
    /// Anew for each seed, and the same for the same one.
    private struct Chance: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    private func numbersAside(_ history: RunHistory) -> [String] {
        history.classes
            + history.processes.indices.map { process in
                let names = { (files: [Int]) in files.map { history.files[$0].name?.path.legible ?? "-" }.sorted() }
                let parent = history.processes[process].parent.map { history.processes[$0].pid }
                return "\(history.processes[process].pid) \(parent ?? 0) \(names(history.inputs(of: process))) "
                    + "\(names(history.outputs(of: process)))"
            }.sorted()
    }

    @Test("Events that come late are put where they belong", arguments: 0..<50)
    func late(_ seed: Int) {
        var chance = Chance(state: UInt64(seed))
        let events = RunScript.build.events
        let expected = numbersAside(RunHistory(of: events))
        #expect(numbersAside(RunHistory(of: events.shuffled(using: &chance))) == expected)
    }

    @Test("Without times they stay in the order in which they come")
    func untimed() {
        var events = RunScript.build.events
        let expected = numbersAside(RunHistory(of: events))
        for index in events.indices { events[index].time = nil }
        #expect(numbersAside(RunHistory(of: events)) == expected)
    }

    @Test("A long run is handed on while it goes on")
    func long() {
        var order = EventOrder()
        let event = RunScript.build.events[0]
        var times: [Int64] = []
        for second in Int64(0)..<20_000 {
            var next = event
            // Every other one comes half a second late.
            next.time = Timestamp(nanoseconds: (second * 2 - (second % 2) * 3) * 250_000_000)
            times += order.add(next).map { $0.time?.nanoseconds ?? 0 }
        }
        #expect(times.count > 10_000)
        times += order.finish().map { $0.time?.nanoseconds ?? 0 }
        #expect(times.count == 20_000)
        #expect(times == times.sorted())
    }

    @Test("Those of one time stay as they came, however many come late")
    func stable() {
        var order = EventOrder()
        var events: [TraceEvent] = []
        for number in UInt32(0)..<40_000 {
            var event = RunScript.build.events[0]
            // As the same run a hundred times, one after the other.
            (event.time, event.actor.pid) = (Timestamp(nanoseconds: Int64(number % 400)), number)
            events += order.add(event)
        }
        events += order.finish()
        let expected = (0..<400).flatMap { time in (0..<100).map { UInt32(time + 400 * $0) } }
        #expect(events.map(\.actor.pid) == expected)
    }

    @Test("However near they are, there is an end to waiting")
    func bounded() {
        var order = EventOrder()
        let event = RunScript.build.events[0]
        var count = 0
        for _ in 0..<EventOrder.most { count += order.add(event).count }
        #expect(count >= EventOrder.most / 2)
    }

    @Test("Every file is in one class, and whatever it is, each is listed where it can be told", arguments: 0..<200)
    func anyRun(_ seed: Int) {
        var chance = Chance(state: UInt64(seed) &+ 1_000_000)
        var script = RunScript()
        let names: [ByteString] = ["/w/a", "/w/b", "/w/d", "/w/d/a", "/w/d/e/b", "/usr/c", "/dev/x"]
        for _ in 0..<200 {
            let pid = UInt32.random(in: 1...4, using: &chance)
            let (name, other) = (names.randomElement(using: &chance) ?? "/", names.randomElement(using: &chance) ?? "/")
            let ino = Bool.random(using: &chance) ? UInt64.random(in: 1...6, using: &chance) : nil
            let made = Bool.random(using: &chance) ? Bool.random(using: &chance) : nil
            switch Int.random(in: 0..<12, using: &chance) {
            case 0...3:
                let flags = [0, 1, 2, 0o101, 0o1102, 0o10_000_000, 0o200_000, 0o20_200_002].randomElement(
                    using: &chance)
                script.open(pid, name, UInt64(flags ?? 0), created: made, ino: ino)
            case 4: script.write(pid, name, ino: ino)
            case 5: script.rename(pid, name, other, flags: Bool.random(using: &chance) ? 2 : 0)
            case 6: script.link(pid, name, other, ino: ino)
            case 7: script.delete(pid, name, kind: Bool.random(using: &chance) ? .rmdir : .unlink, ino: ino)
            case 8: script.fail(pid, name, errno: [2, 13, 17, 20, 21].randomElement(using: &chance) ?? 2)
            case 9: script.exec(pid, name, "x")
            case 10: script.fork(pid, UInt32.random(in: 1...4, using: &chance))
            default: script.exit(pid)
            }
        }
        let history = RunHistory(of: script.events)
        let summary = RunSummary(history, noise: PathNoise(showsAll: true))
        #expect(Set(summary.entries.map(\.file)).count == summary.entries.count)
        for (number, file) in history.files.enumerated() {
            #expect(Set(file.names).count == file.names.count)
            #expect(Set(file.names).isDisjoint(with: file.formerNames))
            #expect(!file.isGone || file.names.isEmpty)
            if history.fileClass(of: number) == nil { #expect(file.successor != nil, "\(file)") }
        }
        // No name is that of two files at once.
        let current = history.files.flatMap(\.names)
        #expect(Set(current).count == current.count)
        for process in history.processes.indices {
            var (above, steps) = (history.processes[process].parent, 0)
            while let next = above, steps <= history.processes.count {
                (above, steps) = (history.processes[next].parent, steps + 1)
            }
            #expect(steps <= history.processes.count)
        }
    }
}
