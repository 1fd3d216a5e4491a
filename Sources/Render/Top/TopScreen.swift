internal import Model

/// A view of `otagent top` as lines of a terminal, or of a text.
package struct TopScreen {
    private let view: TopView
    /// In characters; nil: as wide as needed, as nobody looks at a terminal.
    private let width: Int?

    package init(_ view: TopView, width: Int?) { (self.view, self.width) = (view, width) }

    /// Lines around the rows: title, keys and columns.
    package static let surroundings = 3

    /// The whole screen; exactly `height` lines at most.
    package func lines(height: Int) -> [String] {
        if view.showsHelp { return ([heading] + Self.help).prefix(height).map(cut) }
        let rows = view.rows
        let room = max(height - Self.surroundings, 0)
        let shown = rows.dropFirst(view.scrolled).prefix(room)
        let place = rows.isEmpty ? "none" : "\(view.scrolled + 1)-\(view.scrolled + shown.count) of \(rows.count)"
        let lines = [heading, "\(filter)\(place)   \(Self.keys)", columns] + shown.map(line)
        return lines.prefix(height).map(cut)
    }

    /// All rows, for a file or a pipe.
    package var text: String { ([heading, columns] + view.rows.map(line)).map { $0 + "\n" }.joined() }

    private var heading: String {
        let what = view.showsWriters ? "writers" : "units"
        return "\(view.title)   \(what) by \(Self.word(view.sorting))\(view.isPaused ? "   PAUSED" : "")"
    }

    private var filter: String {
        view.isTyping ? "filter: \(view.filter.legible)_   " : view.filter.isEmpty ? "" : "/\(view.filter.legible)   "
    }

    private static let keys = "q ends  h helps  t units/writers  / filters"

    private static let help = [
        "", "  b w o c f u n   sort by bytes, writes, opens, creates, failures, io_uring, name",
        "  t, Enter        units, or the programs that wrote, with their units",
        "  /               filter by words in names and places; Esc takes it away",
        "  i               idle ones, too", "  p               pause", "  arrows, PgUp, PgDn, Home   scroll",
        "  h, ?            this, and back", "  q               the end", "",
        "  Figures are of the last window: bytes, writes and opens a second, the others as they are.",
        "  A - stands for what is not told of writers.",
    ]

    private static func word(_ sorting: TopView.Sorting) -> String {
        switch sorting {
        case .written: "bytes written"
        case .ioUring: "writes through io_uring"
        default: "\(sorting)"
        }
    }

    // MARK: - Rows

    private static let heads = ["WRITTEN/s", "WRITES/s", "OPENS/s", "CREATES", "FAILED", "URING"]
    private static let widths = [11, 9, 9, 8, 8, 6]

    private var columns: String {
        zip(Self.heads, Self.widths).map { Self.right($0, $1) }.joined() + "  "
            + (view.showsWriters ? "PROGRAM" : "UNIT")
    }

    private func line(_ row: TopView.Row) -> String {
        let share = row.ringWrites.map { writes in
            row.windowWrites == 0 ? "0%" : "\(UInt64((Double(writes) / Double(row.windowWrites) * 100).rounded()))%"
        }
        let figures = [
            Self.bytes(row.written), Self.number(row.writes), row.opens.map(Self.number) ?? "-",
            Self.number(Double(row.creates)), row.failures.map { Self.number(Double($0)) } ?? "-", share ?? "-",
        ]
        let place = row.place.isEmpty ? "" : "  (\(row.place.legible))"
        return zip(figures, Self.widths).map { Self.right($0, $1) }.joined() + "  \(row.name.legible)\(place)"
    }

    private func cut(_ line: String) -> String {
        guard let width, line.count > width else { return line }
        return width > 1 ? line.prefix(width - 1) + "…" : String(line.prefix(width))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 1)) + text
    }

    static func bytes(_ count: Double) -> String {
        var (count, step) = (count, 0)
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        while count >= 1024, step < units.count - 1 { (count, step) = (count / 1024, step + 1) }
        return "\(step == 0 ? "\(Int(count.rounded()))" : tenths(count)) \(units[step])"
    }

    static func number(_ value: Double) -> String {
        if value >= 1e6 { return tenths(value / 1e6) + "M" }
        if value >= 1e4 { return tenths(value / 1e3) + "k" }
        return value >= 100 || value == value.rounded() ? "\(Int(value.rounded()))" : tenths(value)
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
