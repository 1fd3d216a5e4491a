import Foundation
import Model
import Testing

@testable import Render

@Suite("A rendered batch is cut in two from its bytes")
struct BatchHalfTests {
    private typealias Part = PayloadShape.Part

    private func halves(_ payload: Payload) -> [BatchHalf]? {
        switch payload.format {
        case .ndjson: BatchHalf.halves(ofLines: payload.body, id: payload.id)
        default: BatchHalf.halves(ofDocument: payload.body, id: payload.id)
        }
    }

    private func whole(_ batch: Batch, _ format: BatchFormat) throws -> Payload {
        try #require(BatchRenderer.payloads(batch, format: format, maxBytes: 1 << 30).first)
    }

    @Test("The halves are what the renderer sends as two parts, whatever the rows say", arguments: 1...40)
    func likeTwoParts(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let batch = Hostile.batch(using: &random)
        for format in [BatchFormat.json, .ndjson] {
            let shape = PayloadShape(batch, format: format == .json ? .document : .lines)
            let halves = try #require(halves(try whole(batch, format)))
            let middle = batch.rows.count / 2
            let expected = [
                shape.payload(Part(alerts: 0..<batch.alerts.count, rows: 0..<middle), part: 1, parts: 2),
                shape.payload(Part(alerts: 0..<0, rows: middle..<batch.rows.count), part: 2, parts: 2),
            ]
            #expect(halves.map(\.id) == expected.map(\.id))
            #expect(halves.map(\.rows) == expected.map(\.rows))
            for (half, expected) in zip(halves, expected) {
                #expect(String(decoding: half.body, as: UTF8.self) == String(decoding: expected.body, as: UTF8.self))
            }
        }
    }

    @Test("Cut down to single rows, every part is what the renderer makes of its rows", arguments: 41...60)
    func downToRows(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let batch = Hostile.batch(using: &random)
        for format in [BatchFormat.json, .ndjson] {
            let shape = PayloadShape(batch, format: format == .json ? .document : .lines)
            let whole = try whole(batch, format)
            let all = Part(alerts: 0..<batch.alerts.count, rows: 0..<batch.rows.count)
            var waiting = [(id: whole.id, body: whole.body, content: all, part: 1, parts: 1)]
            var singles = 0
            while let next = waiting.popLast() {
                let expected = shape.payload(next.content, part: next.part, parts: next.parts)
                let body = String(decoding: expected.body, as: UTF8.self)
                    .replacing("\"batch_id\":\"\(expected.id)\"", with: "\"batch_id\":\"\(next.id)\"")
                #expect(String(decoding: next.body, as: UTF8.self) == body)
                let payload = Payload(id: next.id, format: format, body: next.body, rows: next.content.rows.count)
                guard let halves = halves(payload) else {
                    #expect(next.content.rows.count + next.content.alerts.count == 1)
                    singles += 1
                    continue
                }
                #expect(halves.map(\.id) == ["\(next.id)/1", "\(next.id)/2"])
                let (rows, alerts) = (next.content.rows, next.content.alerts)
                let middle = rows.lowerBound + halves[0].rows
                let raised =
                    rows.count > 1 ? alerts.upperBound : alerts.lowerBound + (alerts.count + rows.count) / 2
                let contents = [
                    Part(alerts: alerts.lowerBound..<raised, rows: rows.lowerBound..<middle),
                    Part(alerts: raised..<alerts.upperBound, rows: middle..<rows.upperBound),
                ]
                for (index, half) in halves.enumerated() {
                    waiting.append((half.id, half.body, contents[index], 2 * next.part - 1 + index, 2 * next.parts))
                }
            }
            #expect(singles == batch.rows.count + batch.alerts.count)
        }
    }

