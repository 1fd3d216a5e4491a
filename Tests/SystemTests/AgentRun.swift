import Foundation
import Glibc
import Testing

/// One life of the agent: its configuration, its process and the batches it wrote.
struct AgentRun {
    let folder: Folder
    let running: Running
    let batchFile: String

    /// Starts the agent and returns when it says it is ready, so that nothing done after this goes unseen.
    ///
    /// - Parameter surroundings: a shell script that ends with `exec "$@"`, which is the agent.
    init(
        in folder: Folder, trace: String = "", containers: String = "", outputs: String = "", arguments: [String] = [],
        surroundings: String = #"exec "$@""#
    ) throws {
        self.folder = folder
        batchFile = folder.path("batches.json")
        let config = try Self.configuration(in: folder, trace: trace, containers: containers, outputs: outputs)
        let command = try [built("otagent"), "run", "--config", config] + arguments
        running = try Running("/bin/sh", ["-ec", surroundings, "sh"] + command, in: folder)
        try running.wait(for: "ready", until: .now + .seconds(30))
    }

    /// A configuration that writes batches as JSON to a file, window by window of one second.
    static func configuration(
        in folder: Folder, shutdownTimeout: String = "5s", trace: String = "", containers: String = "",
        outputs: String = ""
    ) throws -> String {
        try folder.write(
            "agent.toml",
            """
            [agent]
            interval = "1s"
            state_dir = "\(folder.path("state"))"
            shutdown_timeout = "\(shutdownTimeout)"

            [trace]
            \(trace)

            [containers]
            \(containers)

            [outputs.local]
            type = "file"
            path = "\(folder.path("batches.json"))"
            format = "json"
            rotate_every = "0s"

            \(outputs)
            """)
    }

    /// Asks the agent to stop, which delivers everything counted so far, and reads what it wrote.
    func stop(_ location: SourceLocation = #_sourceLocation) throws -> [Batch] {
        running.signal(SIGTERM)
        let end = try running.wait(until: .now + .seconds(60))
        #expect(end.status == 0, "the agent said: \(end.errors)", sourceLocation: location)
        let batches = try Batch.all(inFile: batchFile)
        #expect(batches.missedRuns == [], sourceLocation: location)
        #expect(batches.imbalances == [], sourceLocation: location)
        return batches
    }
}

/// Runs the agent without waiting for readiness, for those runs that end by themselves.
func otagent(_ arguments: [String], in folder: Folder) throws -> Finished {
    try run(built("otagent"), arguments, in: folder)
}

/// The program that knows what it did.
enum Workload {
    static func arguments(in cgroup: Cgroup, _ folder: Folder, _ more: [String]) throws -> [String] {
        ["--cgroup", cgroup.path, "--leave", try Cgroup.home(), "--dir", folder.root.path] + more
    }

    static func run(in cgroup: Cgroup, _ folder: Folder, _ more: [String] = []) throws -> Truth {
        try truth(of: start(in: cgroup, folder, more))
    }

    static func start(in cgroup: Cgroup, _ folder: Folder, _ more: [String] = []) throws -> Running {
        try Running(built("workload"), try arguments(in: cgroup, folder, more), in: folder)
    }

    static func truth(of running: Running) throws -> Truth {
        try decoded(Truth.self, from: succeeded(running).output)
    }

    struct Truths: Decodable { let cgroups: [Truth] }

    /// Everything there is, each part in cgroups of its own below this one.
    static func suite(in cgroup: Cgroup, _ folder: Folder, on files: String, _ more: [String]) throws -> [Truth] {
        let arguments = ["--cgroup", cgroup.path, "--dir", files, "--suite"] + more
        let finished = try succeeded(Running(built("workload"), arguments, in: folder))
        return try decoded(Truths.self, from: finished.output).cgroups
    }

    /// Everything at once, by so many processes in as many cgroups below this one.
    static func stress(
        in cgroup: Cgroup, _ folder: Folder, on files: String, seconds: Int, processes: Int, seed: Int
    ) throws -> [Truth] {
        let arguments = ["--cgroup", cgroup.path, "--dir", files, "--stress", "\(seconds)"]
        let finished = try succeeded(
            Running(built("workload"), arguments + ["--processes", "\(processes)", "--seed", "\(seed)"], in: folder),
            within: .seconds(seconds + 120))
        return try decoded(Truths.self, from: finished.output).cgroups
    }

    private static func succeeded(_ running: Running, within time: Duration = .seconds(120)) throws -> Finished {
        let finished = try running.wait(until: .now + time)
        guard finished.status == 0 else { throw Failure("the workload failed: \(finished.errors)") }
        return finished
    }

    /// One of the short-lived cgroups of a storm.
    struct Moment: Decodable {
        let id: UInt64
        let name: String
        let writes: UInt64
    }

    private struct Moments: Decodable { let cgroups: [Moment] }

    static func storm(_ count: Int, in cgroup: Cgroup, _ folder: Folder, together: Bool) throws -> [Moment] {
        let arguments =
            ["--cgroup", cgroup.path, "--dir", folder.root.path, "--storm", "\(count)"]
            + (together ? ["--together"] : [])
        let finished = try succeeded(Running(built("workload"), arguments, in: folder))
        return try decoded(Moments.self, from: finished.output).cgroups
    }
}
