import Foundation
import Model
import Testing

@testable import Render

@Suite("Cumulative sums as OTLP's JSON")
struct OTLPTests {
    private typealias Object = [String: Any]

    private struct Point {
        var metric: String
        var attributes: [String: String]
        var value: UInt64?
        var start: String?
        var time: String?
        var flags: Int?
    }

    private func metrics(_ body: [UInt8]) throws -> [Object] {
        let request = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? Object)
        let resources = try #require(request["resourceMetrics"] as? [Object])
        #expect(resources.count == 1)
        let scopes = try #require(resources[0]["scopeMetrics"] as? [Object])
        #expect(scopes.count == 1)
        return try #require(scopes[0]["metrics"] as? [Object])
    }

    /// Those of metrics whose names begin like this, without the zeros that come before first values.
    private func points(_ body: [UInt8], prefix: String = "otagent.file.") throws -> [Point] {
        try allPoints(body, prefix: prefix).filter { $0.value != 0 }
    }

    private func allPoints(_ body: [UInt8], prefix: String) throws -> [Point] {
        try metrics(body).flatMap { metric -> [Point] in
            let name = try #require(metric["name"] as? String)
            guard name.hasPrefix(prefix) else { return [] }
            let data = try #require((metric["sum"] ?? metric["gauge"]) as? Object)
            return try #require(data["dataPoints"] as? [Object]).map { point in
                var attributes: [String: String] = [:]
                for attribute in point["attributes"] as? [Object] ?? [] {
                    let value = try #require(attribute["value"] as? Object)
                    attributes[try #require(attribute["key"] as? String)] = "\(value.values.first ?? "")"
                }
                return Point(
                    metric: String(name.dropFirst(prefix.count)), attributes: attributes,
                    value: point["asInt"].flatMap { UInt64("\($0)") },
                    start: point["startTimeUnixNano"] as? String, time: point["timeUnixNano"] as? String,
                    flags: point["flags"] as? Int)
            }
        }
    }

    private func batch(_ number: Int64, _ rows: [UnitRow], grouping: Grouping = .cgroup) -> Batch {
        var batch = Fixture.batch(rows: rows, grouping: grouping)
        batch.sequence += UInt64(number)
        let start = Fixture.noon + number * 10_000_000_000
        batch.window.start = Timestamp(nanoseconds: start)
        batch.window.end = Timestamp(nanoseconds: start + 10_000_000_000)
        batch.window.seconds = 10
        return batch
    }

    private func rows(_ count: Int, writes: UInt64 = 3) -> [UnitRow] {
        (0..<count).map {
            UnitRow(
                identity: UnitIdentity(kind: .service, unit: ByteString("s\($0).service"), slice: "system.slice"),
                cgroup: CgroupID(UInt64($0)), path: ByteString("/system.slice/s\($0).service"),
                counters: Counters([.writes: writes, .writeBytes: writes &* 512]))
        }
    }

    private func payloads(_ shaper: inout BatchShaper, _ batch: Batch) -> [Payload] {
        var payloads: [Payload] = []
        shaper.render(batch) { payloads.append($0) }
        return payloads
    }

    @Test("Two windows are these very bytes, and the second has the sums")
    func golden() throws {
        var shaper = BatchShaper(format: .otlp, maxBytes: 1 << 22)
        _ = payloads(&shaper, batch(0, Fixture.richRows))
        let second = payloads(&shaper, batch(1, Array(Fixture.richRows.prefix(2))))
        #expect(second.map(\.rows) == [2])
        try expectGolden(second[0].body, "second.otlp")
        let sums = try points(second[0].body).filter { $0.metric == "opens" }
        #expect(sums.map(\.value) == [2000, 2])
        #expect(sums.allSatisfy { $0.start == "\(Fixture.noon)" && $0.time == "\(Fixture.noon + 20_000_000_000)" })
    }

    @Test("Every counter is the points of exactly one metric")
    func everyCounter() {
        let counters = OTLPUnitMetric.all.flatMap { metric -> [Counter] in
            switch metric.source {
            case .counter(let counter): [counter]
            case .ways(let ways): ways.map(\.counter)
            case .errors: []
            }
        }
        #expect(counters.count == Counter.allCases.count)
        #expect(Set(counters) == Set(Counter.allCases))
        let names = OTLPUnitMetric.all.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test("Every metric of units is in the documentation, with its unit")
    func documented() throws {
        var folder = URL(filePath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        let page = try String(contentsOf: folder.appending(path: "docs/otlp.md"), encoding: .utf8)
        for metric in OTLPUnitMetric.all { #expect(page.contains("| `\(metric.name)` | `\(metric.unit)` |")) }
        let batch = Fixture.batch(
            rows: Fixture.richRows, absent: [.syncs], costs: Fixture.costs, grouping: Grouping([.unit]))
        let body = try #require(BatchRenderer.payloads(batch, format: .otlp, maxBytes: 1 << 22).first?.body)
        for metric in try metrics(body) {
            let (name, unit) = (metric["name"] as? String ?? "?", metric["unit"] as? String ?? "?")
            #expect(page.contains("| `\(name)` | `\(unit)` |"))
        }
    }

    @Test("Every sum is cumulative and monotonic, and times are strings")
    func shape() throws {
        let body = BatchRenderer.payloads(
            batch(0, Fixture.richRows), format: .otlp, maxBytes: 1 << 22)[0].body
        for metric in try metrics(body) where metric["sum"] != nil {
            let sum = try #require(metric["sum"] as? Object)
            #expect(sum["aggregationTemporality"] as? Int == 2)
            #expect(sum["isMonotonic"] as? Bool == true)
            for point in try #require(sum["dataPoints"] as? [Object]) {
                #expect(point["startTimeUnixNano"] is String && point["timeUnixNano"] is String)
                #expect(point["asInt"] is Int || point["asDouble"] is Double)
            }
        }
    }

    @Test("What was never counted, and what nothing feeds, has no point")
    func zeros() throws {
        var batch = batch(0, rows(1))
        batch.coverage.absent = [.writeBytes]
        let body = BatchRenderer.payloads(batch, format: .otlp, maxBytes: 1 << 22)[0].body
        #expect(try points(body).map(\.metric) == ["writes"])
        let absent = try points(body, prefix: "otagent.coverage.absent")
        #expect(absent.map(\.attributes) == [["otagent.counter": "writeBytes"]])
    }

    @Test("A first value comes after a zero of when the window began, and no other does")
    func firstValues() throws {
        var shaper = BatchShaper(format: .otlp, maxBytes: 1 << 22)
        func told(_ number: Int64, _ counters: Counters, errors: ErrorCounts = [:]) throws -> [String] {
            var row = rows(1)[0]
            (row.counters, row.openErrors) = (counters, errors)
            let points = try allPoints(payloads(&shaper, batch(number, [row]))[0].body, prefix: "otagent.file.")
            #expect(points.allSatisfy { $0.start == "\(Fixture.noon)" })
            return points.map { point in
                let seconds = ((point.time.flatMap { Int64($0) } ?? 0) - Fixture.noon) / 1_000_000_000
                return "\(point.metric) \(point.value ?? 0) at \(seconds)"
            }
        }
        #expect(try told(0, Counters([.writes: 3])) == ["writes 0 at 0", "writes 3 at 10"])
        #expect(
            try told(1, Counters([.writes: 1, .openFailures: 2]), errors: [2: 2]) == [
                "open.failures 0 at 10", "open.failures 2 at 20", "open.errors 0 at 10", "open.errors 2 at 20",
                "writes 4 at 20",
            ])
        #expect(
            try told(2, Counters([.writes: 1, .openFailures: 1]), errors: [13: 1]) == [
                "open.failures 3 at 30", "open.errors 2 at 30", "open.errors 0 at 20", "open.errors 1 at 30",
                "writes 5 at 30",
            ])
    }

    @Test("Names that are not UTF-8 are text with U+FFFD, and all their bytes beside it")
    func uglyNames() throws {
        let unit = ByteString([0x61, 0xFF, 0x0A, 0x22])
        let row = UnitRow(
            identity: UnitIdentity(kind: .service, unit: unit, slice: "system.slice"), cgroup: CgroupID(1), path: "/x",
            counters: Counters([.writes: 1]))
        let body = BatchRenderer.payloads(batch(0, [row]), format: .otlp, maxBytes: 1 << 22)[0].body
        let attributes = try #require(try points(body).first?.attributes)
        #expect(attributes["systemd.unit.name"] == "a\u{FFFD}\n\"")
        #expect(attributes["systemd.unit.name.raw"] == Data(unit.bytes).base64EncodedString())
    }

    @Test("Values that readers would round are strings, and none is beyond what OTLP can say")
    func largeValues() throws {
        let limit: UInt64 = 1 << 53
        for (value, text) in [
            (limit - 1, "9007199254740991"), (limit, "\"9007199254740992\""), (.max, "\"9223372036854775807\""),
        ] {
            let body = BatchRenderer.payloads(batch(0, rows(1, writes: value)), format: .otlp, maxBytes: 1 << 22)[0]
                .body
            #expect(String(decoding: body, as: UTF8.self).contains("\"asInt\":\(text)}"))
        }
    }

    @Test("Parts hold every series once, in order, within the size", arguments: [15_000, 40_000, 100_000])
    func parts(maxBytes: Int) throws {
        var shaper = BatchShaper(format: .otlp, maxBytes: maxBytes)
        let payloads = payloads(&shaper, batch(0, rows(200)))
        #expect(payloads.count > 1)
        #expect(payloads.map(\.id) == (1...payloads.count).map { "6f1c-4711/\($0)" })
        #expect(payloads.reduce(0) { $0 + $1.rows } == 200)
        var units: [String] = []
        for (index, payload) in payloads.enumerated() {
            #expect(payload.body.count <= maxBytes)
            let points = try points(payload.body)
            #expect(points.count == 2 * payload.rows)
            units += points.filter { $0.metric == "writes" }.compactMap { $0.attributes["systemd.unit.name"] }
            #expect(try self.points(payload.body, prefix: "otagent.loss.").isEmpty == (index > 0))
        }
        #expect(units == (0..<200).map { "s\($0).service" })
        // Nearly as large as it may be: the sizes that decide where to cut are those of the bytes.
        #expect(payloads.dropLast().allSatisfy { $0.body.count > maxBytes - 1400 })
    }

    @Test("A series that is too large for any part goes alone")
    func largeSeries() {
        var shaper = BatchShaper(format: .otlp, maxBytes: 1)
        let payloads = payloads(&shaper, batch(0, rows(3)))
        #expect(payloads.map(\.rows) == [0, 1, 1, 1])
    }

    @Test("A grouping is in the id and in every point, the agent's own included")
    func grouped() throws {
        let grouping = Grouping([.slice, .unit])
        let payloads = BatchRenderer.payloads(
            batch(0, rows(1), grouping: grouping), format: .otlp, maxBytes: 1 << 22)
        #expect(payloads.map(\.id) == ["6f1c-4711@unit+slice"])
        let points = try points(payloads[0].body, prefix: "otagent.")
        #expect(points.allSatisfy { $0.attributes["otagent.group_by"] == "unit+slice" })
    }

    @Test("The end of a series is a point without a value, and carries no row")
    func end() throws {
        var limits = CumulativeSeries.Limits()
        limits.idle = 10
        var shaper = BatchShaper(format: .otlp, maxBytes: 1 << 22, limits: limits)
        _ = payloads(&shaper, batch(0, rows(1)))
        let last = payloads(&shaper, batch(1, []))
        #expect(last.map(\.rows) == [0])
        let points = try points(last[0].body)
        #expect(points.map(\.metric) == ["writes", "write.size"])
        #expect(points.allSatisfy { $0.flags == 1 && $0.value == nil })
        #expect(try self.points(payloads(&shaper, batch(2, []))[0].body).isEmpty)
    }
}
