internal import Model

/// A view of `otagent top` as lines of a terminal, or of a text.
package struct TopScreen {
    private let view: TopView
    /// In characters; nil: as wide as needed, as nobody looks at a terminal.
    private let width: Int?

    package init(_ view: TopView, width: Int?) { (self.view, self.width) = (view, width) }

    /// Lines around the rows: title, keys and columns, and that there are alerts.
    package static func surroundings(of view: TopView) -> Int { view.alerts.isEmpty ? 3 : 4 }

    /// The whole screen; exactly `height` lines at most.
    package func lines(height: Int) -> [String] {
        if view.showsHelp { return ([heading] + Self.help).prefix(height).map(cut) }
        let all = body
        let room = max(height - Self.surroundings(of: view), 0)
        let shown = all.dropFirst(view.scrolled).prefix(room)
        let place = all.isEmpty ? "none" : "\(view.scrolled + 1)-\(view.scrolled + shown.count) of \(all.count)"
        let lines = [heading] + alarm + ["\(filter)\(place)   \(Self.keys)", columns] + shown
        return lines.prefix(height).map(cut)
    }

    /// All rows, for a file or a pipe.
    package var text: String { ([heading] + alarm + [columns] + body).map { $0 + "\n" }.joined() }

    private var body: [String] {
        switch view.subject {
        case .units, .writers: view.rows.map(line)
        case .alerts: view.wantedAlerts.map(line)
        case .directories: view.directories.map(line)
        }
    }

    private var heading: String {
        let what =
            switch view.subject {
            case .units: "units by \(Self.word(view.sorting))"
            case .writers: "writers by \(Self.word(view.sorting))"
            case .alerts: "unexpected writers, the newest first"
            case .directories: "directories by unexpected writers"
            }
        return "\(view.title)   \(what)\(view.isPaused ? "   PAUSED" : "")"
    }

    /// The newest alert; no line where there is none.
    private var alarm: [String] {
        guard let newest = view.alerts.first else { return [] }
        let count = view.alerts.count
        let what = count == 1 ? "1 unexpected writer" : "\(count) unexpected writers, the last"
        let sentence =
            "\(what) at \(newest.clock.legible): \(newest.program.legible) \(newest.operation.legible) "
            + "\(newest.path?.legible ?? "?") (\(newest.place.legible))"
        return ["! \(sentence)\(view.waitingAlerts > 0 ? "; \(view.waitingAlerts) more wait" : "")"]
    }

    private var filter: String {
        view.isTyping ? "filter: \(view.filter.legible)_   " : view.filter.isEmpty ? "" : "/\(view.filter.legible)   "
    }

    private static let keys = "q ends  h helps  t units/writers  a alerts  / filters"

    private static let help = [
        "", "  b w o c f u n   sort by bytes, writes, opens, creates, failures, io_uring, name",
        "  t, Enter        units, or the programs that wrote, with their units",
        "  a               unexpected writers: who did what to which file, the newest first",
        "  d               the directories they did it in",
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
        let figures = zip(Self.heads, Self.widths).map { Self.right($0, $1) }.joined()
        return switch view.subject {
        case .units: "\(figures)  UNIT"
        case .writers: "\(figures)  PROGRAM"
        case .alerts: "TIME (UTC)  DID         FILE  (PROGRAM, UNIT)"
        case .directories: "  ALERTS  PROGRAMS  LAST (UTC)  DIRECTORY  (UNITS)"
        }
    }

    private func line(_ alert: TopAlert) -> String {
        "\(Self.left(alert.clock.legible, 12))\(Self.left(alert.operation.legible, 12))\(alert.path?.legible ?? "?")  "
            + "(\(alert.program.legible), \(alert.place.legible))"
    }

    private func line(_ directory: TopDirectory) -> String {
        let places = directory.places.map(\.legible).joined(separator: ", ")
        return "\(Self.right("\(directory.alerts)", 8))\(Self.right("\(directory.programs)", 10))  "
            + "\(Self.left(directory.last.clock.legible, 12))\(directory.name.legible)  (\(places))"
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

    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(width - text.count, 1))
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
