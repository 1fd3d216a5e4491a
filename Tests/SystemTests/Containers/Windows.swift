import Foundation
import Glibc

/// The batches of an agent that still runs.
struct Windows {
    let file: String

    /// The whole lines there are.
    private func lines() throws -> [Substring] {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        guard let end = text.lastIndex(of: "\n") else { return [] }
        return text[..<end].split(separator: "\n")
    }

    /// Waits until all that was done before now has been shipped, and returns how many batches that took.
    ///
    /// The window that is open now and one that is being written may both hold of it.
    func waitUntilShipped() throws -> Int {
        let wanted = try lines().count + 2
        let deadline = ContinuousClock.now + .seconds(30)
        while try lines().count < wanted {
            guard ContinuousClock.now < deadline else { throw Failure("no batch comes: \(file)") }
            usleep(20_000)
        }
        return try lines().count
    }

    /// Waits until this loss has been counted.
    func wait(forLoss member: String) throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try !documents().contains(where: { Self.number($0, "loss", member) > 0 }) {
            guard ContinuousClock.now < deadline else { throw Failure("no loss of \(member) is told: \(file)") }
            usleep(20_000)
        }
    }

    /// How long each window was, in seconds.
    func lengths() throws -> [Double] { try documents().map { Self.number($0, "window", "seconds") } }

    private func documents() throws -> [[String: Any]] {
        try lines().compactMap { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
    }

    private static func number(_ document: [String: Any], _ object: String, _ member: String) -> Double {
        ((document[object] as? [String: Any])?[member] as? NSNumber)?.doubleValue ?? .nan
    }

    /// The rows of a cgroup with every member by its name, `container.id` for one inside another.
    func rows(of cgroup: UInt64) throws -> [[String: String?]] {
        try documents().flatMap { batch in
            let units = batch["units"] as? [[String: Any]] ?? []
            return units.map { Self.flat($0) }.filter { $0["cgroup.id"] == "\(cgroup)" }
        }
    }

    /// A null object has null members, whichever are asked for.
    private static func flat(_ object: [String: Any], _ prefix: String = "") -> [String: String?] {
        var members: [String: String?] = [:]
        for (name, value) in object {
            switch value {
            case let inner as [String: Any]: members.merge(flat(inner, "\(prefix)\(name).")) { first, _ in first }
            case is NSNull: members[prefix + name] = .some(nil)
            default: members[prefix + name] = "\(value)"
            }
        }
        return members
    }
}
