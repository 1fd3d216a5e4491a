import Foundation
import Model
import Testing

@testable import Kernel

/// A row as `open-cases` says that it must be, or as the kernel told it.
struct CaseRow: Hashable, CustomStringConvertible {
    var members: [String: String]

    var description: String {
        members.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }

    /// One line of the program. What it does not ask about is not there.
    init(_ line: String) throws {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        members = [:]
        for (key, value) in object {
            switch (key, value) {
            case ("tid", let tid as Int) where tid == 0: continue
            case ("comm", is NSNull), ("via", is NSNull), ("needs", _): continue
            case ("filename", let text as String), ("target", let text as String), ("path", let text as String),
                ("target_path", let text as String), ("comm", let text as String):
                members[key] = ByteString(try #require(Data(base64Encoded: text))).quoted
            case ("created", let holds as Bool), ("argv_truncated", let holds as Bool): members[key] = "\(holds)"
            case (_, is NSNull): members[key] = "nil"
            default: members[key] = "\(value)"
            }
        }
    }

    init(_ event: TraceEvent) {
        members = [
            "pid": "\(event.actor.pid)", "tid": "\(event.actor.tid)", "op": event.operation.rawValue,
            "kind": event.kind.rawValue, "via": event.via?.rawValue ?? "nil", "flags": "\(event.facts.flags)",
            "mode": "\(event.mode)", "filename": event.filename?.quoted ?? "nil",
            "target": event.target?.quoted ?? "nil", "path": event.path?.quoted ?? "nil",
            "target_path": event.targetPath?.quoted ?? "nil", "resolution": event.resolution?.rawValue ?? "nil",
            "root": event.root?.rawValue ?? "nil", "return": event.facts.result.map { "\($0)" } ?? "nil",
            "created": event.facts.created.map { "\($0)" } ?? "nil", "comm": event.actor.comm.quoted,
            "opcode": event.opcode?.rawValue ?? "nil",
            "argv_truncated": event.arguments.map { _ in "\(event.areArgumentsCut)" } ?? "nil",
        ]
    }

    /// Only what the other says something about.
    func asked(by other: Self) -> Self {
        var asked = self
        asked.members = members.filter { other.members[$0.key] != nil }
        return asked
    }
}

extension ByteString {
    fileprivate var quoted: String {
        String(decoding: bytes.flatMap { $0 < 0x80 && $0 >= 0x20 ? [$0] : Array("\\x\($0)".utf8) }, as: UTF8.self)
    }
}

/// Runs `open-cases` in the folder and compares its rows with those between its marks.
func expectCases(_ group: String, in folder: Folder, traced trace: KernelTrace) async throws {
    let place = "\(folder.path)/\(group)"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let process = Process()
    let output = Pipe()
    process.executableURL = builtProgram("open-cases")
    process.arguments = [place, group]
    process.standardOutput = output
    try process.run()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "open-cases \(group) failed")
    // A row that this kernel has no event for is none.
    var expected = try text.split(separator: "\n").filter { line in
        eventsThatMayLack.allSatisfy { !line.contains(#""needs":"\#($0)""#) || hasEvent($0) }
    }.map { try CaseRow(String($0)) }
    let untold = expected.count { $0.members["return"] == "nil" }
    try #require(!expected.isEmpty)

    let events = try await trace.end()
    let mine = UInt32(process.processIdentifier)
    let begin = try #require(events.firstIndex { $0.actor.pid == mine && $0.filename == "begin" })
    let end = try #require(events.lastIndex { $0.actor.pid == mine && $0.filename == "end" })
    var pids = Set(expected.compactMap { $0.members["pid"] })
    pids.insert("\(mine)")
    // What has no result became known last.
    let within = events.indices.filter { $0 > begin && ($0 < end || events[$0].facts.result == nil) }
    for event in within.map({ events[$0] }) where pids.contains("\(event.actor.pid)") {
        if event.filename == "begin" || event.filename == "end" { continue }
        // A program that is executed opens its libraries; these cases are about others.
        if group == "processes", event.operation == .open { continue }
        let row = CaseRow(event)
        if let index = expected.firstIndex(where: { row.asked(by: $0) == $0 }) {
            expected.remove(at: index)
        } else {
            Issue.record("\(group): nobody expects \(row)")
        }
    }
    for row in expected { Issue.record("\(group): there is no \(row)") }
    #expect(try await trace.loss().unknownResults == untold)
}

private let eventsThatMayLack = ["io_uring/io_uring_req_failed"]

private func hasEvent(_ event: String) -> Bool {
    ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"].contains { access("\($0)/events/\(event)/id", F_OK) == 0 }
}

/// A program of the package; it lies beside the test bundle.
func builtProgram(_ name: String) -> URL {
    var folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    while folder.path != "/", !FileManager.default.isExecutableFile(atPath: folder.appending(path: name).path) {
        folder.deleteLastPathComponent()
    }
    return folder.appending(path: name)
}
