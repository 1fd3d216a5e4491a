import Foundation
import Glibc
import Testing

/// One container with the workload in it: how it is started, and what its row must say.
///
/// In the texts, {id} stands for what the runtime calls the container.
struct Contained {
    /// The container's, and of its handover.
    let name: String
    /// A script of Tests/Containers, what to do, and the options after folder and name.
    let start: [String]
    var environment: [String: String] = [:]
    /// The cgroup as seen from the root of the hierarchy.
    let path: String
    /// Members of the row by their names in the batch document, `container.id` for one inside another; nil is null there.
    let row: [String: String?]
    /// Members of the rows before the runtime's files were read, where these say more than that there is no name yet.
    var untold: [String: String?]?

    /// What only the runtime knows.
    private static let told = ["container.name", "container.image", "pod.name", "pod.namespace"]

    fileprivate var rowBeforeNames: [String: String?] {
        untold ?? row.reduce(into: [:]) { $0[$1.key] = Self.told.contains($1.key) ? .some(nil) : $1.value }
    }
}

/// A container that runs and whose workload waits to be told to go.
struct Waiting {
    let contained: Contained
    let id: String
    let handover: Handover
    /// As the kernel says it of the workload's process.
    let path: String
    let cgroup: UInt64
    private let root: String

    init(_ contained: Contained, in place: Place) throws {
        self.contained = contained
        root = place.root
        handover = try Handover(in: place, contained.name)
        let options = contained.start.dropFirst(2)
        id = try place.runtime(
            contained.start.prefix(2) + [place.folder, contained.name] + options,
            contained.environment.merging(["WORK": Self.work]) { given, _ in given })
        try handover.waitUntilPrepared()
        path = try Self.cgroupPath(ofProcessWith: "/exchange/\(contained.name)")
        if place.root.isEmpty { try place.note(cgroup: path) }
        var status = stat()
        guard stat(try Cgroup.mountPoint() + path, &status) == 0 else { throw Failure("\(path) is no cgroup") }
        cgroup = UInt64(status.st_ino)
    }

    private static let work = "--only syscalls,names,uring --uring plain --repeat 3"

    /// The path as this host sees it.
    var expectedPath: String { root + contained.path.replacing("{id}", with: id) }

    /// What is wrong with the rows of all windows: first they may have no names yet, then they keep them.
    func differences(in rows: [[String: String?]]) -> [String] {
        let named = rows.firstIndex { differences(in: $0, from: contained.row) == [] }
        guard let named else {
            return ["\(contained.name): no row is as it must be"]
                + (rows.last.map { differences(in: $0, from: contained.row) } ?? [])
        }
        return rows[..<named].flatMap { differences(in: $0, from: contained.rowBeforeNames) }
            + rows[named...].flatMap { differences(in: $0, from: contained.row) }
    }

    /// One line for each member of the row that is not what it must be.
    private func differences(in row: [String: String?], from members: [String: String?]) -> [String] {
        members.merging(["cgroup.path": contained.path]) { given, _ in given }.sorted { $0.key < $1.key }
            .compactMap { member, expected in
                let expected = expected?.replacing("{id}", with: id)
                guard let value = row[member] else { return "\(contained.name): there is no \(member)" }
                if value == expected { return nil }
                return "\(contained.name): \(member) is \(value ?? "null"), must be \(expected ?? "null")"
            }
    }

    /// Found by its arguments, which no other process has.
    private static func cgroupPath(ofProcessWith argument: String) throws -> String {
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int32(name) != nil {
            guard let line = try? String(contentsOfFile: "/proc/\(name)/cmdline", encoding: .utf8),
                line.hasPrefix("/bin/workload\0"), line.split(separator: "\0").contains(Substring(argument)),
                let cgroups = try? String(contentsOfFile: "/proc/\(name)/cgroup", encoding: .utf8),
                let path = cgroups.split(separator: "\n").first(where: { $0.hasPrefix("0::") })
            else { continue }
            return String(path.dropFirst(3))
        }
        throw Failure("no process has \(argument) among its arguments")
    }
}

extension Trait where Self == ConditionTrait {
    /// `make test` installs them.
    static func needs(_ programs: String...) -> Self {
        let missing = programs.filter { installed($0) == nil }
        return .enabled(if: missing.isEmpty, "not installed: \(missing.joined(separator: ", "))")
    }
}
