import Testing

@testable import Model

@Suite("What was learned can be changed")
struct BaselineEditTests {
    private var clock = HandClock()
    private var baseline = Baseline(learnFor: .seconds(60))
    private let app = SeenWriters()
    private var other = SeenWriters(unit: "other.service")

    init() {
        baseline.turn(to: clock.reading)
        _ = baseline.judge(app.writes("/srv/a/x"), at: clock.reading)
        _ = baseline.judge(other.writes("/srv/a/x"), at: clock.reading)
        clock.pass(.seconds(60))
        for place in ["/etc/x", "/root/x"] as [ByteString] {
            _ = baseline.judge(app.writes(place), at: clock.reading)
            _ = baseline.judge(other.writes(place), at: clock.reading)
        }
    }

    private var found: [Baseline.Combination] {
        baseline.unitNames.flatMap { baseline.combinations(of: $0) }.filter { $0.entry.state == .found }
    }

    private mutating func apply(_ edit: BaselineEdit) -> BaselineEdit.Outcome {
        let outcome = baseline.apply(edit, at: clock.reading.wall)
        var counted = baseline
        counted.recount()
        #expect((counted.combinations, counted.bytes) == (baseline.combinations, baseline.bytes))
        return outcome
    }

    @Test mutating func `One finding, those of a unit, or all can be accepted`() throws {
        #expect(found.count == 4)
        let id = found[0].id
        #expect(apply(BaselineEdit(.accept, .ids([id, "0", id]))) == .init(combinations: 1, unknown: ["0"]))
        #expect(found.count == 3)
        #expect(apply(BaselineEdit(.accept, .ids([id]))) == .init(combinations: 0))
        #expect(apply(BaselineEdit(.accept, .units(try PathGlob("oth*")))) == .init(combinations: 2))
        #expect(apply(BaselineEdit(.accept, .all)) == .init(combinations: 1))
        #expect(found.isEmpty)
        #expect(baseline.judge(app.writes("/etc/x"), at: clock.reading).finding == nil)
    }

    @Test mutating func `A combination that was forgotten is found again`() throws {
        let known = baseline.combinations(of: BaselineUnit(app.writes("/")))
        let id = try #require(known.first { $0.directory == "/srv/a" }).id
        #expect(apply(BaselineEdit(.forget, .ids([id]))) == .init(combinations: 1))
        #expect(baseline.judge(app.writes("/srv/a/x"), at: clock.reading).finding?.id == id)
    }

    @Test mutating func `A unit that was forgotten learns anew and says nothing`() throws {
        #expect(apply(BaselineEdit(.forget, .units(try PathGlob("app.service")))) == .init(combinations: 3, units: 1))
        #expect(baseline.judge(app.writes("/opt/x"), at: clock.reading).finding == nil)
        #expect(baseline.judge(other.writes("/opt/x"), at: clock.reading).finding != nil)
        clock.pass(.seconds(60))
        #expect(baseline.judge(app.writes("/etc/x"), at: clock.reading).finding != nil)
    }
}
