import Foundation
import Synchronization

@testable import Export
@testable import Model

enum AlertFixture {
    static func alert(path: ByteString = "/etc/cron.d/x", id: String = "0123456789abcdef") -> Alert {
        var identity = UnitIdentity(kind: .service, unit: "cron.service", slice: "system.slice")
        identity.container = UnitIdentity.Container(id: "0123", runtime: "docker", name: "web")
        let nowhere = FilePlace(device: 1, inode: 2, within: nil, seen: nil)
        let writer = SightedWriter(
            executable: ExecutableID(device: 1, inode: 2, generation: 3), comm: "back\nup", uid: 33, pid: 4242,
            parents: [SightedWriter.Parent(comm: "cron", pid: 7), SightedWriter.Parent(comm: "systemd", pid: 1)])
        let sighting = Sighting(
            time: 1, cgroup: CgroupID(5), writer: writer, operation: .create, place: .named(path, base: nowhere))
        let placed = PlacedSighting(
            sighting: sighting, identity: identity, series: SeriesNames(of: identity, folding: true),
            hostPaths: [path], path: path, root: .host, pathSource: .user,
            executableHostPaths: ["/usr/bin/python3.11"], executablePath: "/usr/bin/python3.11")
        return Alert(
            .newWriter, id: id, rule: "baseline", time: Timestamp(nanoseconds: 1_800_000_000_000_000_000), of: placed)
    }
}

/// What was said, by whoever says it.
final class AlertEvents: Sendable {
    private let events = Mutex<[AlertEvent]>([])

    var all: [AlertEvent] { events.withLock { $0 } }
    func note(_ event: AlertEvent) { events.withLock { $0.append(event) } }

    /// What was said of programs.
    var reasons: [String] {
        all.compactMap { if case .programFailed(let reason) = $0 { reason } else { nil } }
    }
}

/// A folder that is gone with its owner.
final class AlertFolder {
    let url: URL

    init() throws {
        url = URL(filePath: NSTemporaryDirectory()).appending(path: "alerts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }

    /// A program of the shell; `$D` is the folder.
    func script(_ name: String, _ body: String) throws -> String {
        let path = path(name)
        try Data("#!/bin/sh\nD='\(url.path)'\n\(body)\n".utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    func text(_ name: String) -> String? { try? String(contentsOfFile: path(name), encoding: .utf8) }
}