    @Test("Rows that are in other rows are in no total", arguments: [BatchFormat.json, .ndjson])
    func nested(format: BatchFormat) throws {
        func row(_ slice: ByteString?, _ kind: UnitIdentity.Kind, _ writes: UInt64, isNested: Bool) -> UnitRow {
            var row = UnitRow(
                identity: UnitIdentity(kind: kind, slice: slice), cgroup: nil, path: nil,
                counters: Counters([.writes: writes, .writeFailures: 1]), writeErrors: [28: writes])
            row.isNested = isNested
            return row
        }
        let rows = [
            row("-.slice", .slice, 1, isNested: false), row("system.slice", .slice, 10, isNested: true),
            row("-.slice", .service, 100, isNested: false), row(nil, .unresolved, 1000, isNested: false),
            row("user.slice", .slice, 10_000, isNested: true), row(nil, .overflow, 100_000, isNested: false),
        ]
        for keys in [[Grouping.Key.slice], [.unit, .slice]] {
            let batch = Fixture.batch(rows: rows, grouping: Grouping(keys))
            let halves = try #require(halves(try whole(batch, format)))
            #expect(halves[0].id == (keys.count == 1 ? "6f1c-4711@slice/1" : "6f1c-4711@unit+slice/1"))
            let shape = PayloadShape(batch, format: format == .json ? .document : .lines)
            let parts = [Part(alerts: 0..<0, rows: 0..<3), Part(alerts: 0..<0, rows: 3..<6)]
            #expect(halves[0].body == shape.payload(parts[0], part: 1, parts: 2).body)
            #expect(halves[1].body == shape.payload(parts[1], part: 2, parts: 2).body)
        }
    }

    @Test("Numbers are exact up to the last bit of 64")
    func exact() throws {
        let large: [UInt64] = [(1 << 53) + 1, 1, .max - 1, 1]
        let rows = large.enumerated().map { index, value in
            UnitRow(
                identity: UnitIdentity(kind: .cgroup), cgroup: CgroupID(.max - UInt64(index)), path: "/a",
                counters: Counters([.writeBytes: value, .pseudoWriteBytes: value]))
        }
        let halves = try #require(halves(try whole(Fixture.batch(rows: rows), .json)))
        for (half, sum) in zip(halves, ["9007199254740994", "18446744073709551615"]) {
            let text = String(decoding: half.body, as: UTF8.self)
            let totals = try #require(text.range(of: "\"totals\":"))
            let rest = text[totals.upperBound...].prefix { $0 != "]" }
            #expect(rest.contains("\"write_bytes\":\(sum),\"write_failures\""))
            #expect(rest.contains("\"pseudo\":{\"opens\":0,\"writes\":0,\"write_bytes\":\(sum)}"))
        }
        #expect(String(decoding: halves[0].body, as: UTF8.self).contains("\"id\":18446744073709551615"))
    }

