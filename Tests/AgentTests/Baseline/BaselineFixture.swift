import Export
import Foundation
import Machine
import Model

@testable import Agent

/// Sightings as the host would give them, all of one service.
enum BaselineFixture {
    static func seen(_ path: String, unit: ByteString = "app.service") -> PlacedSighting {
        let identity = UnitIdentity(kind: .service, unit: unit, slice: "system.slice")
        let nowhere = FilePlace(device: 1, inode: 2, within: nil, seen: nil)
        let writer = SightedWriter(
            executable: ExecutableID(device: 1, inode: 2, generation: 3), comm: "app", uid: 33, pid: 7)
        let path = ByteString(path)
        return PlacedSighting(
            sighting: Sighting(
                time: 0, cgroup: CgroupID(1), writer: writer, operation: .write, place: .named(path, base: nowhere)),
            identity: identity, series: SeriesNames(of: identity, folding: true), hostPaths: [path], path: path,
            root: .host, pathSource: .file, executableHostPaths: ["/usr/bin/app"], executablePath: "/usr/bin/app")
    }

    /// So long after the clocks began.
    static func reading(_ passed: Duration) -> ClockReading {
        let nanoseconds = Int64(passed / .nanoseconds(1))
        return ClockReading(
            wall: Timestamp(nanoseconds: 1_800_000_000_000_000_000 + nanoseconds), monotonic: nanoseconds)
    }
}

/// A state directory that is gone with its owner, and a configuration that names it.
final class BaselineFolder: Sendable {
    let path = NSTemporaryDirectory() + "otagent-baseline-tests-" + UUID().uuidString
    let settings: Settings

    init(learnFor: Duration = .seconds(60)) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        var settings = Settings()
        settings.agent.stateDir = path
        (settings.baseline.enabled, settings.baseline.learnFor) = (true, learnFor)
        self.settings = settings
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func running(
        at passed: Duration, _ keeper: LogKeeper = LogKeeper(), wall: Timestamp? = nil
    ) -> RunningBaseline {
        var now = BaselineFixture.reading(passed)
        if let wall { now.wall = wall }
        return RunningBaseline(in: path, learnFor: settings.baseline.learnFor, at: now, logger: keeper.logger)
    }

    /// What is on the disk.
    func kept() throws -> Baseline? {
        let store = BaselineStore(in: path)
        if case .kept(let kept) = try store.read(learnFor: settings.baseline.learnFor) { return kept.baseline }
        return nil
    }

    func states() throws -> [String: DirectoryTree.Entry.State] {
        guard let kept = try kept() else { return [:] }
        let all = kept.unitNames.flatMap { kept.combinations(of: $0) }
        return Dictionary(uniqueKeysWithValues: all.map { ($0.directory.lossyText, $0.entry.state) })
    }
}
