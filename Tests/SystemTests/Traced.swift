import Foundation
import Glibc
import Testing

/// Calls of opentrace in a folder, as a user makes them.
struct Traced {
    let folder: Folder

    init() throws {
        folder = try Folder()
        // Commands of other users write there.
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.root.path)
    }

    /// For env: in the folder, as if nobody had called sudo, and with the signals that whoever runs the tests may ignore.
    private var situation: [String] {
        ["--default-signal", "-C", folder.root.path, "-u", "SUDO_UID", "-u", "SUDO_GID"]
    }

    private func words(_ arguments: [String], _ environment: [String: String]) throws -> [String] {
        situation + environment.map { "\($0)=\($1)" } + [try built("opentrace")] + arguments
    }

    /// Another program in the same situation.
    func without(_ program: String...) throws -> Finished { try run("/usr/bin/env", situation + program, in: folder) }

    /// Runs to its end, after which no cgroup of it may be there.
    func callAsFunction(_ arguments: String..., environment: [String: String] = [:]) throws -> Finished {
        let running = try Running("/usr/bin/env", words(arguments, environment), in: folder)
        let end = try running.wait(until: .now + .seconds(120))
        #expect(try Self.cgroups(of: running.pid) == [])
        return end
    }

    /// One that is still to end.
    func start(_ arguments: String..., environment: [String: String] = [:]) throws -> Running {
        try Running("/usr/bin/env", words(arguments, environment), in: folder)
    }

    /// On a terminal of its own, where keys are typed when something is said.
    func onTerminal(_ keys: [(word: String, keys: String)], _ arguments: String...) throws -> Finished {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Terminal/terminal.py")
        let end = try run(
            "/usr/bin/env",
            situation + ["python3", "-B", script.path]
                + keys.flatMap { ["--on", $0.word, $0.keys] } + ["--", try built("opentrace")] + arguments, in: folder)
        let pid = try #require(end.errors.firstMatch(of: /process ([0-9]+)/).flatMap { pid_t($0.1) })
        #expect(try Self.cgroups(of: pid) == [])
        return end
    }

    /// A file of the folder as text.
    func text(_ name: String) throws -> String {
        try String(contentsOfFile: folder.path(name), encoding: .utf8)
    }

    func isThere(_ name: String) -> Bool { access(folder.path(name), F_OK) == 0 }

    /// The rows of a file of CSV that have this in them.
    func rows(with word: String, in name: String = "trace.csv") throws -> [String] {
        try text(name).split(separator: "\n").map(String.init).filter { $0.contains(word) }
    }

    /// Waits until a file is there, or has a word in it.
    func wait(for name: String, with word: String = "") throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if let text = try? text(name), word.isEmpty || text.contains(word) { return }
            sched_yield()
        }
        throw Failure("\(name) never had \"\(word)\": \((try? text(name)) ?? "nothing")")
    }

    /// The cgroups that this tracer has made for its command; others may trace at the same time.
    static func cgroups(of pid: pid_t) throws -> [String] {
        func folders(_ path: String) -> [String] {
            Cgroup.folders(in: path).flatMap { name in
                name == "opentrace-\(pid)" ? ["\(path)/\(name)"] : folders("\(path)/\(name)")
            }
        }
        return folders(try Cgroup.mountPoint())
    }
}
