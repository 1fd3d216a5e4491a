package import Model

/// The lines at the end of a trace: how much is in it, and what is not.
package struct TraceTrailer: Sendable {
    private let account: TraceAccount

    package init(_ account: TraceAccount) { self.account = account }

    /// One line; more where something is not in the rows that should be, or may not be.
    package var text: String {
        let (filtered, lost) = (Self.grouped(account.filtered), Self.grouped(account.lost))
        let lines = ["\(rows), \(filtered) filtered, \(lost) lost"] + losses.map { "  " + $0 }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What is missing, each in a line of its own without its end.
    package var losses: [String] {
        var lines: [String] = []
        let loss = account.loss
        func line(_ count: UInt64, _ reason: String, one: String? = nil) {
            if count > 0 { lines.append("\(Self.grouped(count)) \(count == 1 ? one ?? reason : reason)") }
        }
        line(loss.dropped, "lost because the buffer was full; a larger --buffer has room for more")
        line(
            loss.missedRuns ?? 0, "lost because the kernel did not run the programs for them",
            one: "lost because the kernel did not run the programs for it")
        line(
            account.unwritten, "lost because they could not be written", one: "lost because it could not be written")
        line(
            account.unread, "lost because nobody read them any more", one: "lost because nobody read it any more")
        line(
            loss.unknownResults, "rows without a result, which never became known",
            one: "row without a result, which never became known")
        line(
            loss.unresolvedPaths, "rows without the path they should have", one: "row without the path it should have")
        line(
            loss.unfollowed, "processes not followed, because there were too many: what they did is not in the rows",
            one: "process not followed, because there were too many: what it did is not in the rows")
        return lines
    }

    /// What is known while the trace still runs, in one line without its end.
    package func progress(after seconds: Int64) -> String {
        let lost = account.lost + account.loss.unfollowed
        let time = seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
        return "\(rows) after \(time)" + (lost > 0 ? ", \(Self.grouped(lost)) lost" : "")
    }

    private var rows: String { Self.grouped(account.rows) + (account.rows == 1 ? " row" : " rows") }

    /// `1,234,567`
    private static func grouped(_ number: UInt64) -> String {
        var digits = String(number)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
    }
}