    @Test("Alerts go out once, with the first half")
    func alerts() throws {
        let batch = Fixture.batch(rows: Array(Fixture.richRows.prefix(3)))
        let alert = #"{"alert":"unexpected_writer","path":"/etc/\n\"]},{\u0001"}"#
        let document = String(decoding: try whole(batch, .json).body, as: UTF8.self)
            .replacing(#""alerts":[]"#, with: #""alerts":[\#(alert),{}]"#)
        let halves = try #require(BatchHalf.halves(ofDocument: Array(document.utf8), id: "6f1c-4711"))
        #expect(String(decoding: halves[0].body, as: UTF8.self).hasSuffix(#","alerts":[\#(alert),{}]}"# + "\n"))
        #expect(String(decoding: halves[1].body, as: UTF8.self).hasSuffix(#"],"alerts":[]}"# + "\n"))

        let lines =
            String(decoding: try whole(batch, .ndjson).body, as: UTF8.self)
            + #"{"type":"alert","batch_id":"6f1c-4711","path":"/etc/\n"}"# + "\n"
        let pair = try #require(BatchHalf.halves(ofLines: Array(lines.utf8), id: "6f1c-4711"))
        let first = String(decoding: pair[0].body, as: UTF8.self)
        #expect(first.hasSuffix(#"{"type":"alert","batch_id":"6f1c-4711/1","path":"/etc/\n"}"# + "\n"))
        #expect(!String(decoding: pair[1].body, as: UTF8.self).contains(#""type":"alert""#))
        #expect(pair.map(\.rows) == [1, 2])
    }

    @Test("One row, or none, cannot be cut", arguments: [BatchFormat.json, .ndjson])
    func tooFew(format: BatchFormat) throws {
        for count in 0...1 {
            #expect(halves(try whole(Fixture.batch(rows: Array(Fixture.richRows.prefix(count))), format)) == nil)
        }
        #expect(halves(try whole(Fixture.batch(rows: [], alerts: [Fixture.alerts[0]]), format)) == nil)
    }

    @Test("What is not whole, or not ours, is not cut", arguments: [BatchFormat.json, .ndjson])
    func damaged(format: BatchFormat) throws {
        let batch = Fixture.batch(rows: Array(Fixture.richRows.prefix(2)), costs: Fixture.costs)
        let whole = try whole(batch, format)
        func canBeCut(_ body: some Sequence<UInt8>, id: String = "6f1c-4711") -> Bool {
            halves(Payload(id: id, format: format, body: Array(body), rows: 2)) != nil
        }
        #expect(canBeCut(whole.body))
        for length in stride(from: 0, to: whole.body.count, by: 11) { #expect(!canBeCut(whole.body.prefix(length))) }
        #expect(!canBeCut(whole.body.dropLast()))
        #expect(!canBeCut(whole.body + Array("x".utf8)))
        #expect(!canBeCut(whole.body, id: "6f1c-4712"))
        let text = String(decoding: whole.body, as: UTF8.self)
        let changes = [
            ("otagent.batch/1", "otagent.batch/2"), ("\"part\":[1,1]", "\"part\":[0,1]"),
            ("\"part\":[1,1]", "\"part\":[2,1]"), ("\"part\":[1,1]", "\"part\":[1,1,1]"),
            ("\"part\":[1,1]", "\"part\":[1,18446744073709551615]"), ("\"totals\":{", "\"totals\":[{"),
            ("\"opens\":1000", "\"opens\":-1"), ("\"opens\":1000", "\"opens\":1e3"),
            ("\"opens\":1000", "\"opens\":18446744073709551616"), ("\"opens\":1000", "\"opens\":null"),
            ("\"opens\":1000", "\"open\":1000"), ("\"ENOENT\":3", "\"ENOENT\":\"3\""),
            ("\"gap_before\":0.0", "\"gap_before\":0.0,"), ("\"gap_before\":0.0", "\"gap_before\":0."),
            ("\"gap_before\":0.0", "\"gap_before\":00"), ("\"gap_before\":0.0", "\"gap_before\":nul"),
            ("\"gap_before\":0.0", "\"gap_before\":" + String(repeating: "[", count: 100_000)),
        ]
        for (old, new) in changes {
            #expect(text.contains(old))
            #expect(!canBeCut(text.replacing(old, with: new).utf8), "\(new.prefix(100))")
        }
    }

    @Test("No byte that is not what it was can end the process", arguments: 61...64)
    func flipped(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let format: BatchFormat = seed.isMultiple(of: 2) ? .json : .ndjson
        let whole = try whole(Fixture.batch(rows: Fixture.richRows), format)
        for _ in 0..<100 {
            var body = whole.body
            for _ in 0...Int.random(in: 0...2, using: &random) {
                body[Int.random(in: body.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let halves = halves(Payload(id: whole.id, format: format, body: body, rows: 4)) else { continue }
            #expect(halves.map(\.rows) == [2, 2])
        }
    }

    @Test("OTLP and anything else is left alone")
    func foreign() {
        for text in ["", "\n", "{}\n", "[]\n", "null\n", "{\"resourceMetrics\":[{},{}]}", "{\"n\":1}\n{\"n\":2}\n"] {
            #expect(BatchHalf.halves(ofDocument: Array(text.utf8), id: "a-1") == nil)
            #expect(BatchHalf.halves(ofLines: Array(text.utf8), id: "a-1") == nil)
        }
    }

    @Test("The schemas know the ids of halves", arguments: ["batch", "ndjson-line"])
    func schema(name: String) throws {
        var folder = URL(filePath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        let data = try Data(contentsOf: folder.appending(path: "docs/schema/\(name).schema.json"))
        let schema = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let id = try #require((schema["$defs"] as? [String: [String: Any]])?["batch_id"]?["pattern"] as? String)
        let pattern = try Regex(id)
        for id in ["6f1c-4711/1", "6f1c-4711/2/1", "6f1c-4711@slice/7/2/1/2"] {
            #expect(try pattern.wholeMatch(in: id) != nil)
        }
        for id in ["6f1c-4711/0", "6f1c-4711/", "6f1c-4711/1/"] { #expect(try pattern.wholeMatch(in: id) == nil) }
    }
}

/// Batches whose rows say what no sane unit would.
private enum Hostile {
    private static let texts: [ByteString] = [
        "", "\"", "\\", "\\\"", "\n", "\u{0}", "\u{2028}", "é", "\u{1F600}", "{", "}]", ",", "\"totals\":{\"opens\":1}",
        "\"batch_id\":\"6f1c-4711\"", ByteString([0xFF]), ByteString([0xC3]), ByteString([0x22, 0x80, 0x5C]),
    ]

    static func batch(using random: inout SplitMix) -> Batch {
        let absents: [Set<Counter>] = [[], [.openFailures], [.syncs, .writeFailures, .inlineWrites]]
        let rows = (0..<Int.random(in: 2...9, using: &random)).map { _ in row(using: &random) }
        let alerts = (0..<Int.random(in: 0...5, using: &random)).map { _ in alert(using: &random) }
        return Fixture.batch(
            rows: rows, alerts: alerts, absent: absents.randomElement(using: &random) ?? [],
            costs: Bool.random(using: &random) ? Fixture.costs : nil,
            grouping: Bool.random(using: &random) ? .cgroup : Grouping([.unit, .container]))
    }

    private static func text(using random: inout SplitMix) -> ByteString {
        let pieces = (0..<Int.random(in: 0...4, using: &random)).map { _ in texts.randomElement(using: &random) ?? "" }
        return ByteString(pieces.flatMap(\.bytes))
    }

    private static func alert(using random: inout SplitMix) -> Alert {
        var alert = Fixture.alerts[0]
        alert.executable = text(using: &random)
        alert.comm = text(using: &random)
        alert.parents = (0..<Int.random(in: 0...3, using: &random)).map { _ in text(using: &random) }
        alert.path = text(using: &random)
        alert.cgroupPath = text(using: &random)
        alert.rule = #"\"}]{"#
        return alert
    }

    private static func row(using random: inout SplitMix) -> UnitRow {
        var counters = Counters()
        for counter in Counter.allCases {
            let largest: UInt64 = Bool.random(using: &random) ? 3 : .max
            counters[counter] = .random(in: 0...largest, using: &random)
        }
        func errors() -> ErrorCounts {
            let numbers = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                Int32.random(in: 1...140, using: &random)
            }
            return numbers.reduce(into: [:]) { $0[$1] = 1 + UInt64($1) }
        }
        let identity = UnitIdentity(
            kind: .container, unit: text(using: &random), slice: text(using: &random),
            userUnit: text(using: &random), subgroup: text(using: &random),
            container: UnitIdentity.Container(id: text(using: &random), runtime: nil))
        return UnitRow(
            identity: identity, cgroup: CgroupID(.random(in: 0...(.max), using: &random)), path: text(using: &random),
            counters: counters, openErrors: errors(), writeErrors: errors(),
            writers: [
                WriterRow(executable: text(using: &random), comm: text(using: &random), uid: 1, counters: counters)
            ])
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
