import Foundation
import Testing

/// An agent that runs, wherever that is.
struct Watcher {
    let batchFile: String
    let stop: () throws -> [Batch]

    /// - Parameter containers: what its configuration says of them.
    static func onHost(_ folder: Folder, containers: String) throws -> Watcher {
        // An end of its own, should this process be killed.
        let agent = try AgentRun(in: folder, containers: containers, arguments: ["--duration", "5m"])
        return Watcher(batchFile: agent.batchFile) { try agent.stop() }
    }

    /// As a service of the systemd there, which says when it is ready and when it has stopped.
    static func inMachine(_ place: Place, _ folder: Folder) throws -> Watcher {
        let config = try AgentRun.configuration(in: folder, containers: place.stateDirectories)
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
    /// Where the runtimes of the tests keep what they know, as a member of the configuration.
    var stateDirectories: String {
        let names = ["docker", "podman", "run/containerd", "run/ot-runc", "run/ot-crun"].map { "\(folder)/\($0)" }
        // In a machine /run is the machine's own, and so is its agent.
        let all = names + ["/run/ot-runc", "/run/ot-crun"]
        return "state_dirs = [\(all.map { "\"\($0)\"" }.joined(separator: ", "))]"
    }

    /// Starts the first half before the agent and the rest under it, lets all work at once, and holds each against its truth.
    ///
    /// - Parameter ready: waits for what is to have happened before they work.
    func hold(
        _ containers: [Contained], _ location: SourceLocation = #_sourceLocation,
        ready: (Windows) throws -> Void = { _ in }, watcher: () throws -> Watcher
    ) throws {
        let early = try containers.prefix(containers.count / 2).map { try Waiting($0, in: self) }
        let agent = try watcher()
        let waiting = try early + containers.dropFirst(early.count).map { try Waiting($0, in: self) }
        // What runtime and workload did to get this far is the row's as well, but nobody knows how much that is.
        let windows = Windows(file: agent.batchFile)
        try ready(windows)
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
            #expect(one.differences(in: rows) == [], sourceLocation: location)
        }
    }
}

extension Contained {
    /// Ids as a kubelet and its runtime make them up.
    static let hex = "5f6d38f5ad24599c7b8d6137593a0a3d2daf7b4e82c6071ff8f44c93a979e2f8"
    static let podUID = "0b1c2d3e-1111-2222-3333-444455556666"

    /// A container of this runtime, and what else its row says or says differently.
    ///
    /// It has no name and no image, nor has its pod, where nothing else is said.
    static func row(_ runtime: String, _ more: [String: String?] = [:]) -> [String: String?] {
        var row = ofSomeRuntime.merging(["container.runtime": runtime]) { $1 }.merging(more) { $1 }
        if more["pod.uid"] != nil {
            row.merge(["pod.name": nil, "pod.namespace": nil]) { given, _ in given }
        }
        // A row has one or the other: the members of the pod, or null.
        if more["pod.uid"] != nil { row["pod"] = nil }
        return row
    }

    /// A container that belongs to no unit and no pod.
    static let ofSomeRuntime: [String: String?] = [
        "kind": "container", "container.id": "{id}", "unit": nil, "slice": "-.slice", "subgroup": nil,
        "user_unit": nil, "pod": nil, "container.runtime": nil, "container.name": nil, "container.image": nil,
    ]

    /// What Docker knows of a container of the tests.
    static func docker(_ name: String, _ more: [String: String?] = [:]) -> [String: String?] {
        more.merging(["container.name": name, "container.image": "ot-test:1"]) { given, _ in given }
    }

    /// What Podman knows of one; of the names of its pods no file tells.
    static func podman(_ name: String, _ more: [String: String?] = [:]) -> [String: String?] {
        more.merging(["container.name": name, "container.image": "localhost/ot-test:1"]) { given, _ in given }
    }

    /// The options that have containerd write down what a kubelet would have had it write.
    static let annotations = [
        "container-name=web", "image-name=registry.example/web:1.2", "sandbox-name=web-0", "sandbox-namespace=shop",
        "sandbox-uid=\(podUID)",
    ].flatMap { ["--annotation", "io.kubernetes.cri.\($0)"] }

    /// What is known of a container with these annotations.
    static func kubernetes(_ more: [String: String?] = [:]) -> [String: String?] {
        let known = [
            "container.name": "web", "container.image": "registry.example/web:1.2", "pod.name": "web-0",
            "pod.namespace": "shop", "pod.uid": podUID,
        ]
        return more.merging(known) { given, _ in given }
    }

    /// All there is to say of a path that nothing but the runtime knows to be a container's.
    static let bare: [String: String?] = [
        "kind": "cgroup", "container": nil, "pod": nil, "unit": nil, "slice": "-.slice",
    ]
}
