import Testing

@testable import Model

@Suite("A baseline learns who writes where, then says what is new")
struct BaselineTests {
    private var clock = HandClock()
    private var baseline = Baseline(learnFor: .seconds(3600))
    private let app = SeenWriters()

    init() { baseline.turn(to: clock.reading) }

    private mutating func judge(_ placed: PlacedSighting) -> Alert? {
        let judgement = baseline.judge(placed, at: clock.reading)
        #expect(judgement.verdict == (placed.isPlaceKnown ? .directory : .eachFile))
        return judgement.finding
    }

    private mutating func pass(_ duration: Duration) {
        clock.pass(duration)
        baseline.turn(to: clock.reading)
    }

    private mutating func learn(_ placed: PlacedSighting...) {
        for each in placed { #expect(judge(each) == nil) }
        pass(baseline.learnFor)
    }

    @Test mutating func `While it learns nothing is new, and what it learned is not later`() {
        learn(app.writes("/var/log/app/x"), app.writes("/srv/data/y", .create))
        #expect(judge(app.writes("/var/log/app/z")) == nil)
        #expect(judge(app.writes("/srv/data/z")) == nil)
        #expect(baseline.combinations == 2)
    }

    @Test mutating func `A directory, an executable or a user that was not learned is found once`() throws {
        learn(app.writes("/var/log/app/x"))
        let found = try #require(judge(app.writes("/etc/cron.d/x", .create)))
        #expect(found.name == .newWriter)
        #expect(found.rule == "baseline")
        #expect(found.path == "/etc/cron.d/x")
        #expect(found.operation == .create)
        #expect(found.time == clock.reading.wall)
        #expect(judge(app.writes("/etc/cron.d/y")) == nil)
        var other = app
        other.executable = "/usr/bin/python3.11"
        #expect(judge(other.writes("/var/log/app/x")) != nil)
        other = app
        other.uid = 0
        #expect(judge(other.writes("/var/log/app/x")) != nil)
        #expect(judge(other.writes("/var/log/app/x")) == nil)
        #expect(baseline.account.findings == 3)
    }

    @Test mutating func `An operation more is no finding, and is noted`() {
        learn(app.writes("/var/log/app/x"))
        #expect(judge(app.writes("/var/log/app/x", .rename)) == nil)
        let known = baseline.combinations(of: BaselineUnit(app.writes("/")))
        #expect(known.map(\.entry.operations) == [[.write, .rename]])
    }

    @Test mutating func `A unit that was never there is one finding, and then learns`() {
        learn(app.writes("/var/log/app/x"))
        var new = app
        new.unit = "new.service"
        #expect(judge(new.writes("/srv/a/x")) != nil)
        #expect(judge(new.writes("/srv/b/x")) == nil)
        pass(.seconds(3599))
        #expect(judge(new.writes("/srv/c/x")) == nil)
        pass(.seconds(1))
        #expect(judge(new.writes("/srv/d/x")) != nil)
    }

    @Test mutating func `Only time in which an agent runs is learned`() {
        _ = judge(app.writes("/srv/a/x"))
        pass(.seconds(1800))
        // The agent ends, and another takes over what is on disk a day later.
        var next = Baseline(learnFor: baseline.learnFor)
        (next.ran, next.units) = (baseline.ran, baseline.units)
        clock.pass(.seconds(86400))
        baseline = next
        baseline.turn(to: clock.reading)
        pass(.seconds(1799))
        #expect(judge(app.writes("/srv/b/x")) == nil)
        pass(.seconds(1))
        #expect(judge(app.writes("/srv/c/x")) != nil)
        #expect(judge(app.writes("/srv/a/x")) == nil)
    }

    @Test mutating func `Restarts and transient runs are one unit, and users' sessions are not`() {
        var run = app
        run.unit = "run-r0123456789abcdef0123456789abcdef.scope"
        learn(run.writes("/srv/a/x"))
        run.unit = "run-rfedcba9876543210fedcba9876543210.scope"
        #expect(judge(run.writes("/srv/a/x")) == nil)
        #expect(judge(run.writes("/srv/b/x")) != nil)
        var session = app
        (session.unit, session.slice) = ("session-3.scope", "user-1000.slice")
        #expect(BaselineUnit(session.writes("/")) != BaselineUnit(run.writes("/")))
        let alice = BaselineUnit(session.writes("/"))
        session.slice = "user-1001.slice"
        #expect(BaselineUnit(session.writes("/")) != alice)
    }

    @Test(arguments: [
        ("registry.example:5000/shop/web:1.2", "registry.example:5000/shop/web"),
        ("shop/web@sha256:0123", "shop/web"), ("web", "web"), ("web:latest", "web"),
        ("registry:5000/web", "registry:5000/web"),
    ])
    func `Containers of one image are one, whatever its version`(_ image: String, _ expected: String) {
        var container = app
        container.container = UnitIdentity.Container(
            id: "0123", runtime: "docker", name: "happy_einstein", image: ByteString(image))
        #expect(BaselineUnit(container.writes("/")) == BaselineUnit(container: ByteString(expected)))
        container.container?.image = nil
        #expect(BaselineUnit(container.writes("/")).name == "happy_einstein")
        container.container?.name = nil
        #expect(BaselineUnit(container.writes("/")).name == "docker:*")
    }

    @Test mutating func `What a container sees is not what the host sees`() {
        var container = app
        container.root = .container
        container.isOnHost = false
        learn(container.writes("/etc/app/x"))
        container.isOnHost = true
        #expect(judge(container.writes("/etc/app/x")) != nil)
    }

    @Test(arguments: [
        "/var/lib/docker/overlay2/\(Self.id)/merged", "/var/lib/containers/storage/overlay/\(Self.id)/merged",
        "/run/containerd/io.containerd.runtime.v2.task/k8s.io/\(Self.id)/rootfs",
        "/var/lib/docker/rootfs/overlayfs/\(Self.id)",
    ])
    mutating func `A container's own root is the same whether or not the host still has it mounted`(_ root: String) {
        var container = app
        container.root = .container
        container.executable = ByteString(root + "/usr/bin/app")
        learn(container.writes(ByteString(root + "/work/x")))
        let known = baseline.combinations(of: BaselineUnit(container.writes("/")))
        #expect(known.map(\.directory) == ["container:/work"])
        #expect(known.map(\.writer.executable) == ["container:/usr/bin/app"])
        container.isOnHost = false
        container.executable = "/usr/bin/app"
        #expect(judge(container.writes("/work/x")) == nil)
        // A directory of the host's in it.
        container.isOnHost = true
        container.executable = ByteString(root + "/usr/bin/app")
        #expect(judge(container.writes("/etc/cron.d/x")) != nil)
    }

    private static let id = String(repeating: "0123456789abcdef", count: 4)

    @Test mutating func `A container without a name yet waits for one`() {
        var container = app
        container.container = UnitIdentity.Container(id: "0123", runtime: "docker")
        var placed = container.writes("/srv/a/x")
        placed.isContainerKnown = false
        let judgement = baseline.judge(placed, at: clock.reading)
        #expect(judgement == Baseline.Judgement(verdict: .eachFile, finding: nil, awaitsContainer: true))
        #expect(baseline.units.isEmpty)
        placed.isContainerKnown = true
        #expect(!baseline.judge(placed, at: clock.reading).awaitsContainer)
        #expect(baseline.units.count == 1)
    }

    @Test mutating func `A place that is not known is none of those that are`() {
        learn(app.writes("/srv/a/x"))
        var placed = app.writes("elsewhere/x")
        placed.isPlaceKnown = false
        #expect(judge(placed) == nil)
    }

    @Test mutating func `A place that nobody could tell is new only for a new writer`() {
        learn(app.writes("/srv/a/x"))
        #expect(judge(app.writes(nil)) == nil)
        var other = app
        other.executable = "/usr/bin/other"
        #expect(judge(other.writes(nil)) != nil)
        #expect(judge(other.writes(nil)) == nil)
    }

    @Test mutating func `Kernel threads go by their names without numbers`() {
        var worker = app
        (worker.executable, worker.comm) = (nil, "kworker/u8:2")
        learn(worker.writes("/srv/a/x"))
        worker.comm = "kworker/u16:11"
        #expect(judge(worker.writes("/srv/a/x")) == nil)
        worker.comm = "jbd2/sda1"
        #expect(judge(worker.writes("/srv/a/x")) != nil)
    }

    @Test mutating func `The id of a finding is the same on every host`() throws {
        learn(app.writes("/srv/a/x"))
        let found = try #require(judge(app.writes("/etc/cron.d/x")))
        #expect(found.id.utf8.count == 16)
        let known = baseline.combinations(of: BaselineUnit(app.writes("/"))).filter { $0.entry.state == .found }
        #expect(known.map(\.id) == [found.id])
        #expect(
            BaselineID(BaselineUnit(), BaselineWriter(executable: nil, comm: nil, uid: 0), "").description
                != BaselineID(BaselineUnit(unit: ""), BaselineWriter(executable: nil, comm: nil, uid: 0), "")
                .description)
        #expect(found.id == "c4ac5191d8a41dc9")
    }

