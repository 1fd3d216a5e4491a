import Model
import Testing

@testable import Machine

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
        names.name(of: id, current: { paths[$0] }, invocation: { _ in nil })?.path
    }

    @Test func `a cgroup found by the walk has its name and its identity`() {
        var names = names()
        names.found(id, path: "/system.slice/nginx.service")
        let name = names.name(of: id, current: { _ in nil }, invocation: { _ in nil })
        #expect(name?.path == "/system.slice/nginx.service")
        #expect(name?.identity.unit == "nginx.service")
        #expect(name?.identity.kind == .service)
    }

    @Test func `a cgroup that was made is named without asking`() {
        var names = names()
        apply(&names, [.cgroupMade(id, path: "/a.slice")])
        var asked = 0
        func current(_ id: CgroupID) -> ByteString? {
            asked += 1
            return nil
        }
        #expect(names.name(of: id, current: current, invocation: { _ in nil })?.path == "/a.slice")
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
        names.name(of: id, current: { _ in nil }, invocation: { _ in nil })?.path
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
            let name = names.name(of: id, current: { _ in nil }) { _ in
                asked += 1
                return answers.removeFirst()
            }
            #expect(name?.invocationID == expected)
            // Another output of the same window.
            _ = names.name(of: id, current: { _ in nil }) { _ in
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
            _ = names.name(of: id, current: { _ in nil }) { _ in
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
        _ = names.name(of: id, current: { _ in nil }) { _ in
            Issue.record("asked")
            return nil
        }
    }

    @Test func `a removed cgroup is not asked and keeps what it said`() {
        var names = CgroupNames(startsAtRealRoot: true)
        names.found(id, path: "/system.slice/a.service")
        _ = names.name(of: id, current: { _ in nil }) { _ in digits }
        names.apply(.cgroupRemoved(id, path: "/system.slice/a.service")) { _ in nil }
        let name = names.name(of: id, current: { _ in nil }) { _ in
            Issue.record("asked")
            return nil
        }
        #expect(name?.invocationID == digits)
    }
}
