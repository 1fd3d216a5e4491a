import Foundation
import Glibc
import Synchronization

/// A real systemd that was booted for one test, in namespaces of this host; everything of it is gone with this object.
///
/// `Tests/Machines/machine` says how. It also ends when this process does, however that happens.
final class BootedMachine {
    private static let booted = Mutex(0)
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Machines/machine").path

    let name: String
    /// The machine's root cgroup, as this host sees it.
    let cgroup: String
    /// Its PID 1, as this host sees it.
    let leader: pid_t
    private let process = Process()
    private let input = Pipe()
    private let folder: Folder

    static let isPossible =
        FileManager.default.isExecutableFile(atPath: "/usr/lib/systemd/systemd")
        || FileManager.default.isExecutableFile(atPath: "/lib/systemd/systemd")

    /// Returns when it has come up, with `folder` and the built programs at their places in it.
    ///
    /// - Parameter prefix: what its name begins with, and so its cgroup on this host.
    /// - Parameter users: accounts it has, with their numbers.
    init(in folder: Folder, prefix: String = "ot-machine", users: [String: Int] = [:]) throws {
        self.folder = folder
        let number = Self.booted.withLock { count in
            count += 1
            return count
        }
        name = "\(prefix)-\(getpid())-\(number)"
        let output = Pipe()
        let errors = folder.path("machine-\(number).log")
        _ = FileManager.default.createFile(atPath: errors, contents: nil)
        process.executableURL = URL(filePath: Self.script)
        let programs = URL(filePath: try built("workload")).resolvingSymlinksInPath().deletingLastPathComponent().path
        process.arguments =
            ["up", name, "--bind", folder.root.path, "--bind", programs]
            + users.flatMap { ["--user", "\($0.key):\($0.value)"] }
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.run()
        try? output.fileHandleForWriting.close()

        // The script gives up by itself, so one line or the end of the stream comes for certain.
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.count == 3, words[0] == "up", let pid = pid_t(words[1]) else {
            try? input.fileHandleForWriting.close()
            process.waitUntilExit()
            throw Failure("no machine: \((try? String(contentsOfFile: errors, encoding: .utf8)) ?? line)")
        }
        (leader, cgroup) = (pid, words[2])
    }

    deinit { stop() }

    /// Takes it down, and returns when nothing is left of it.
    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// As if the test's process had been killed, and what holds the machine with it.
    func killHolder() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Runs a command with everything of the machine but its cgroups.
    @discardableResult
    func enter(_ command: String...) throws -> String { try enter(command) }

    @discardableResult
    func enter(_ command: [String]) throws -> String {
        let end = try run(Self.script, ["enter", name] + command, in: folder)
        guard end.status == 0 else { throw Failure("\(command) ended with \(end.status): \(end.errors)\(end.output)") }
        return end.output
    }

    /// Runs a script of the shell in the same way; each of its commands has to succeed.
    @discardableResult
    func shell(_ script: String) throws -> String { try enter("/bin/sh", "-euc", script) }

    /// Runs a command as a user of the machine, whose own systemd has to run.
    @discardableResult
    func enter(as user: String, uid: Int, _ command: String...) throws -> String {
        let runtime = "XDG_RUNTIME_DIR=/run/user/\(uid)"
        return try enter(["runuser", "-u", user, "--", "env", "-C", "/", runtime] + command)
    }

    /// Asks until the answer is what a test waits for.
    func wait(for what: String, until deadline: ContinuousClock.Instant, _ isSo: () throws -> Bool) throws {
        while try !isSo() {
            guard ContinuousClock.now < deadline else { throw Failure("waited in vain for \(what)") }
            sched_yield()
        }
    }
}
