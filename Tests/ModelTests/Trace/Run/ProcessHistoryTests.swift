import RunScripts
import Testing

@testable import Model

@Suite("The processes of a run")
struct ProcessHistoryTests {
    @Test("A process has a parent, programs, files and an end")
    func whole() throws {
        let history = RunHistory {
            $0.exec(10, "/bin/sh", "sh", "-c", "cat a > b", parent: 1)
            $0.fork(10, 11)
            $0.open(11, "/w/b", RunScript.write | RunScript.create, created: true)
            $0.exec(11, "/bin/cat", "cat", "a")
            $0.open(11, "/w/a")
            $0.write(11, "/w/b")
            $0.exit(11)
            $0.exit(10, 3)
        }
        try #require(history.processes.count == 2)
        let (shell, cat) = (history.processes[0], history.processes[1])
        #expect(history.roots == [0])
        #expect(history.children(of: 0) == [1])
        #expect(cat.parent == 0)
        #expect(cat.programs.map(\.path) == ["/bin/cat"])
        #expect(cat.end == .exited(0))
        #expect(cat.nanoseconds == 5000)
        #expect(shell.end == .exited(3))
        #expect(history.inputs(of: 1).map { history.files[$0].name } == ["/bin/cat", "/w/a"])
        #expect(history.outputs(of: 1).map { history.files[$0].name } == ["/w/b"])
        #expect(history.command(of: 1) == ["cat", "a"])
    }

    @Test("Without rows of forks and programs the parents' numbers tell")
    func withoutForks() {
        var script = RunScript()
        script.add(12, .open, .open, result: 3, path: "/a", parent: 11)
        script.add(11, .open, .open, result: 3, path: "/a", parent: 10)
        script.add(10, .open, .open, result: 3, path: "/a", parent: 1)
        let history = RunHistory(of: script.events)
        #expect(history.processes.map(\.parent) == [1, 2, nil])
        #expect(history.command(of: 0) == ["c12"])
    }

    @Test("Numbers that are used again do not make anybody his own ancestor")
    func circle() {
        var script = RunScript()
        script.add(1, .open, .open, result: 3, path: "/a", parent: 2)
        script.add(2, .open, .open, result: 3, path: "/a", parent: 1)
        script.add(3, .open, .open, result: 3, path: "/a", parent: 3)
        let history = RunHistory(of: script.events)
        #expect(history.roots.count == 2)
    }

    @Test("A number that is used again is another process")
    func reused() {
        let history = RunHistory {
            $0.fork(1, 5)
            $0.open(5, "/w/a")
            $0.exit(5, -9)
            $0.open(5, "/w/b")
            $0.fork(1, 6)
            $0.fork(1, 6)
        }
        #expect(history.processes.map(\.pid) == [1, 5, 5, 6, 6])
        #expect(history.processes[1].end == .killed(signal: 9))
        #expect(history.processes[2].end == nil)
    }

    @Test("What a process asked of io_uring may be over after it")
    func lateRequest() {
        let history = RunHistory {
            $0.open(5, "/w/a")
            $0.exit(5)
            $0.add(5, .open, .uring, result: 4, created: false, name: "b", path: "/w/b")
        }
        #expect(history.processes.count == 1)
    }

    @Test("A process may do something before the row of its making comes")
    func earlyChild() {
        var script = RunScript()
        script.fork(1, 5)
        script.open(5, "/w/a")
        script.exit(5)
        let late = RunHistory(of: [script.events[1], script.events[0], script.events[2]])
        #expect(late.processes.map(\.pid) == [1, 5])
        #expect(late.processes[1].parent == 0)
    }

    @Test("A copy of a program is called by what it is a copy of")
    func forkedWriter() {
        let history = RunHistory {
            $0.exec(1, "/bin/sh", "sh", "x.sh")
            $0.fork(1, 2)
            $0.make(2, "/w/a")
        }
        #expect(history.command(of: 1) == ["sh", "x.sh"])
        #expect(history.writers(of: 1) == [1])
    }

    @Test("An end that the kernel cannot mean is no reason to stop")
    func strangeEnd() {
        let history = RunHistory {
            $0.exit(1, .min)
            $0.add(2, .exit, .exit, result: nil)
            $0.add(2, .fork, .clone, result: nil)
        }
        #expect(history.processes.map(\.end) == [.killed(signal: .max), .unknown, nil])
    }
}
