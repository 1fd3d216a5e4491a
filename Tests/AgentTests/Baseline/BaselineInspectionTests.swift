import Export
import Foundation
import Machine
import Model
import Synchronization
import Testing

@testable import Agent

@Suite("What the commands do with a baseline", .timeLimit(.minutes(2)))
struct BaselineInspectionTests {
    private let folder: BaselineFolder

    init() throws { folder = try BaselineFolder() }

    private var inspection: BaselineInspection { BaselineInspection(folder.settings) }

    /// One combination that was learned, and so many that were found.
    @discardableResult private func fill(_ count: Int) async -> [String] {
        let running = folder.running(at: .zero)
        _ = running.judge(BaselineFixture.seen("/etc/a/x"), at: BaselineFixture.reading(.zero))
        let ids = (0..<count).compactMap { number in
            running.judge(BaselineFixture.seen("/etc/new\(number)/x"), at: BaselineFixture.reading(.seconds(60)))
                .finding?.id
        }
        await running.finish(at: BaselineFixture.reading(.seconds(61)))
        return ids
    }

    @Test func `Without a baseline they say what to do`() async throws {
        await #expect {
            try await inspection.listing()
        } throws: {
            "\($0)" == "nothing is learned yet, there is no '\(folder.path)/baseline.ndjson': "
                + "an agent writes it down a minute after its start"
        }
        try Data("x".utf8).write(to: URL(filePath: folder.path + "/baseline.ndjson"))
        await #expect {
            try await inspection.listing()
        } throws: {
            "\($0)"
                == "'\(folder.path)/baseline.ndjson' is damaged, it is cut off: an agent puts it aside when it starts"
        }
        await #expect(throws: Refusal.self) { try await inspection.apply(BaselineEdit(.accept, .all)) }
    }

    @Test func `show has all, and diff what was found and is not accepted`() async throws {
        let ids = await fill(2)
        #expect(try await inspection.listing().contains("/etc/a"))
        #expect(try await inspection.listing(onlyFound: true).contains("/etc/new1"))
        #expect(try await !inspection.listing(onlyFound: true).contains("/etc/a\n"))
        #expect(
            try await inspection.apply(BaselineEdit(.accept, .ids([ids[0], "nobody"])))
                == .init(
                    combinations: 1, unknown: ["nobody"]))
        #expect(try await !inspection.listing(onlyFound: true).contains("/etc/new0"))
        #expect(try await inspection.listing(onlyFound: true, json: true).contains(ids[1]))
    }

    @Test func `What an agent knows is shown, though it has not written it down`() async throws {
        let state = try StateDirectory(folder.path)
        let running = folder.running(at: .zero)
        _ = running.judge(BaselineFixture.seen("/etc/a/x"), at: BaselineFixture.reading(.seconds(1)))
        let inspection = inspection
        async let shown = inspection.listing()
        let requests = BaselineRequests(in: folder.path)
        while requests.waiting().isEmpty { await Task.yield() }
        running.turn(to: BaselineFixture.reading(.seconds(3)))
        #expect(try await shown.contains("/etc/a"))
        #expect(requests.waiting().isEmpty)
        _ = consume state
    }

    @Test func `Commands, agents that come and go, and what is learned meanwhile: nothing is lost`() async throws {
        let ids = await fill(24)
        let hasDone = Flag()
        let inspection = inspection
        let folder = folder
        let agents = Task {
            var (second, lives) = (100, 0)
            while lives < 3 || !hasDone.isSet && lives < 30 {
                guard let state = try? StateDirectory(folder.path) else {
                    await Task.yield()
                    continue
                }
                let running = folder.running(at: .seconds(second), wall: Clock.wall)
                for turn in 0..<20 {
                    second += 2
                    running.turn(to: BaselineFixture.reading(.seconds(second)))
                    let seen = BaselineFixture.seen("/etc/life\(lives)turn\(turn)/x")
                    _ = running.judge(seen, at: BaselineFixture.reading(.seconds(second)))
                    await Task.yield()
                }
                await running.finish(at: BaselineFixture.reading(.seconds(second)))
                _ = consume state
                lives += 1
                // Now and then nobody has it for a while.
                for _ in 0..<100 { await Task.yield() }
            }
            return lives
        }
        let outcomes = try await withThrowingTaskGroup(of: BaselineEdit.Outcome.self) { group in
            for id in ids {
                group.addTask { try await inspection.apply(BaselineEdit(.accept, .ids([id])), within: .seconds(60)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        hasDone.set()
        let lives = await agents.value
        #expect(outcomes.map(\.combinations) == [Int](repeating: 1, count: 24))
        let states = try folder.states()
        #expect(states.count { $0.value == .accepted } == 24)
        for life in 0..<lives { for turn in 0..<20 { #expect(states["/etc/life\(life)turn\(turn)"] == .found) } }
        #expect(states["/etc/a"] == .learned)
        #expect(BaselineRequests(in: folder.path).waiting().isEmpty)
    }

    @Test func `An agent that does not answer leaves the change for the next`() async throws {
        let ids = await fill(1)
        let state = try StateDirectory(folder.path)
        await #expect(throws: Refusal.self) {
            try await inspection.apply(BaselineEdit(.accept, .ids(ids)), within: .milliseconds(200))
        }
        #expect(try folder.states()["/etc/new0"] == .found)
        _ = consume state
        await folder.running(at: .seconds(70)).finish(at: BaselineFixture.reading(.seconds(70)))
        #expect(try folder.states()["/etc/new0"] == .accepted)
    }

    @Test func `What export prints is a configuration`() async throws {
        let running = folder.running(at: .zero)
        let units: [ByteString] = [
            "app.service", #"dev-disk-by\x2dlabel-x.service"#, "a[1]?.service", "run-u12.service", #"we"ird$.service"#,
        ]
        let paths = [
            "/var/log/app/x", "/srv/$HOME/${X}/x", #"/srv/qu"ote\back/x"#, "/srv/[a]?/x", "/srv/12345/x", "/tmp/a/b",
            "/srv/ü/x", "/x",
        ]
        // What a configuration cannot have.
        let others = ["/srv/line\nfeed/x", "/srv/\u{1b}[31m/x", "/srv/\u{7f}/x"]
        for unit in units {
            for path in paths + others {
                _ = running.judge(BaselineFixture.seen(path, unit: unit), at: BaselineFixture.reading(.zero))
            }
        }
        await running.finish(at: BaselineFixture.reading(.seconds(1)))
        let rules = try await inspection.rules(for: nil)
        #expect(rules.split(separator: "\n").count { $0.hasPrefix("# no rule for /usr/bin/app in /srv/") } == 15)
        let watch = try settings(anOutput + rules).watch
        #expect(watch.count == units.count)
        #expect(watch.allSatisfy { $0.allow == ["/usr/bin/app"] && $0.paths.count == paths.count })
        // Each rule is about its unit and no other, and the files that were written are in its paths.
        for unit in units {
            let matching = try watch.filter { try PathGlob($0.unit ?? "").matches(unit.folded) }
            #expect(matching.count == 1, "\(unit)")
            for path in paths {
                let globs = try (matching.first?.paths ?? []).map { try PathGlob($0) }
                #expect(globs.contains { $0.matches(ByteString(path)) }, "\(path)")
            }
        }
        #expect(try settings(anOutput + (await inspection.rules(for: "app.*"))).watch.count == 1)
        #expect(try await inspection.rules(for: "nothing") == "# nothing was learned that a rule could say\n")
        await #expect(throws: Refusal.self) { try await inspection.rules(for: "[") }
    }
}

private final class Flag: Sendable {
    private let value = Mutex(false)

    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
}
