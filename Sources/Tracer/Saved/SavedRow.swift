internal import Foundation
internal import Model
internal import Render

/// The members of a row, as docs/schema/opentrace.trace-1.json has them.
struct SavedRow: Decodable {
    struct Wrong: Error { let reason: String }

    let pid: UInt32
    let cgid: UInt64
    let comm: String
    let comm_raw: String?
    let kind: String
    let flags: UInt64
    let mode: UInt64
    let filename: String?
    let filename_raw: String?
    let `return`: Int32?
    let time: String?
    let tid: UInt32?
    let ppid: UInt32?
    let uid: UInt32?
    let unit: String?
    let unit_raw: String?
    let path: String?
    let path_raw: String?
    let created: Bool?
    let via: String?
    let dev: String?
    let ino: UInt64?
    let op: String?
    let target: String?
    let target_raw: String?
    let target_path: String?
    let target_path_raw: String?
    let resolved: String?
    let root: String?
    let container: String?
    let container_raw: String?
    let argv: [String]?
    let argv_raw: [String]?
    let argv_truncated: Bool?
    let opcode: String?
    let lost: Losses?

    /// What is missing, in the last row of a trace that is not whole.
    struct Losses: Decodable {
        let dropped: UInt64
        let missed_runs: UInt64?
        let unwritten: UInt64
        let unread: UInt64
        let unknown_results: UInt64
        let unresolved_paths: UInt64
        let unfollowed: UInt64

        var account: TraceAccount {
            var account = TraceAccount()
            (account.unwritten, account.unread) = (unwritten, unread)
            (account.loss.dropped, account.loss.missedRuns) = (dropped, missed_runs)
            (account.loss.unknownResults, account.loss.unresolvedPaths) = (unknown_results, unresolved_paths)
            account.loss.unfollowed = unfollowed
            return account
        }
    }

    enum Record {
        case event(TraceEvent)
        case lost(TraceAccount)
    }

    func record() throws(Wrong) -> Record {
        guard kind == TraceAccount.kindOfLossRow else { return .event(try event()) }
        guard let lost else { throw Wrong(reason: "a row of the kind \"\(kind)\" has no member \"lost\"") }
        return .lost(lost.account)
    }

    func event() throws(Wrong) -> TraceEvent {
        var actor = TraceEvent.Actor(
            pid: pid, tid: tid ?? pid, parent: ppid, uid: uid, cgroup: CgroupID(cgid),
            comm: try bytes(comm, comm_raw, "comm") ?? "")
        actor.unit = try bytes(unit, unit_raw, "unit")
        actor.container = try bytes(container, container_raw, "container")
        var arguments: [ByteString]?
        if let argv {
            guard argv_raw == nil || argv_raw?.count == argv.count else {
                throw Wrong(reason: "\"argv_raw\" has not as many items as \"argv\"")
            }
            arguments = []
            for (index, argument) in argv.enumerated() {
                arguments?.append(try bytes(argument, argv_raw?[index], "argv") ?? "")
            }
        }
        return TraceEvent(
            time: try moment(), actor: actor, operation: try word(op, "op") ?? .open, kind: try savedWord(kind, "kind"),
            facts: OpenFacts(flags: flags, created: created, result: `return`), mode: mode,
            filename: try bytes(filename, filename_raw, "filename"), target: try bytes(target, target_raw, "target"),
            path: try bytes(path, path_raw, "path"), targetPath: try bytes(target_path, target_path_raw, "target_path"),
            resolution: try word(resolved, "resolved"), root: try word(root, "root"), via: try word(via, "via"),
            file: try file(), arguments: arguments, areArgumentsCut: argv_truncated ?? false,
            opcode: try word(opcode, "opcode"))
    }

    private func bytes(_ text: String?, _ raw: String?, _ name: String) throws(Wrong) -> ByteString? {
        guard let raw else { return text.map { ByteString($0) } }
        guard let data = Data(base64Encoded: raw) else { throw Wrong(reason: "\"\(name)_raw\" is no base64") }
        return ByteString(Array(data))
    }

    private func word<Word: RawRepresentable<String> & CaseIterable>(
        _ text: String?, _ name: String
    ) throws(Wrong) -> Word? {
        guard let text else { return nil }
        return try savedWord(text, name)
    }

    private func moment() throws(Wrong) -> Timestamp? {
        guard let time else { return nil }
        guard let moment = Timestamp(time) else {
            throw Wrong(reason: "\"time\" is no moment such as 2026-11-22T12:00:00.000000000Z")
        }
        return moment
    }

    private func file() throws(Wrong) -> TraceEvent.FileID? {
        guard let dev, let ino else { return nil }
        let parts = dev.split(separator: ":", omittingEmptySubsequences: false).map { UInt32($0) }
        guard parts.count == 2, let major = parts[0], let minor = parts[1], major < 1 << 12, minor < 1 << 20 else {
            throw Wrong(reason: "\"dev\" is not a major and a minor number such as 8:1")
        }
        return TraceEvent.FileID(device: major << 20 | minor, inode: ino)
    }
}

func savedWord<Word: RawRepresentable<String> & CaseIterable>(
    _ text: String, _ name: String
) throws(SavedRow.Wrong) -> Word {
    if let word = Word(rawValue: text) { return word }
    let near = Suggestion.nearest(to: text, among: Word.allCases.map(\.rawValue))
    let meant = near.map { "; did you mean \"\($0)\"?" } ?? ""
    throw SavedRow.Wrong(reason: "\"\(name)\" is \"\(String(text.prefix(40)).legible)\", which it cannot be\(meant)")
}
