import Model
import Testing

@testable import Machine

/// What a look says of a cgroup without an invocation.
private func named(_ path: ByteString) -> CgroupName {
    CgroupName(path: path, identity: UnitIdentity(cgroupPath: path))
}

/// The names of cgroups as reports and questions change them; the file system is a table.
@Suite struct CgroupNamesTests {
    private let id = CgroupID(7)

    private func names(atRoot: Bool = true) -> CgroupNames { CgroupNames(startsAtRealRoot: atRoot) }

    /// Applies facts with a file system that knows these paths.
    private func apply(_ names: inout CgroupNames, _ facts: [Fact], _ paths: [CgroupID: ByteString] = [:]) {
        for fact in facts { names.apply(fact) { paths[$0] } }
    }

    private func path(
        _ names: inout CgroupNames, _ id: CgroupID, _ paths: [CgroupID: ByteString] = [:]
    ) -> ByteString? {
        names.name(of: id, look: { paths[$0].map(named) }, invocation: { _, _ in nil })?.path
    }

    @Test func `a cgroup found by the walk has its name and its identity`() {
        var names = names()
        names.found(id, path: "/system.slice/nginx.service")
        let name = names.name(of: id, look: { _ in nil }, invocation: { _, _ in nil })
        #expect(name?.path == "/system.slice/nginx.service")
        #expect(name?.identity.unit == "nginx.service")
        #expect(name?.identity.kind == .service)
    }

    @Test func `a cgroup that was made is named without asking`() {
        var names = names()
        apply(&names, [.cgroupMade(id, path: "/a.slice")])
        var asked = 0
        func look(_ id: CgroupID) -> CgroupName? {
            asked += 1
            return nil
        }
        #expect(names.name(of: id, look: look, invocation: { _, _ in nil })?.path == "/a.slice")
        #expect(asked == 0)
    }

    @Test func `a cgroup that lived between two looks is named`() {
        var names = names()
        apply(&names, [.cgroupMade(id, path: "/a.scope"), .cgroupRemoved(id, path: "/a.scope")])
        #expect(path(&names, id) == "/a.scope")
        #expect(names.living.isEmpty)
    }

    @Test func `one whose removal alone was reported is named`() {
        var names = names()
        apply(&names, [.cgroupRemoved(id, path: "/a.scope")])
        #expect(path(&names, id) == "/a.scope")
        #expect(names.living.isEmpty)
    }

    @Test func `one that was made under a path too long to be reported is asked for, or has no name`() {
        var names = names()
        let (there, gone) = (CgroupID(8), CgroupID(9))
        let facts: [Fact] = [
            .cgroupMade(there, path: nil), .cgroupMade(gone, path: nil), .cgroupRemoved(gone, path: nil),
        ]
        apply(&names, facts, [there: "/long"])
        #expect(path(&names, there) == "/long")
        #expect(path(&names, gone) == nil)
        #expect(names.count == 1)
        // Its removal is known all the same, whenever it was reported.
        apply(&names, [.cgroupRenamed(there, path: nil), .cgroupRemoved(there, path: nil)])
        #expect(path(&names, there) == "/long")
        #expect((0..<4).map { _ in names.drained() }.filter { !$0.isEmpty } == [[there]])
    }

