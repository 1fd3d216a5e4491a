import Foundation
import Model
import Testing

@testable import Render

@Suite struct ExpositionTests {
    private func view(_ rows: [UnitRow], absent: Set<Counter> = [], windows: Int64 = 1) -> LiveView {
        var live = LiveUnits(idle: 900)
        var view: LiveView?
        for number in 0..<windows {
            var batch = Fixture.batch(rows: rows, alerts: Fixture.alerts, absent: absent, costs: Fixture.costs)
            batch.sequence += UInt64(number)
            view = live.add(batch)
        }
        guard var view else { preconditionFailure("at least one window") }
        view.endpoint.note(.fine)
        view.endpoint.note(.notFound)
        return view
    }

    private func lines(_ view: LiveView, _ format: ExpositionFormat = .prometheus) -> [String] {
        String(decoding: Exposition.render(view, as: format), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private func series(_ lines: [String], _ name: String) -> [String] {
        lines.filter { $0.hasPrefix(name + "{") || $0.hasPrefix(name + " ") }
    }

    private func row(_ path: ByteString, _ counters: [Counter: UInt64]) -> UnitRow {
        UnitRow(
            identity: UnitIdentity(cgroupPath: path), cgroup: CgroupID(1), path: path, counters: Counters(counters))
    }

    @Test func `a unit's series have its labels, and grow from window to window`() {
        let lines = lines(view([row("/system.slice/a.service", [.opens: 2, .writeBytes: 5])], windows: 3))
        #expect(
            series(lines, "otagent_unit_opens_total") == [
                #"otagent_unit_opens_total{unit="a.service",slice="system.slice"} 6"#
            ])
        #expect(
            series(lines, "otagent_unit_write_bytes_total") == [
                #"otagent_unit_write_bytes_total{unit="a.service",slice="system.slice"} 15"#
            ])
        #expect(
            series(lines, "otagent_unit_deletes_total") == [
                #"otagent_unit_deletes_total{unit="a.service",slice="system.slice"} 0"#
            ])
        #expect(series(lines, "otagent_unit_io_uring_writes_total").isEmpty)
    }

    @Test func `who uses io_uring has a series for each way through it`() {
        let lines = lines(
            view([row("/a", [.writes: 9, .workerWrites: 2, .workerWriteBytes: 20]), row("/b", [.writes: 1])]))
        #expect(
            series(lines, "otagent_unit_io_uring_writes_total") == [
                #"otagent_unit_io_uring_writes_total{slice="-.slice",cgroup="/a",via="inline"} 0"#,
                #"otagent_unit_io_uring_writes_total{slice="-.slice",cgroup="/a",via="worker"} 2"#,
                #"otagent_unit_io_uring_writes_total{slice="-.slice",cgroup="/a",via="sqpoll"} 0"#,
            ])
    }

    @Test func `who syncs has a series of it, and whose writes failed one for each error`() {
        var full = row("/a", [.writes: 9, .writeFailures: 4, .syncs: 3])
        full.writeErrors = [28: 3, 5: 1]
        let lines = lines(view([full, row("/b", [.writes: 1])], windows: 2))
        #expect(
            series(lines, "otagent_unit_syncs_total") == [#"otagent_unit_syncs_total{slice="-.slice",cgroup="/a"} 6"#])
        #expect(
            series(lines, "otagent_unit_write_errors_total") == [
                #"otagent_unit_write_errors_total{slice="-.slice",cgroup="/a",errno="EIO"} 2"#,
                #"otagent_unit_write_errors_total{slice="-.slice",cgroup="/a",errno="ENOSPC"} 6"#,
            ])
        #expect(
            series(self.lines(view([full], absent: [.writeFailures])), "otagent_unit_write_errors_total").isEmpty)
    }

    @Test func `alerts are counted by rule, from zero for rules that there are`() {
        var view = view([row("/a", [.writes: 9])], windows: 2)
        view.rules = [
            Alert.Source(.unexpectedWriter, rule: "watch[0]"), Alert.Source(.unexpectedWriter, rule: "watch[1]"),
        ]
        let lines = lines(view)
        #expect(
            series(lines, "otagent_alerts_total") == [
                #"otagent_alerts_total{alert="unexpected_writer",rule="watch[0]"} 2"#,
                #"otagent_alerts_total{alert="unexpected_writer",rule="watch[1]"} 0"#,
                #"otagent_alerts_total{alert="new_writer",rule="baseline"} 2"#,
                #"otagent_alerts_total{alert="unexpected_writer",rule="watch[12]"} 2"#,
            ])
        #expect(series(lines, "otagent_alerts_suppressed_total") == ["otagent_alerts_suppressed_total 16"])
        #expect(series(lines, "otagent_watch_lost_records_total") == ["otagent_watch_lost_records_total 14"])
    }

    @Test func `counters that nothing feeds have no series`() {
        let lines = lines(view([row("/a", [.writes: 9])], absent: [.deletes]))
        #expect(series(lines, "otagent_unit_deletes_total").isEmpty)
        #expect(series(lines, "otagent_unit_renames_total").count == 1)
    }

    @Test func `labels are escaped, and bytes that are no text replaced`() {
        let path = ByteString(Array(#"/a"b\c"#.utf8) + [0x0A, 0xFF])
        let lines = lines(view([row(path, [.writes: 9])]))
        #expect(
            series(lines, "otagent_unit_writes_total") == [
                #"otagent_unit_writes_total{slice="-.slice",cgroup="/a\"b\\c\n"# + "\u{FFFD}\"} 9"
            ])
    }

    @Test func `what has no name of its own has labels that no other has`() {
        let lines = lines(view(Fixture.richRows))
        let writes = series(lines, "otagent_unit_writes_total")
        #expect(writes.count == 4)
        #expect(writes.contains(#"otagent_unit_writes_total{unit="*"} 0"#))
        #expect(writes.contains(#"otagent_unit_writes_total{cgroup="unresolved"} 1"#))
        for format in ExpositionFormat.allCases {
            let named = self.lines(view(Fixture.richRows), format).filter { !$0.hasPrefix("#") && !$0.isEmpty }
                .map { $0[..<($0.lastIndex(of: " ") ?? $0.endIndex)] }
            #expect(Set(named).count == named.count)
        }
    }

    @Test func `OpenMetrics has its own names of families, its units and an end`() {
        let lines = lines(view(Fixture.richRows), .openMetrics)
        #expect(lines.contains("# TYPE otagent_unit_write_bytes counter"))
        #expect(lines.contains("# UNIT otagent_unit_write_bytes bytes"))
        #expect(lines.contains("# TYPE otagent_build info"))
        #expect(lines.contains { $0.hasPrefix("otagent_build_info{") })
        #expect(lines.suffix(2) == ["# EOF", ""])
        #expect(!self.lines(view(Fixture.richRows)).contains { $0.hasPrefix("# UNIT") || $0 == "# EOF" })
    }

    @Test func `every family is in the catalogue with its labels, stands together, and is told of once`() throws {
        let families = Dictionary(uniqueKeysWithValues: MetricCatalogue.all.map { ($0.name, $0) })
        #expect(families.count == MetricCatalogue.all.count)
        var last = ""
        var seen: [String] = []
        for line in lines(view(Fixture.richRows)) where !line.isEmpty && !line.hasPrefix("#") {
            let name = String(line.prefix { $0 != "{" && $0 != " " })
            let family = try #require(families[name], "\(line)")
            if name != last { seen.append(name) }
            last = name
            for label in line.matches(of: /[{,]([a-z_]+)="/) {
                #expect(family.labels.contains(String(label.1)), "\(line)")
            }
        }
        #expect(Set(seen).count == seen.count)
        // The fixture has something of everything, but what was not read.
        let missing = Set(families.keys).subtracting(seen)
        #expect(missing == ["process_open_fds", "otagent_kernel_memory_bytes"])
    }

    @Test func `the table in docs has the catalogue`() throws {
        var folder = URL(filePath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        let text = try String(contentsOf: folder.appending(path: "docs/endpoint.md"), encoding: .utf8)
        let rows = text.matches(of: /\n\| `([a-z_]+)` \| (counter|gauge|info) \| ([^|]*) \| ([^|]*) \|/).map { row in
            "\(row.1) \(row.2) [\(row.3.replacing("`", with: ""))] \(row.4)"
        }
        let catalogue = MetricCatalogue.all.map { family in
            "\(family.name) \(family.kind.rawValue) [\(family.labels.joined(separator: " "))] \(family.help)"
        }
        #expect(rows == catalogue)
    }
}
