import Testing

@testable import Render

struct TopScreenTests {
    private func view(_ units: [TopView.Row], keys: [TopView.Key] = []) -> TopView {
        var view = TopView()
        (view.title, view.units) = ("title", units)
        for key in keys {
            let ends = view.press(key, page: 2)
            #expect(!ends)
        }
        return view
    }

    private func row(_ name: String, _ written: Double, opens: Double = 1) -> TopView.Row {
        TopView.Row(
            name: name, place: "system.slice", written: written, writes: written / 10, opens: opens, creates: 3,
            failures: 2, ringWrites: 1, windowWrites: 4)
    }

    @Test func `a unit is a line of figures, the busiest first`() {
        let screen = TopScreen(view([row("small", 5), row("big", 3_000_000)]), width: 100)
        #expect(
            screen.lines(height: 24) == [
                "title   units by bytes written", "1-2 of 2   q ends  h helps  t units/writers  a alerts  / filters",
                "  WRITTEN/s WRITES/s  OPENS/s CREATES  FAILED URING  UNIT",
                "    2.9 MiB   300.0k        1       3       2   25%  big  (system.slice)",
                "        5 B      0.5        1       3       2   25%  small  (system.slice)",
            ])
        #expect(screen.lines(height: 4).count == 4)
        #expect(screen.lines(height: 0).isEmpty)
    }

    @Test func `a narrow terminal cuts lines, and a text is whole`() {
        let screen = TopScreen(view([row(String(repeating: "x", count: 200), 1)]), width: 40)
        #expect(screen.lines(height: 9).allSatisfy { $0.count <= 40 })
        #expect(screen.lines(height: 9)[3].hasSuffix("…"))
        let text = TopScreen(view([row(String(repeating: "x", count: 200), 1)]), width: nil).text
        #expect(text.contains("xx  (system.slice)\n"))
    }

    @Test func `what a terminal would obey is shown, not sent`() {
        let lines = TopScreen(view([row("a\u{1b}[2J\n\u{202e}b", 1)]), width: nil).text
        #expect(lines.contains(#"a\x1b[2J\x0a\u{202e}b"#))
    }

    @Test(arguments: [("o", "b"), ("b", "a"), ("n", "a")] as [(Character, String)])
    func `a key sorts by its figure`(_ key: Character, _ first: String) {
        #expect(
            view([row("a", 9, opens: 1), row("b", 8, opens: 7)], keys: [.character(key)]).rows.first?.name == first)
    }

    @Test func `idle ones are shown when they are asked for`() {
        let idle = TopView.Row(name: "idle", place: "", written: 0, writes: 0)
        #expect(view([row("a", 1), idle]).rows.map(\.name) == ["a"])
        #expect(view([row("a", 1), idle], keys: [.character("i")]).rows.map(\.name) == ["a", "idle"])
    }

    @Test func `a filter is typed, and Esc takes it away`() {
        let typed: [TopView.Key] = [.character("/"), .character("q"), .backspace, .character("B"), .enter]
        #expect(view([row("abc", 2), row("x", 1)], keys: typed).rows.map(\.name) == ["abc"])
        #expect(view([row("abc", 2), row("x", 1)], keys: typed + [.escape]).rows.count == 2)
    }

    @Test func `scrolling stays within the rows`() {
        let rows = (0..<10).map { row("unit-\($0)", Double(100 - $0)) }
        #expect(view(rows, keys: [.up]).scrolled == 0)
        #expect(view(rows, keys: [.pageDown, .down]).scrolled == 3)
        let screen = TopScreen(view(rows, keys: [.pageDown, .down]), width: 80).lines(height: 5)
        #expect(screen[1].hasPrefix("4-5 of 10") && screen[3].contains("unit-3"))
        #expect(view(rows, keys: Array(repeating: .pageDown, count: 9)).scrolled == 9)
        #expect(view(rows, keys: [.pageDown, .home]).scrolled == 0)
    }

    private func alerts() -> [TopAlert] {
        func alert(_ number: Int, _ path: String?, _ program: String, _ place: String) -> TopAlert {
            TopAlert(
                time: "2026-11-22T12:00:0\(number).000Z", operation: "create", path: path, program: program,
                place: place)
        }
        return [
            alert(4, "/etc/cron.d/x", "backup.py", "cron.service"), alert(3, "/top", "sh", "a.service"),
            alert(2, "/etc/cron.d/y", "dd", "cron.service"), alert(1, "/etc/cron.d/z", "dd", "web"),
            alert(0, nil, "a\u{1b}[2J", "b.service"),
        ]
    }

    @Test func `the newest unexpected writer has a line of its own, and all of them a view`() {
        var view = view([row("unit", 1)])
        view.alerts = alerts()
        let screen = TopScreen(view, width: 120).lines(height: 24)
        #expect(
            screen[1] == "! 5 unexpected writers, the last at 12:00:04: backup.py create /etc/cron.d/x (cron.service)")
        #expect(screen[2].hasPrefix("1-1 of 1   ") && screen.count == 5)
        var more = view
        more.waitingAlerts = 40
        #expect(TopScreen(more, width: 120).lines(height: 24)[1] == screen[1] + "; 40 more wait")
        #expect(TopScreen(view, width: 120).lines(height: 5).count == 5)
        _ = view.press(.character("a"), page: 1)
        #expect(
            TopScreen(view, width: nil).text.split(separator: "\n").map(String.init) == [
                "title   unexpected writers, the newest first",
                "! 5 unexpected writers, the last at 12:00:04: backup.py create /etc/cron.d/x (cron.service)",
                "TIME (UTC)  DID         FILE  (PROGRAM, UNIT)",
                "12:00:04    create      /etc/cron.d/x  (backup.py, cron.service)",
                "12:00:03    create      /top  (sh, a.service)",
                "12:00:02    create      /etc/cron.d/y  (dd, cron.service)",
                "12:00:01    create      /etc/cron.d/z  (dd, web)",
                #"12:00:00    create      ?  (a\x1b[2J, b.service)"#,
            ])
        for key in "/cron dd" { _ = view.press(.character(key), page: 1) }
        #expect(view.wantedAlerts.map(\.path) == ["/etc/cron.d/y", "/etc/cron.d/z"])
    }

    @Test func `directories are those of the unexpected writers, with how many and whose`() {
        var view = view([row("unit", 1)], keys: [.character("d")])
        view.alerts = alerts()
        #expect(
            TopScreen(view, width: nil).text.split(separator: "\n").dropFirst(2).map(String.init) == [
                "  ALERTS  PROGRAMS  LAST (UTC)  DIRECTORY  (UNITS)",
                "       3         2  12:00:04    /etc/cron.d  (cron.service, web)",
                "       1         1  12:00:03    /  (a.service)",
            ])
        view.alerts = []
        #expect(TopScreen(view, width: 80).lines(height: 9).count == 3)
        _ = view.press(.character("d"), page: 1)
        #expect(view.subject == .units)
    }

    @Test func `writers take the units' place and back, help says what keys do, q ends`() {
        var view = view([row("unit", 1)])
        view.writers = [TopView.Row(name: "dd", place: "unit", written: 1, writes: 1)]
        _ = view.press(.enter, page: 1)
        #expect(view.rows.map(\.name) == ["dd"])
        #expect(TopScreen(view, width: 80).lines(height: 9)[3].contains("       -       0       -     -  dd  (unit)"))
        _ = view.press(.character("h"), page: 1)
        let help = TopScreen(view, width: 80).lines(height: 40).joined()
        for sorting in TopView.Sorting.allCases { #expect(help.contains(" \(sorting.key) ")) }
        let ends = view.press(.character("q"), page: 1)
        #expect(ends)
    }

    @Test(
        arguments: [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_610_612_736, "1.5 GiB")] as [(Double, String)])
    func `bytes are in units of 1024`(_ count: Double, _ text: String) { #expect(TopScreen.bytes(count) == text) }
}
