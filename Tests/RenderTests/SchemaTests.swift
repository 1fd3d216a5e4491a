import Foundation
import Model
import Testing

@testable import Render

/// The schemas are strict: what they require and what is rendered must be the same members.
@Suite("The schemas in docs name the members that are rendered")
struct SchemaTests {
    private typealias Object = [String: Any]

    private func schema(_ name: String) throws -> Object { try schema(file: "\(name).schema.json") }

    private func schema(file name: String) throws -> Object {
        var folder = URL(filePath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        let file = folder.appending(path: "docs/schema/\(name)")
        return try #require(try JSONSerialization.jsonObject(with: try Data(contentsOf: file)) as? Object)
    }

    private func rendered(_ format: BatchFormat) throws -> [Object] {
        let batch = Fixture.batch(rows: Fixture.richRows, alerts: Fixture.alerts, costs: Fixture.costs)
        let body = try #require(BatchRenderer.payloads(batch, format: format, maxBytes: 1 << 22).first?.body)
        return try body.split(separator: UInt8(ascii: "\n")).map {
            try #require(try JSONSerialization.jsonObject(with: Data($0)) as? Object)
        }
    }

    private func expectSameMembers(
        _ schema: Object, _ value: Object, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let required = Set(schema["required"] as? [String] ?? [])
        let members = Set(value.keys.filter { !$0.hasSuffix("_raw") })
        #expect(members == required, sourceLocation: sourceLocation)
        #expect(schema["additionalProperties"] as? Bool == false, sourceLocation: sourceLocation)
    }

    @Test("The document, its parts and its rows")
    func document() throws {
        let schema = try schema("batch")
        let definitions = try #require(schema["$defs"] as? [String: Object])
        let document = try #require(try rendered(.json).first)
        expectSameMembers(schema, document)
        for name in ["agent", "host", "window", "coverage", "loss", "totals", "self"] {
            expectSameMembers(try #require(definitions[name]), try #require(document[name] as? Object))
        }
        let report = try #require(document["self"] as? Object)
        for name in ["process", "resolver", "config", "watch"] {
            expectSameMembers(try #require(definitions[name]), try #require(report[name] as? Object))
        }
        let watch = try #require(report["watch"] as? Object)
        for name in ["journal", "exec"] {
            expectSameMembers(try #require(definitions["alert_outlet"]), try #require(watch[name] as? Object))
        }
        let watchProperties = try #require(definitions["watch"]?["properties"] as? [String: Object])
        expectSameMembers(try #require(watchProperties["baseline"]), try #require(watch["baseline"] as? Object))
        for output in try #require(report["outputs"] as? [Object]) {
            expectSameMembers(try #require(definitions["output"]), output)
            for name in ["rows", "batches"] {
                expectSameMembers(try #require(definitions[name]), try #require(output[name] as? Object))
            }
        }
        let coverage = try #require(document["coverage"] as? Object)
        let programs = try #require(coverage["programs"] as? Object)
        let properties = try #require(definitions["coverage"]?["properties"] as? [String: Object])
        expectSameMembers(try #require(properties["programs"]), programs)
        let cost = try #require((programs["cost"] as? [Object])?.first)
        expectSameMembers(try #require(definitions["cost"]), cost)
        let unit = try #require((document["units"] as? [Object])?.first)
        expectSameMembers(try #require(definitions["unit"]), unit)
        for name in ["container", "pod", "cgroup"] {
            expectSameMembers(try #require(definitions[name]), try #require(unit[name] as? Object))
        }
        let writer = try #require((unit["writers"] as? [Object])?.first)
        expectSameMembers(try #require(definitions["writer"]), writer)
        for alert in try #require(document["alerts"] as? [Object]) {
            expectSameMembers(try #require(definitions["alert"]), alert)
        }
    }

    @Test(arguments: ["batch", "ndjson-line"]) func `every word of an alert is in the schema`(_ name: String) throws {
        let definitions = try #require(try schema(name)["$defs"] as? [String: Object])
        let properties = try #require(definitions["alert"]?["properties"] as? Object)
        func words(_ member: String) -> [String]? {
            ((properties[member] as? Object)?["enum"] as? [Any])?.compactMap { $0 as? String }
        }
        #expect(words("alert") == Alert.Name.allCases.map(\.rawValue))
        #expect(words("op") == WatchedOperation.allCases.map(\.name))
        #expect(words("via") == ["syscall", "inline", "worker", "sqpoll"])
        #expect(words("path_source") == ["file", "user"])
        #expect(words("root") == ["host", "container"])
        let rendered = Set((definitions["alert"]?["required"] as? [String]) ?? [])
        let known = Set(properties.keys.filter { !$0.hasSuffix("_raw") })
        #expect(known == rendered)
    }

    @Test("The lines")
    func lines() throws {
        let definitions = try #require(try schema("ndjson-line")["$defs"] as? [String: Object])
        let lines = try rendered(.ndjson)
        #expect(lines.count == 1 + Fixture.richRows.count + Fixture.alerts.count)
        for line in lines {
            let type = try #require(line["type"] as? String)
            expectSameMembers(try #require(definitions[type]), line)
        }
    }

    @Test("The list of cgroups")
    func listing() throws {
        let schema = try schema(file: "otagent.units-1.json")
        let definitions = try #require(schema["$defs"] as? [String: Object])
        var identity = UnitIdentity(cgroupPath: "/kubepods/burstable/pod0b1c2d3e-1111-2222-3333-444455556666/x")
        identity.container = UnitIdentity.Container(id: "x", runtime: nil)
        let name = CgroupName(path: "/x", identity: identity)
        let json = UnitListing([UnitListing.Entry(id: CgroupID(7), name: name, description: "X")]).json
        let unit = try #require((try JSONSerialization.jsonObject(with: Data(json)) as? [Object])?.first)
        expectSameMembers(try #require(definitions["unit"]), unit)
        for name in ["container", "pod", "cgroup"] {
            expectSameMembers(try #require(definitions[name]), try #require(unit[name] as? Object))
        }
        // Those that a living cgroup can be; the others are of rows.
        let properties = try #require(definitions["unit"]?["properties"] as? Object)
        let kinds = try #require((properties["kind"] as? Object)?["enum"] as? [String])
        let ofRows: Set<UnitIdentity.Kind> = [.unresolved, .overflow, .user, .none]
        #expect(Set(kinds) == Set(UnitIdentity.Kind.allCases.filter { !ofRows.contains($0) }.map(\.rawValue)))
    }

    @Test("The rows of a trace")
    func traceRows() throws {
        let schema = try schema(file: "opentrace.trace-1.json")
        let definition = try #require((schema["$defs"] as? [String: Object])?["row"])
        let properties = try #require(definition["properties"] as? Object)
        var writer = TraceWriter(TraceWriter.Options(.json))
        writer.begin()
        let odd = TraceFixture.event(comm: ByteString([0xFF]), filename: ByteString([0xFF]))
        let events = TraceFixture.wide + [odd]
        for event in events { writer.append(event) }
        var account = TraceAccount()
        (account.rows, account.loss.dropped) = (UInt64(events.count), 1)
        writer.end(account)
        let all = try #require(try JSONSerialization.jsonObject(with: Data(writer.bytes)) as? [Object])
        #expect(all.count == events.count + 1)
        for row in all.dropLast() {
            expectSameMembers(definition, row)
            #expect(Set(row.keys).isSubset(of: Set(properties.keys)))
        }
        let last = try #require(all.last)
        let lost = try #require((schema["$defs"] as? [String: Object])?["lost"])
        expectSameMembers(lost, last)
        #expect(Set(last.keys) == Set(properties.keys.filter { !$0.hasSuffix("_raw") } + ["lost"]))
        let losses = try #require((lost["properties"] as? [String: Object])?["lost"])
        expectSameMembers(losses, try #require(last["lost"] as? Object))
        let opcodes = try #require((properties["opcode"] as? Object)?["enum"] as? [Any])
        #expect(opcodes.compactMap { $0 as? String } == TraceOpcode.allCases.map(\.rawValue))
        let kinds = try #require((properties["kind"] as? Object)?["enum"] as? [String])
        #expect(kinds == TraceCall.allCases.map(\.rawValue))
        let operations = try #require((properties["op"] as? Object)?["enum"] as? [String])
        #expect(operations == TraceOperation.allCases.map(\.rawValue))
        let ways = try #require((properties["via"] as? Object)?["enum"] as? [Any])
        #expect(ways.compactMap { $0 as? String } == TraceVia.allCases.map(\.rawValue))
    }

    @Test("Every kind of unit is in the schema", arguments: ["batch", "ndjson-line"])
    func kinds(_ name: String) throws {
        let unit = try #require((try schema(name)["$defs"] as? [String: Object])?["unit"]?["properties"] as? Object)
        let kinds = try #require((unit["kind"] as? Object)?["enum"] as? [String])
        #expect(Set(kinds) == Set(UnitIdentity.Kind.allCases.map(\.rawValue)))
    }

    @Test("Every type, state and failure of an output is in the schema", arguments: ["batch", "ndjson-line"])
    func outputs(_ name: String) throws {
        let definitions = try #require(try schema(name)["$defs"] as? [String: Object])
        let properties = try #require(definitions["output"]?["properties"] as? Object)
        func words(_ object: Any?) -> [String]? { (object as? Object)?["enum"] as? [String] }
        #expect(words(properties["type"]) == OutputKind.allCases.map(\.rawValue))
        #expect(words(properties["state"]) == AttemptAccount.State.allCases.map(\.rawValue))
        #expect(words(definitions["failure"]) == AttemptFailure.allCases.map(\.rawValue))
    }

    @Test("Every key of a grouping is in the schema, and in the pattern of ids", arguments: ["batch", "ndjson-line"])
    func groupings(_ name: String) throws {
        let definitions = try #require(try schema(name)["$defs"] as? [String: Object])
        let keys = try #require((definitions["group_by"]?["items"] as? Object)?["enum"] as? [String])
        #expect(keys == Grouping.Key.allCases.map(\.rawValue))
        let id = try Regex(try #require(definitions["batch_id"]?["pattern"] as? String))
        for grouping in [[], [.unit], [.slice, .container], Grouping.Key.allCases] as [[Grouping.Key]] {
            let batch = Fixture.batch(rows: Array(Fixture.richRows.prefix(2)), grouping: Grouping(grouping))
            for maxBytes in [1, 1 << 22] {
                for payload in BatchRenderer.payloads(batch, format: .json, maxBytes: maxBytes) {
                    #expect(try id.wholeMatch(in: payload.id) != nil, "\(payload.id)")
                }
            }
        }
    }
}

/// What the local endpoint answers.
@Suite struct EndpointSchemaTests {
    private typealias Object = [String: Any]

    private func schema(_ name: String) throws -> Object { try schema(file: "otagent.endpoint.\(name)-1.json") }

    private func schema(file name: String) throws -> Object {
        var folder = URL(filePath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        let data = try Data(contentsOf: folder.appending(path: "docs/schema/\(name)"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? Object)
    }

    private func document(_ bytes: [UInt8]) throws -> Object {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? Object)
    }

    private var view: LiveView {
        var live = LiveUnits(idle: 900)
        return live.add(Fixture.batch(rows: Fixture.richRows, alerts: Fixture.alerts, costs: Fixture.costs))
    }

    private func expectSameMembers(_ schema: Object?, _ value: Object, _ location: SourceLocation = #_sourceLocation) {
        let members = Set(value.keys.filter { !$0.hasSuffix("_raw") })
        #expect(members == Set(schema?["required"] as? [String] ?? []), sourceLocation: location)
        #expect(schema?["additionalProperties"] as? Bool == false, sourceLocation: location)
    }

    @Test func `units have the members of their schema`() throws {
        let schema = try schema("units")
        let document = try document(EndpointDocuments.units(view))
        expectSameMembers(schema, document)
        expectSameMembers(schema, try self.document(EndpointDocuments.units(nil)))
        let definitions = try #require(schema["$defs"] as? [String: Object])
        let units = try #require(document["units"] as? [Object])
        #expect(units.count == 4)
        for unit in units {
            expectSameMembers(definitions["unit"], unit)
            for name in ["window", "total"] {
                expectSameMembers(definitions["counters"], try #require(unit[name] as? Object))
            }
            for writer in try #require(unit["writers"] as? [Object]) {
                expectSameMembers(definitions["writer"], writer)
            }
        }
    }

    @Test func `the status has the members of its schema, with and without a window`() throws {
        let schema = try schema("status")
        let definitions = try #require(schema["$defs"] as? [String: Object])
        let view = view
        let document = try document(EndpointDocuments.status(view, agent: view.batch.agent, host: view.batch.host))
        expectSameMembers(schema, document)
        expectSameMembers(schema, try self.document(EndpointDocuments.status(nil, agent: nil, host: nil)))
        for name in ["last", "totals", "agent", "host"] {
            expectSameMembers(definitions[name], try #require(document[name] as? Object))
        }
    }

    @Test func `alerts and health have the members of their schemas`() throws {
        let schema = try schema("alerts")
        let document = try document(EndpointDocuments.alerts(view))
        expectSameMembers(schema, document)
        expectSameMembers(schema, try self.document(EndpointDocuments.alerts(nil)))
        let definitions = try #require(schema["$defs"] as? [String: Object])
        let alerts = try #require(document["alerts"] as? [Object])
        #expect(alerts.count == 3)
        for alert in alerts { expectSameMembers(definitions["alert"], alert) }
        // An alert is the same here and in a batch.
        let batch = try #require(try self.schema(file: "batch.schema.json")["$defs"] as? [String: Object])
        for (name, definition) in definitions {
            #expect(definition as NSDictionary == (batch[name] ?? [:]) as NSDictionary)
        }
        for health in [EndpointHealth.fine, .sick("a reason")] {
            expectSameMembers(try self.schema("health"), try self.document(EndpointDocuments.health(health)))
        }
    }
}