    @Test mutating func `When there is no more room what is new is counted, not judged`() {
        var limits = Baseline.Limits()
        (limits.directoriesPerWriter, limits.writersPerUnit, limits.units) = (3, 2, 2)
        baseline = Baseline(learnFor: .seconds(3600), limits: limits)
        baseline.turn(to: clock.reading)
        for name in ["a", "b", "c", "d"] { _ = judge(app.writes(ByteString("/srv/\(name)/x"))) }
        #expect(baseline.combinations == 3)
        #expect(baseline.account.unjudged == 1)
        for executable in ["/usr/bin/b", "/usr/bin/c"] as [ByteString] {
            var other = app
            other.executable = executable
            _ = judge(other.writes("/srv/a/x"))
        }
        #expect(baseline.combinations == 4)
        for unit in ["b.service", "c.service"] as [ByteString] {
            var other = app
            other.unit = unit
            _ = judge(other.writes("/srv/a/x"))
        }
        #expect(baseline.units.count == 2)
        #expect(baseline.account.unjudged == 3)
        #expect(baseline.units[BaselineUnit(app.writes("/"))]?.unjudged == 2)
        pass(.seconds(3600))
        #expect(judge(app.writes("/srv/e/x")) == nil)
        #expect(judge(app.writes("/srv/a/x")) == nil)
    }

