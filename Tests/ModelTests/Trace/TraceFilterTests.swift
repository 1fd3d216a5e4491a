import Model
import Testing

@Suite struct TraceFilterTests {
    private static let event = TraceEvent(
        actor: TraceEvent.Actor(pid: 1, tid: 2, cgroup: CgroupID(3), comm: "kworker/0:1"), operation: .rename,
        kind: .renameat2, facts: OpenFacts(flags: 0, result: 0), filename: "old.txt", target: "new.log",
        path: "/tmp/old.txt", targetPath: "/tmp/new.log")

    private func passes(
        _ event: TraceEvent = event, of owner: CgroupOwner? = nil, _ change: (inout TraceFilter) throws -> Void
    )
        rethrows -> Bool
    {
        var filter = TraceFilter(architecture: .x86_64)
        try change(&filter)
        return filter.passes(event, of: owner)
    }

    @Test func `without a condition everything passes`() {
        #expect(passes { _ in })
        #expect(!TraceFilter().needsNames)
    }

    @Test(arguments: [
        ("/tmp/old.txt", true), ("old.txt", true), ("*.log", true), ("/tmp/*.log", true), ("/tmp/x", false),
        ("*.c", false), ("/**", true),
    ])
    func `a path is an absolute one or a name as passed, of either file`(glob: String, passes: Bool) throws {
        #expect(try self.passes { $0.path = try PathGlob(glob) } == passes)
    }

    @Test func `an event without a name has no path that could match`() throws {
        let bare = TraceEvent(
            actor: TraceEvent.Actor(pid: 1, tid: 1, cgroup: CgroupID(3), comm: "x"), operation: .fork, kind: .clone,
            facts: OpenFacts(flags: 0))
        #expect(try !passes(bare) { $0.path = try PathGlob("**") })
    }

    @Test func `a process is one by its name`() throws {
        #expect(try passes { $0.comm = try PathGlob("kworker/*") })
        #expect(try !passes { $0.comm = try PathGlob("bash") })
    }

    @Test func `units and containers are those of the cgroup`() throws {
        let owner = CgroupOwner(unit: "web.service", containerID: "abc123", containerName: "shop")
        #expect(try passes(of: owner) { $0.unit = try PathGlob("web*") })
        #expect(try !passes(of: owner) { $0.unit = try PathGlob("db*") })
        #expect(try passes(of: owner) { $0.container = try PathGlob("shop") })
        #expect(try passes(of: owner) { $0.container = try PathGlob("abc*") })
        #expect(try !passes(of: owner) { $0.container = try PathGlob("web*") })
        #expect(try !passes(of: nil) { $0.unit = try PathGlob("*") })
        #expect(try !passes(of: CgroupOwner()) { $0.container = try PathGlob("*") })
    }

    @Test func `an open that made a file is a create, too`() {
        func open(created: Bool?) -> TraceEvent {
            TraceEvent(
                actor: TraceEvent.Actor(pid: 1, tid: 1, cgroup: CgroupID(3), comm: "x"), kind: .openat,
                facts: OpenFacts(flags: 0o100, created: created, result: 3))
        }
        #expect(passes(open(created: true)) { $0.operations = [.create] })
        #expect(!passes(open(created: false)) { $0.operations = [.create] })
        #expect(!passes(open(created: nil)) { $0.operations = [.create] })
        #expect(passes(open(created: true)) { $0.operations = [.open] })
        #expect(!passes(open(created: true)) { $0.operations = [.write] })
    }

    @Test(arguments: [
        (TraceOperation.open, TraceCall.openat, Int32?(3), false), (.open, .openat, -2, true),
        (.open, .openat, nil, false), (.rename, .renameat2, 0, false), (.rename, .renameat2, -18, true),
        (.write, .write, 10, false), (.exec, .execve, 0, false), (.fork, .clone, 4243, false),
        (.exit, .exit, 0, false), (.exit, .exit, 1, true), (.exit, .exit, -9, true), (.exit, .exit, nil, false),
    ])
    func `what failed has an error, or ended with a code or by a signal`(
        operation: TraceOperation, kind: TraceCall, result: Int32?, passes: Bool
    ) {
        let event = TraceEvent(
            actor: TraceEvent.Actor(pid: 1, tid: 1, cgroup: CgroupID(3), comm: "x"), operation: operation, kind: kind,
            facts: OpenFacts(flags: 0, result: result))
        #expect(self.passes(event) { $0.onlyFailures = true } == passes)
    }

    @Test func `a formula is for opens alone`() {
        #expect(passes { $0.formula = .atom(.flag(.create)) })
        let open = TraceEvent(
            actor: TraceEvent.Actor(pid: 1, tid: 1, cgroup: CgroupID(3), comm: "x"), kind: .openat,
            facts: OpenFacts(flags: 0, result: 3))
        #expect(!passes(open) { $0.formula = .atom(.flag(.create)) })
    }
}

@Suite struct TraceRequestTests {
    private func request(_ change: (inout TraceRequest) -> Void) -> TraceRequest {
        var request = TraceRequest(on: .x86_64)
        change(&request)
        return request
    }

    @Test func `plain opens need no paths and no owners`() {
        let request = TraceRequest(on: .x86_64)
        #expect(!request.needsPaths)
        #expect(!request.needsOwners)
        #expect(request.wholeFormula == nil)
        #expect(request.selection(of: .host) == TraceSelection())
    }

    @Test func `paths and owners are looked up for who shows them`() throws {
        #expect(request { $0.isWide = true }.needsPaths)
        #expect(request { $0.isWide = true }.needsOwners)
        for format in [TraceFormat.json, .jsonl] {
            #expect(request { $0.format = format }.needsPaths)
            #expect(request { $0.format = format }.needsOwners)
        }
        #expect(!request { $0.format = .text }.needsPaths)
        let glob = try PathGlob("*")
        #expect(request { $0.path = glob }.needsPaths)
        #expect(!request { $0.path = glob }.needsOwners)
        #expect(request { $0.unit = glob }.needsOwners)
        #expect(request { $0.operations = [.write] }.needsPaths)
    }

    @Test func `words for opens are joined with the formula`() {
        let both = request {
            ($0.formula, $0.onlyCreated) = (.atom(.access(.readWrite)), true)
        }
        #expect(both.wholeFormula == .all([.atom(.access(.readWrite)), .atom(.property(.created))]))
        #expect(request { $0.onlyWrites = true }.wholeFormula == .atom(.property(.write)))
    }

    /// A formula that the kernel tests as it is needs no second test; one that is too large does.
    @Test func `what the kernel tests in part is tested again`() {
        #expect(request { $0.formula = .atom(.flag(.create)) }.filter.formula == nil)
        let pairs = (0..<8).map {
            FlagsFormula.any([.atom(.bits(1 << (2 * $0 + 20))), .atom(.bits(1 << (2 * $0 + 21)))])
        }
        let large = request { $0.formula = .all(pairs) }
        #expect(large.filter.formula == .all(pairs))
        #expect(large.selection(of: .host).opens != nil)
    }
}
