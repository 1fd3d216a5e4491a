internal import Model

/// The last row of a trace in JSON or JSONL of which something is missing: what, and how much.
///
/// It has every member that a row has, so whoever reads rows stumbles over nothing, and is told apart by `kind` and `op`.
/// A trace that is whole has none.
extension TraceAccount {
    package static var kindOfLossRow: String { "lost" }

    func writeLossRow(to json: inout JSONWriter) {
        json.object { json in
            let none = nil as String?
            json.member("pid", 0 as UInt32)
            json.member("cgid", 0 as UInt64)
            json.member("comm", "")
            json.member("kind", Self.kindOfLossRow)
            json.member("flags", 0 as UInt64)
            json.member("mode", 0 as UInt64)
            for name in ["filename", "fname", "return", "time"] { json.member(name, none) }
            json.member("tid", 0 as UInt32)
            for name in ["ppid", "uid", "unit", "path", "created", "via", "dev", "ino"] { json.member(name, none) }
            json.member("op", Self.kindOfLossRow)
            for name in ["target", "target_path", "resolved", "root", "container", "argv", "argv_truncated", "opcode"] {
                json.member(name, none)
            }
            json.name("lost")
            writeLosses(to: &json)
        }
    }

    func writeLosses(to json: inout JSONWriter) {
        json.object { json in
            json.member("dropped", loss.dropped)
            json.member("missed_runs", loss.missedRuns)
            json.member("unwritten", unwritten)
            json.member("unread", unread)
            json.member("unknown_results", loss.unknownResults)
            json.member("unresolved_paths", loss.unresolvedPaths)
            json.member("unfollowed", loss.unfollowed)
        }
    }
}