    @Test mutating func `What nobody was told of is found again, but what was accepted is not`() throws {
        learn(app.writes("/var/log/app/x"))
        let found = try ["/etc/a/x", "/etc/b/x"].map { try #require(judge(app.writes($0))) }
        _ = baseline.apply(BaselineEdit(.accept, .ids([found[0].id])), at: clock.reading.wall)
        baseline.withdraw(Set(found.map(\.id) + ["0123456789abcdef"]))
        #expect(baseline.combinations == 2)
        #expect(judge(app.writes("/etc/a/x")) == nil)
        #expect(judge(app.writes("/etc/b/x"))?.id == found[1].id)
    }

    @Test mutating func `The first of a new unit of which nobody was told is found again, though the unit learns`()
        throws
    {
        learn(app.writes("/var/log/app/x"))
        var other = app
        other.unit = "other.service"
        let first = try #require(judge(other.writes("/etc/a/x")))
        #expect(judge(other.writes("/etc/b/x")) == nil)
        baseline.withdraw([first.id])
        #expect(judge(other.writes("/etc/b/x")) == nil)
        #expect(judge(other.writes("/etc/a/x"))?.id == first.id)
        #expect(judge(other.writes("/etc/a/x")) == nil)
        // With nothing else known of it the unit is as good as never seen, for an agent that starts anew, too.
        other.unit = "third.service"
        let only = try #require(judge(other.writes("/etc/a/x")))
        baseline.withdraw([only.id])
        baseline.withdrawn = []
        #expect(judge(other.writes("/etc/a/x"))?.id == only.id)
    }

    @Test mutating func `All units of one user have one share`() {
        var limits = Baseline.Limits()
        (limits.combinations, limits.units) = (40, 20)
        baseline = Baseline(learnFor: .seconds(3600), limits: limits)
        baseline.turn(to: clock.reading)
        for letter in "abcdefghij" {
            var mine = app
            (mine.slice, mine.unit) = ("user-1000.slice", "user@1000.service")
            mine.userUnit = ByteString("\(letter).service")
            _ = judge(mine.writes("/home/x/y"))
        }
        #expect(baseline.units.count == 5 && baseline.combinations == 5)
        _ = judge(app.writes("/srv/a/x"))
        #expect(baseline.units.count == 6)
    }

    @Test(arguments: [true, false])
    mutating func `One unit that writes everywhere leaves the room of the others`(byCount: Bool) {
        var limits = Baseline.Limits()
        if byCount { limits.combinations = 16 } else { limits.bytes = 400 }
        baseline = Baseline(learnFor: .seconds(3600), limits: limits)
        baseline.turn(to: clock.reading)
        for letter in "abcdefghijklmnop" { _ = judge(app.writes(ByteString("/srv/\(letter)\(letter)\(letter)/x"))) }
        let taken = baseline.combinations
        #expect(taken > 0 && taken <= 4 && baseline.bytes <= limits.bytes)
        #expect(byCount ? taken == 4 : baseline.bytes <= 100)
        var other = app
        other.unit = "other.service"
        _ = judge(other.writes("/srv/a/x"))
        #expect(baseline.combinations == taken + 1)
        // What it forgets is free again.
        _ = baseline.apply(BaselineEdit(.forget, .all), at: clock.reading.wall)
        _ = judge(app.writes("/srv/new/x"))
        #expect(baseline.combinations == 1)
    }
}
