import Foundation
import Model
import Testing

@testable import Render

@Suite("A batch is rendered whole or in parts")
struct BatchRendererTests {
    private func object(_ body: some Collection<UInt8>) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
    }

    private func rows(_ count: Int) -> [UnitRow] {
        (0..<count).map {
            UnitRow(
                identity: UnitIdentity(kind: .service, unit: ByteString("s\($0).service"), slice: "system.slice"),
                cgroup: CgroupID(UInt64($0)), path: ByteString("/system.slice/s\($0).service"),
                counters: Counters([.writes: UInt64($0) * 99_999]), writeErrors: [Int32($0 % 40 + 1): 1])
        }
    }

    @Test("A rich batch is these very bytes", arguments: BatchFormat.allCases)
    func golden(_ format: BatchFormat) throws {
        let batch = Fixture.batch(
            rows: Fixture.richRows, alerts: Fixture.alerts, absent: [.syncs, .sqpollWrites, .pseudoWriteBytes],
            costs: Fixture.costs)
        let payload = try #require(BatchRenderer.payloads(batch, format: format, maxBytes: 1 << 22).first)
        try expectGolden(payload.body, "rich.\(format.rawValue)")
    }

    @Test("An empty batch is one payload with no units", arguments: BatchFormat.allCases)
    func empty(_ format: BatchFormat) throws {
        let payloads = BatchRenderer.payloads(Fixture.batch(rows: []), format: format, maxBytes: 1)
        #expect(payloads.map(\.id) == ["6f1c-4711"])
        #expect(payloads.map(\.rows) == [0])
        try expectGolden(payloads[0].body, "empty.\(format.rawValue)")
    }

    @Test("A batch of another grouping has an id of its own, and says which", arguments: [BatchFormat.json, .ndjson])
    func grouped(_ format: BatchFormat) throws {
        let grouping = Grouping([.container, .slice])
        let whole = BatchRenderer.payloads(
            Fixture.batch(rows: rows(1), grouping: grouping), format: format, maxBytes: 1 << 22)
        #expect(whole.map(\.id) == ["6f1c-4711@slice+container"])
        let lines = try whole[0].body.split(separator: UInt8(ascii: "\n")).map { try object($0) }
        #expect(lines[0]["group_by"] as? [String] == ["slice", "container"])
        #expect(lines.allSatisfy { $0["batch_id"] as? String == "6f1c-4711@slice+container" })
        let parts = BatchRenderer.payloads(
            Fixture.batch(rows: rows(2), grouping: grouping), format: format, maxBytes: 1)
        #expect(parts.map(\.id) == ["6f1c-4711@slice+container/1", "6f1c-4711@slice+container/2"])
    }

    @Test("Totals count each operation once, in every part, where rows overlap")
    func nestedRows() throws {
        var rows = rows(4)
        for index in [1, 3] { rows[index].isNested = true }
        for maxBytes in [1, 1 << 22] {
            let payloads = BatchRenderer.payloads(
                Fixture.batch(rows: rows, grouping: Grouping([.slice])), format: .json, maxBytes: maxBytes)
            let totals = try payloads.map { try #require(try object($0.body)["totals"] as? [String: Any]) }
            #expect(totals.compactMap { $0["writes"] as? Int }.reduce(0, +) == 2 * 99_999)
            let errors = totals.compactMap { $0["write_errors"] as? [String: Int] }
            #expect(errors.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) } == ["EPERM": 1, "ESRCH": 1])
        }
    }

    @Test("Parts hold every row once, in order, within the size", arguments: [4000, 20_000, 70_000])
    func parts(maxBytes: Int) throws {
        let payloads = BatchRenderer.payloads(Fixture.batch(rows: rows(200)), format: .json, maxBytes: maxBytes)
        var units: [String] = []
        for (index, payload) in payloads.enumerated() {
            #expect(payload.body.count <= maxBytes)
            let document = try object(payload.body)
            #expect(document["part"] as? [Int] == [index + 1, payloads.count])
            #expect(document["batch_id"] as? String == "6f1c-4711/\(index + 1)")
            #expect(payload.id == "6f1c-4711/\(index + 1)")
            let rows = try #require(document["units"] as? [[String: Any]])
            #expect(rows.count == payload.rows)
            units += rows.compactMap { $0["unit"] as? String }
            let totals = try #require(document["totals"] as? [String: Any])
            #expect(totals["writes"] as? Int == rows.reduce(0) { $0 + ($1["writes"] as? Int ?? 0) })
        }
        #expect(payloads.count > 1)
        #expect(units == (0..<200).map { "s\($0).service" })
    }

    @Test("Lines of every part stand alone, within the size")
    func ndjsonParts() throws {
        let payloads = BatchRenderer.payloads(Fixture.batch(rows: rows(100)), format: .ndjson, maxBytes: 15_000)
        #expect(payloads.count > 1)
        #expect(payloads.reduce(0) { $0 + $1.rows } == 100)
        for payload in payloads {
            #expect(payload.body.count <= 15_000)
            #expect(payload.body.last == UInt8(ascii: "\n"))
            let lines = try payload.body.split(separator: UInt8(ascii: "\n")).map { try object($0) }
            #expect(lines.map { $0["type"] as? String } == ["batch"] + Array(repeating: "unit", count: payload.rows))
            #expect(lines.allSatisfy { $0["batch_id"] as? String == payload.id })
        }
    }

    private func alerts(_ count: Int, pathBytes: Int = 100) -> [Alert] {
        (0..<count).map {
            var alert = Fixture.alerts[0]
            alert.path = ByteString("/\($0)/" + String(repeating: "x", count: pathBytes))
            return alert
        }
    }

    @Test(arguments: [BatchFormat.json, .ndjson])
    func `alerts go out once, before the rows, and count for the size`(_ format: BatchFormat) throws {
        let batch = Fixture.batch(rows: rows(50), alerts: alerts(10))
        for maxBytes in [1, 9000, 20_000, 1 << 22] {
            let payloads = BatchRenderer.payloads(batch, format: format, maxBytes: maxBytes)
            if maxBytes > 1 { #expect(payloads.allSatisfy { $0.body.count <= maxBytes }) }
            #expect(payloads.map(\.rows).reduce(0, +) == 50)
            var paths: [String] = []
            for payload in payloads {
                let objects = try payload.body.split(separator: UInt8(ascii: "\n")).map { try object($0) }
                let raised =
                    format == .json
                    ? try #require(objects[0]["alerts"] as? [[String: Any]])
                    : objects.filter { $0["type"] as? String == "alert" }
                let units =
                    format == .json
                    ? try #require(objects[0]["units"] as? [Any]).count
                    : objects.count { $0["type"] as? String == "unit" }
                #expect(units == payload.rows)
                paths += raised.compactMap { ($0["path"] as? String).map { String($0.prefix { $0 != "x" }) } }
                // Never after the rows have begun.
                if units > 0, paths.count < 10 { Issue.record("rows before alerts") }
            }
            #expect(paths == (0..<10).map { "/\($0)/" })
        }
        let first = try #require(BatchRenderer.payloads(batch, format: format, maxBytes: 20_000).first)
        #expect(first.rows > 0)
    }

    @Test(arguments: [BatchFormat.json, .ndjson])
    func `a flood of alerts is as many parts as it takes`(_ format: BatchFormat) {
        let batch = Fixture.batch(rows: rows(3), alerts: alerts(5000, pathBytes: 300))
        let payloads = BatchRenderer.payloads(batch, format: format, maxBytes: 100_000)
        #expect(payloads.count > 20)
        #expect(payloads.allSatisfy { $0.body.count <= 100_000 })
        #expect(payloads.last?.rows == 3)
        let huge = Fixture.batch(rows: rows(2), alerts: alerts(1, pathBytes: 50_000))
        let parts = BatchRenderer.payloads(huge, format: format, maxBytes: 10_000)
        #expect(parts.map { $0.body.count <= 10_000 } == [false, true])
    }

    @Test("A row that is too large for any part goes alone")
    func largeRow() {
        var rows = rows(3)
        rows[1].path = ByteString([UInt8](repeating: UInt8(ascii: "x"), count: 10_000))
        let payloads = BatchRenderer.payloads(Fixture.batch(rows: rows), format: .json, maxBytes: 6000)
        #expect(payloads.map(\.rows) == [1, 1, 1])
        #expect(payloads.map { $0.body.count <= 6000 } == [true, false, true])
    }

    @Test("A single row that is too large is the whole batch, not a part of one")
    func singleLargeRow() {
        let payloads = BatchRenderer.payloads(Fixture.batch(rows: rows(1)), format: .json, maxBytes: 1)
        #expect(payloads.map(\.id) == ["6f1c-4711"])
    }

    @Test("Rendering twice gives the same bytes", arguments: BatchFormat.allCases)
    func repeatable(_ format: BatchFormat) {
        let batch = Fixture.batch(rows: Fixture.richRows)
        let bodies = (0..<2).map { _ in BatchRenderer.payloads(batch, format: format, maxBytes: 4000).map(\.body) }
        #expect(bodies[0] == bodies[1])
    }
}
