import Foundation
import Testing

/// An alert as the batches have it.
struct WatchAlert: Decodable {
    struct Container: Decodable { let id: String }

    let alert: String
    let id: String
    let rule: String
    let time: String
    let slice: String?
    let unit: String?
    let container: Container?
    let exe: String?
    let comm: String
    let uid: UInt32
    let pid: Int32
    let parents: [String]
    let op: String
    let via: String?
    let path: String?
    let pathSource: String
    let root: String

    /// Without the last component.
    var directory: String? { path.map { URL(filePath: $0).deletingLastPathComponent().path } }
}

struct WatchBatch: Decodable {
    struct Loss: Decodable {
        let watchRecords: UInt64
        let alertsSuppressed: UInt64
    }
    struct Window: Decodable {
        let start: String
        let end: String
        let seconds: Double
    }

    let sequence: Int
    let window: Window
    let loss: Loss
    let alerts: [WatchAlert]
}

/// An agent with watch rules, a slice to be watched and a folder to write in.
struct WatchedRun {
    let folder: Folder
    let slice: Cgroup
    let unit: Cgroup
    let running: Running
    let place: String

    /// - Parameters:
    ///   - rules: TOML; SLICE and PLACE stand for the slice's name and the folder.
    ///   - container: the name of a cgroup in the slice that stands for a container, instead of a service.
    init(_ rules: String, interval: String = "1s", cgroup name: String = "some.service") throws {
        folder = try Folder()
        slice = try Cgroup(suffix: ".slice")
        unit = try Cgroup(in: slice, [name])
        let real = try #require(realpath(folder.root.path, nil).map { String(cString: $0) })
        place = real + "/place"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        let config = try folder.write("agent.toml", Self.text(rules, folder, slice.name, place, interval))
        running = try Running(built("otagent"), ["run", "--config", config], in: folder)
        try running.wait(for: "ready", until: .now + .seconds(60))
    }

    private static func text(
        _ rules: String, _ folder: Folder, _ slice: String, _ place: String, _ interval: String
    ) -> String {
        """
        [agent]
        interval = "\(interval)"
        state_dir = "\(folder.path("state"))"

        [outputs.local]
        type = "file"
        path = "\(folder.path("batches.json"))"
        format = "json"
        rotate_every = "0s"

        \(rules.replacingOccurrences(of: "SLICE", with: slice).replacingOccurrences(of: "PLACE", with: place))
        """
    }

    /// Has the agent follow other rules.
    func reload(_ rules: String, interval: String = "1s") throws {
        let before = running.said.split(separator: "\n").count { $0.contains(" reloaded; ") }
        try folder.write("agent.toml", Self.text(rules, folder, slice.name, place, interval))
        running.signal(SIGHUP)
        try running.wait(for: " reloaded; ", count: before + 1, until: .now + .seconds(30))
    }

    /// Runs a script in the unit, in the folder.
    func inUnit(_ script: String) throws {
        let whole = "cd \(place); echo $$ > \(unit.path)/cgroup.procs; \(script)"
        let finished = try run("/bin/sh", ["-ec", whole], in: folder)
        guard finished.status == 0 else { throw Failure("the script failed: \(finished.errors)") }
    }

    func batches() throws -> [WatchBatch] {
        let text = (try? String(contentsOfFile: folder.path("batches.json"), encoding: .utf8)) ?? ""
        // The last line may be still on its way.
        return try text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
            try decoded(WatchBatch.self, from: String($0))
        }
    }

    /// Waits for so many alerts in the batches.
    func alerts(atLeast count: Int, within time: Duration = .seconds(20)) throws -> [WatchAlert] {
        let deadline = ContinuousClock.now + time
        while true {
            let alerts = try batches().flatMap(\.alerts)
            if alerts.count >= count { return alerts }
            guard ContinuousClock.now < deadline else { throw Failure("only \(alerts.count) alerts: \(alerts)") }
            usleep(20_000)
        }
    }

    func stop() throws -> [WatchBatch] {
        running.signal(SIGTERM)
        let end = try running.wait(until: .now + .seconds(60))
        #expect(end.status == 0, "the agent said: \(end.errors)")
        return try batches()
    }
}
