import Foundation
import Testing

/// An agent that runs, wherever that is.
struct Watcher {
    let batchFile: String
    let stop: () throws -> [Batch]

    static func onHost(_ folder: Folder) throws -> Watcher {
        // An end of its own, should this process be killed.
        let agent = try AgentRun(in: folder, arguments: ["--duration", "5m"])
        return Watcher(batchFile: agent.batchFile) { try agent.stop() }
    }

    /// As a service of the systemd there, which says when it is ready and when it has stopped.
    static func inMachine(_ place: Place, _ folder: Folder) throws -> Watcher {
        let config = try AgentRun.configuration(in: folder)
        let service = ["systemd-run", "--quiet", "--unit=otagent", "--service-type=notify"]
        try place.command(service + [try built("otagent"), "run", "--config", config])
        let file = folder.path("batches.json")
        return Watcher(batchFile: file) {
            try place.command(["systemctl", "stop", "otagent.service"])
            let batches = try Batch.all(inFile: file)
            #expect(batches.missedRuns == [])
            #expect(batches.imbalances == [])
            return batches
        }
    }
}

extension Place {
    /// Starts the first half before the agent and the rest under it, lets all work at once, and holds each against its truth.
    func hold(
        _ containers: [Contained], _ location: SourceLocation = #_sourceLocation, watcher: () throws -> Watcher
    ) throws {
        let early = try containers.prefix(containers.count / 2).map { try Waiting($0, in: self) }
        let agent = try watcher()
        let waiting = try early + containers.dropFirst(early.count).map { try Waiting($0, in: self) }
        // What runtime and workload did to get this far is the row's as well, but nobody knows how much that is.
        let windows = Windows(file: agent.batchFile)
        let before = try windows.waitUntilShipped()
        for one in waiting { try one.handover.go() }
        let truths = try waiting.map { try $0.handover.truth() }
        let batches = Array(try agent.stop().dropFirst(before))
        for (one, truth) in zip(waiting, truths) {
            #expect(one.path == one.expectedPath, sourceLocation: location)
            #expect(truth.counters.writes > 0, sourceLocation: location)
            let differences = batches.counters(of: one.cgroup).differences(from: truth)
            #expect(differences == [], "\(one.contained.name)", sourceLocation: location)
            let rows = try windows.rows(of: one.cgroup)
            #expect(!rows.isEmpty, "\(one.contained.name)", sourceLocation: location)
            #expect(rows.flatMap(one.differences) == [], sourceLocation: location)
        }
    }
}

extension Contained {
    /// Ids as a kubelet and its runtime make them up.
    static let hex = "5f6d38f5ad24599c7b8d6137593a0a3d2daf7b4e82c6071ff8f44c93a979e2f8"
    static let podUID = "0b1c2d3e-1111-2222-3333-444455556666"

    /// A container of this runtime, and what else its row says or says differently.
    static func row(_ runtime: String, _ more: [String: String?] = [:]) -> [String: String?] {
        var row = ofSomeRuntime.merging(["container.runtime": runtime]) { $1 }.merging(more) { $1 }
        // A row has one or the other: the members of the pod, or null.
        if more["pod.uid"] != nil { row["pod"] = nil }
        return row
    }

    /// A container that belongs to no unit and no pod.
    static let ofSomeRuntime: [String: String?] = [
        "kind": "container", "container.id": "{id}", "unit": nil, "slice": "-.slice", "subgroup": nil,
        "user_unit": nil, "pod": nil,
    ]

    /// All there is to say of a path that nothing but the runtime knows to be a container's.
    static let bare: [String: String?] = [
        "kind": "cgroup", "container": nil, "pod": nil, "unit": nil, "slice": "-.slice",
    ]
}