    @Test func `a removed cgroup keeps its name for the drain after it and for one of grace`() {
        var names = names()
        apply(&names, [.cgroupMade(id, path: "/a.scope"), .cgroupRemoved(id, path: "/a.scope")])
        var forgotten: [Set<CgroupID>] = []
        for _ in 0..<4 {
            if forgotten.allSatisfy(\.isEmpty) { #expect(path(&names, id) == "/a.scope") }
            forgotten.append(names.drained())
        }
        #expect(forgotten.prefix(1) == [[]])
        #expect(forgotten.count { $0 == [id] } == 1, "forgotten once, so that its slots are given back once")
        #expect(path(&names, id) == nil)
        #expect(names.count == 0)
    }

    @Test func `a living cgroup is never forgotten`() {
        var names = names()
        names.found(id, path: "/a.slice")
        for _ in 0..<10 { #expect(names.drained() == []) }
        #expect(path(&names, id) == "/a.slice")
    }

    @Test func `an unknown cgroup is asked for again until somebody knows it`() {
        var names = names()
        #expect(path(&names, id) == nil)
        #expect(path(&names, id, [id: "/late.slice"]) == "/late.slice")
        #expect(path(&names, id) == "/late.slice", "and then it is known")
    }

    @Test func `a renamed cgroup takes those below it along, and nobody else`() {
        var names = names()
        let child = CgroupID(8)
        let other = CgroupID(9)
        names.found(id, path: "/a")
        names.found(child, path: "/a/b/c")
        names.found(other, path: "/ab")
        apply(&names, [.cgroupRenamed(id, path: "/z")])
        #expect(path(&names, id) == "/z")
        #expect(path(&names, child) == "/z/b/c")
        #expect(path(&names, other) == "/ab")
    }

    @Test func `a removed one below a renamed cgroup stays removed`() {
        var names = names()
        let child = CgroupID(8)
        names.found(id, path: "/a")
        names.found(child, path: "/a/b")
        apply(&names, [.cgroupRemoved(child, path: "/a/b"), .cgroupRenamed(id, path: "/z")])
        #expect(names.living.map(\.id) == [id])
        for _ in 0..<4 { _ = names.drained() }
        #expect(names.count == 1)
    }

    @Test func `an unknown cgroup that is renamed is known from then on`() {
        var names = names()
        apply(&names, [.cgroupRenamed(id, path: "/z")])
        #expect(path(&names, id) == "/z")
    }

    @Test func `the living are listed by path`() {
        var names = names()
        for (number, path) in ["/b", "/", "/a/c", "/a"].enumerated() {
            names.found(CgroupID(UInt64(number)), path: ByteString(path))
        }
        #expect(names.living.map(\.name.path) == ["/", "/a", "/a/c", "/b"])
    }

    @Test func `names that are no text keep their bytes`() {
        var names = names()
        let hostile = ByteString([0x2f, 0xff, 0x0a, 0x2f, 0x2e, 0x2e])
        apply(&names, [.cgroupMade(id, path: hostile)])
        #expect(path(&names, id) == hostile)
    }
}

/// In a cgroup namespace the kernel's paths have a beginning that the mount does not show.
@Suite struct CgroupNamespaceTests {
    private let id = CgroupID(7)
    private let seen = CgroupID(8)

    private func learned() -> CgroupNames {
        var names = CgroupNames(startsAtRealRoot: false)
        names.apply(.cgroupMade(seen, path: "/box/a.slice")) { $0 == seen ? "/a.slice" : nil }
        return names
    }

    private func path(_ names: inout CgroupNames, _ id: CgroupID) -> ByteString? {
        names.name(of: id, look: { _ in nil }, invocation: { _, _ in nil })?.path
    }

    @Test func `what is hidden is learned from a living cgroup and then left out`() {
        var names = learned()
        #expect(path(&names, seen) == "/a.slice")
        names.apply(.cgroupMade(id, path: "/box/b.scope")) { _ in nil }
        #expect(path(&names, id) == "/b.scope")
    }

    @Test func `the top of the namespace is the root`() {
        var names = learned()
        names.apply(.cgroupMade(id, path: "/box")) { _ in nil }
        #expect(path(&names, id) == "/")
    }

    @Test(arguments: ["/boxes/b.scope", "/other", "/"])
    func `a path elsewhere stays as it is`(path elsewhere: String) {
        var names = learned()
        names.apply(.cgroupMade(id, path: ByteString(elsewhere))) { _ in nil }
        #expect(path(&names, id) == ByteString(elsewhere))
    }

    @Test func `nothing is left out before it is learned`() {
        var names = CgroupNames(startsAtRealRoot: false)
        names.apply(.cgroupMade(id, path: "/box/a")) { _ in nil }
        #expect(path(&names, id) == "/box/a")
    }

    @Test func `nothing is learned from a path that does not fit`() {
        var names = CgroupNames(startsAtRealRoot: false)
        names.apply(.cgroupMade(seen, path: "/box/a")) { _ in "/renamed/meanwhile/to" }
        names.apply(.cgroupMade(id, path: "/box/b")) { _ in nil }
        #expect(path(&names, id) == "/box/b")
    }
}

/// Which run of a unit a cgroup is.
@Suite struct InvocationTests {
    private let id = CgroupID(7)
    private let digits = String(repeating: "0123456789abcdef", count: 2)

    @Test func `the invocation of a unit is asked for until it is there, and then no more`() {
        var names = CgroupNames(startsAtRealRoot: true)
        names.found(id, path: "/system.slice/a.service")
        var answers: [String?] = [nil, digits]
        var asked = 0
        for expected in [nil, digits, digits] {
            let name = names.name(of: id, look: { _ in nil }) { _, _ in
                asked += 1
                return answers.removeFirst()
            }
            #expect(name?.invocationID == expected)
            // Another output of the same window.
            _ = names.name(of: id, look: { _ in nil }) { _, _ in
                asked += 1
                return nil
            }
            _ = names.drained()
        }
        #expect(asked == 2)
    }

    @Test func `who has no invocation is asked for it three times, then never again`() {
        var names = CgroupNames(startsAtRealRoot: true)
        names.found(id, path: "/system.slice/a.service")
        var asked = 0
        for _ in 0..<10 {
            _ = names.name(of: id, look: { _ in nil }) { _, _ in
                asked += 1
                return nil
            }
            _ = names.drained()
        }
        #expect(asked == 3)
    }

    @Test(arguments: ["/", "/a/b", "/a.slice"])
    func `what is no unit is not asked`(path: String) {
        var names = CgroupNames(startsAtRealRoot: true)
        names.found(id, path: ByteString(path))
        _ = names.name(of: id, look: { _ in nil }) { _, _ in
            Issue.record("asked")
            return nil
        }
    }

    @Test func `a removed cgroup is not asked and keeps what it said`() {
        var names = CgroupNames(startsAtRealRoot: true)
        names.found(id, path: "/system.slice/a.service")
        _ = names.name(of: id, look: { _ in nil }) { _, _ in digits }
        names.apply(.cgroupRemoved(id, path: "/system.slice/a.service")) { _ in nil }
        let name = names.name(of: id, look: { _ in nil }) { _, _ in
            Issue.record("asked")
            return nil
        }
        #expect(name?.invocationID == digits)
    }
}

/// A file system that counts what it is asked.
private struct CountingHost {
    var paths: [CgroupID: ByteString]
    var invocation: String?
    private(set) var looks = 0
    private(set) var invocationsAsked = 0

    init(_ path: ByteString, of id: CgroupID, invocation: String? = nil) {
        (paths, self.invocation) = ([id: path], invocation)
    }

    mutating func look(_ id: CgroupID) -> CgroupName? {
        looks += 1
        return paths[id].map { CgroupName(path: $0, identity: UnitIdentity(cgroupPath: $0), invocationID: invocation) }
    }

    mutating func invocation(_ id: CgroupID, _ name: CgroupName) -> String? {
        invocationsAsked += 1
        return invocation
    }
}

/// What names cost: one look at an unknown cgroup, and no question about a known one.
@Suite struct NameCostTests {
    private let id = CgroupID(7)
    private let digits = String(repeating: "0123456789abcdef", count: 2)

    /// Windows in each of which several outputs want the name.
    private func use(_ names: inout CgroupNames, _ host: inout CountingHost, windows: Int) -> [CgroupName?] {
        var said: [CgroupName?] = []
        for _ in 0..<windows {
            for _ in 0..<3 {
                said.append(names.name(of: id, look: { host.look($0) }, invocation: { host.invocation($0, $1) }))
            }
            _ = names.drained()
        }
        return said
    }

    @Test(arguments: ["/", "/a.slice", "/bare", "/system.slice/a.service"])
    func `an unknown cgroup is looked at once, and nothing is asked about it from then on`(path: String) {
        var host = CountingHost(ByteString(path), of: id, invocation: digits)
        var names = CgroupNames(startsAtRealRoot: true, asksAboutContainers: true)
        let said = use(&names, &host, windows: 20)
        #expect(said.allSatisfy { $0?.path == ByteString(path) && $0?.invocationID == digits })
        #expect(host.looks == 1)
        #expect(host.invocationsAsked == 0)
    }

    @Test func `a unit that was reported is asked for its invocation once when it has one, and never for its path`() {
        var host = CountingHost("/system.slice/a.service", of: id, invocation: digits)
        var names = CgroupNames(startsAtRealRoot: true)
        names.apply(.cgroupMade(id, path: "/system.slice/a.service")) { _ in
            Issue.record("asked")
            return nil
        }
        let said = use(&names, &host, windows: 20)
        #expect(said.allSatisfy { $0?.invocationID == digits })
        #expect(host.looks == 0)
        #expect(host.invocationsAsked == 1)
    }

    @Test func `the look at an unknown unit is the first of the three times it is asked for its invocation`() {
        var host = CountingHost("/system.slice/a.service", of: id)
        var names = CgroupNames(startsAtRealRoot: true)
        let said = use(&names, &host, windows: 20)
        #expect(said.allSatisfy { $0?.identity.unit == "a.service" && $0?.invocationID == nil })
        #expect(host.looks == 1)
        #expect(host.invocationsAsked == 2)
    }

    @Test func `a cgroup that was only reported and is no unit costs nothing at all`() {
        var host = CountingHost("/a.slice", of: id)
        var names = CgroupNames(startsAtRealRoot: true)
        names.apply(.cgroupMade(id, path: "/a.slice")) { _ in nil }
        _ = use(&names, &host, windows: 5)
        #expect(host.looks == 0)
        #expect(host.invocationsAsked == 0)
    }
}
