import Foundation
import Glibc
import Testing

/// Where containers of a test are run: a script of Tests/ that stays for as long as its standard input is open.
///
/// So it is taken down with everything in it when the test is over, and also when the test is killed.
final class Place {
    /// The image, the handovers and the runtimes' state: the same folder inside and outside.
    let folder: String
    private let enter: [String]
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    /// What the host has before a path that is read inside.
    let root: String

    /// Processes and mounts of its own; the cgroups are the host's.
    static func onHost() throws -> Place {
        let script = tests + "/Containers/private"
        let folder = temporaryFolder()
        try sweep()
        return try Place(script, ["up", folder], enter: [script, "enter", folder], folder, root: "")
    }

    /// A systemd of its own that arranges the cgroups.
    /// - Parameter shared: what its agent reads and writes, at the same place inside and outside.
    static func inMachine(sharing shared: Folder) throws -> Place {
        let script = tests + "/Machines/machine"
        let folder = temporaryFolder()
        let name = URL(filePath: folder).lastPathComponent
        try sweep()
        let programs = URL(filePath: try built("otagent")).resolvingSymlinksInPath().deletingLastPathComponent().path
        let binds = [folder, shared.root.path, programs, tests].flatMap { ["--bind", $0] }
        return try Place(script, ["up", name] + binds, enter: [script, "enter", name], folder, root: "/\(name)")
    }

    private init(
        _ script: String, _ arguments: [String], enter: [String], _ folder: String, root: String
    ) throws {
        (self.folder, self.enter, self.root) = (folder, enter, root)
        try FileManager.default.createDirectory(atPath: folder + "/exchange", withIntermediateDirectories: true)
        process.executableURL = URL(filePath: script)
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        // Where these are still open here, the ends of the streams would never come.
        try input.fileHandleForReading.close()
        try output.fileHandleForWriting.close()
        let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard said.hasPrefix("up ") else { throw Failure("\(script) \(arguments): \(said)") }
        try Self.finish(Self.tests + "/Containers/rootfs", [folder + "/base", try Self.workload()])
    }

    /// Of the same sources as the other one, but it needs nothing of this host.
    private static func workload() throws -> String {
        do { return try built("containers/workload") } catch {
            throw Failure("`make .build/containers/workload` first, which `make test` does")
        }
    }

    deinit { leave() }

    /// Returns when nothing of it is left.
    func leave() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// What becomes of it when its own script is killed as the test may be.
    func kill() {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Runs one of the scripts of Tests/Containers in it, and returns what it printed.
    @discardableResult
    func runtime(_ arguments: [String], _ environment: [String: String] = [:]) throws -> String {
        let named = environment.map { "\($0.key)=\($0.value)" }
        return try command(["env"] + named + ["\(Self.tests)/Containers/\(arguments[0])"] + arguments.dropFirst())
    }

    /// Runs a command in it, and returns what it printed.
    @discardableResult
    func command(_ command: [String]) throws -> String {
        try Self.finish(enter[0], enter.dropFirst() + command)
    }

    /// Has a sweep remove this cgroup, should this process and the script both be killed.
    func note(cgroup: String) throws {
        let list = try FileHandle(forUpdating: URL(filePath: folder + "/cgroups"))
        try list.seekToEnd()
        try list.write(contentsOf: Data((cgroup + "\n").utf8))
        try list.close()
    }

    static func sweep() throws { try finish(tests + "/Containers/private", ["sweep"]) }

    @discardableResult
    private static func finish(_ program: String, _ arguments: [String]) throws -> String {
        let end = try run(program, arguments, in: Folder())
        guard end.status == 0 else { throw Failure("\(program) \(arguments): \(end.status), \(end.errors)") }
        return end.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func temporaryFolder() -> String {
        // Short, as a socket's path is 107 bytes at most.
        NSTemporaryDirectory() + "ot-test-\(getpid())-\(UUID().uuidString.prefix(8))"
    }

    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
}
