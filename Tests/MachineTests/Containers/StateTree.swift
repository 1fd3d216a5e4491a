import Foundation
import Model

@testable import Machine

/// A root folder with the state of runtimes as a test needs it; removed at the end.
final class StateTree {
    let root: String

    init() throws {
        root = NSTemporaryDirectory() + "otagent-state-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func path(_ inside: String) -> String { root + inside }

    func write(_ inside: String, _ text: String) throws {
        let url = URL(filePath: path(inside))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    func makeDirectory(_ inside: String) throws {
        try FileManager.default.createDirectory(atPath: path(inside), withIntermediateDirectories: true)
    }

    func reader(_ stateDirectories: [String] = []) -> ContainerReader {
        ContainerReader(ContainerReader.Sources(root: root, stateDirectories: stateDirectories))
    }

    /// What a new reader says about the cgroup at `path`.
    func answer(_ path: String, _ stateDirectories: [String] = []) -> ContainerAnswer? {
        let path = ByteString(path)
        guard let question = ContainerQuestion(UnitIdentity(cgroupPath: path), path: path) else { return nil }
        var reader = reader(stateDirectories)
        return reader.answer(question)
    }

    /// The identity of the cgroup at `path` with all that was learned, in short; `failed` with a failure.
    func told(_ path: String, _ stateDirectories: [String] = []) -> String {
        var identity = UnitIdentity(cgroupPath: ByteString(path))
        switch answer(path, stateDirectories) {
        case .known(let details)?: identity.learn(details, path: ByteString(path))
        case .failed?: return "failed"
        case .unknown?, nil: break
        }
        let container = identity.container
        let pod = identity.pod.map { "\($0.namespace.shown)/\($0.name.shown)" }
        return [
            identity.kind.rawValue, container.map { $0.runtime ?? "?" } ?? "-", (container?.name).shown,
            (container?.image).shown, pod ?? "-",
        ].joined(separator: " ")
    }
}

extension ByteString? {
    fileprivate var shown: String { self?.lossyText ?? "-" }
}

/// Two ids as runtimes draw them.
let anID = String(repeating: "0123456789abcdef", count: 4)
let anotherID = String(repeating: "fedcba9876543210", count: 4)
let aPod = "0b1c2d3e-1111-2222-3333-444455556666"
