internal import Model

/// The cumulative series of a batch as `ExportMetricsServiceRequest` in OTLP's JSON, one or several.
struct OTLPRequest {
    /// What goes into one request.
    private struct Part {
        /// By metric of units: points in a row, with their commas.
        var points: [[UInt8]] = Array(repeating: [], count: OTLPUnitMetric.all.count)
        var agentMetrics: [UInt8] = []
        var size: Int
        var rows = 0
        var isEmpty = true
    }

    private let batch: Batch
    private let report: CumulativeReport
    private let resource: [UInt8]
    private let scope: [UInt8]
    /// What a request needs besides its metrics, and what each metric needs besides its points.
    private let around: Int
    private static let aroundMetrics = OTLPUnitMetric.all.map { metric in
        var json = JSONWriter()
        json.unitMetric(metric, points: [])
        return json.bytes.count + 1
    }

    init(_ report: CumulativeReport, of batch: Batch) {
        (self.report, self.batch) = (report, batch)
        var json = JSONWriter()
        batch.writeResource(to: &json)
        resource = json.bytes
        json = JSONWriter()
        json.object("scope") { json in
            json.member("name", "otagent")
            json.member("version", batch.agent.version)
        }
        scope = json.bytes
        around = Self.body(resource, scope) { _ in }.count
    }

    /// Each payload stands alone; they are cut between series. A series whose points are larger than `maxBytes` by
    /// themselves is sent alone and as it is. What the agent says of itself is in the first.
    ///
    /// Rows are counted where the points of their series are, so that each is in exactly one payload.
    func render(maxBytes: Int, to take: (Payload) -> Void) {
        var part = Part(size: around)
        part.agentMetrics = OTLPAgentMetrics(of: report, in: batch).render()
        part.size += part.agentMetrics.count + 1
        part.rows = report.rowsWithoutSeries
        part.isEmpty = false
        var number = 0
        let points = OTLPPoints(of: report, in: batch)
        for series in report.series {
            let fragments = points.fragments(of: series)
            if part.size + size(of: fragments, in: part) > maxBytes, !part.isEmpty {
                number += 1
                take(payload(part, number: number))
                part = Part(size: around)
            }
            part.size += size(of: fragments, in: part)
            part.rows += series.rows
            part.isEmpty = false
            for (metric, points) in fragments {
                if !part.points[metric].isEmpty { part.points[metric].append(UInt8(ascii: ",")) }
                part.points[metric] += points
            }
        }
        take(payload(part, number: number == 0 ? nil : number + 1))
    }

    private func size(of fragments: [(metric: Int, points: [UInt8])], in part: Part) -> Int {
        fragments.reduce(0) { size, fragment in
            let isFirst = part.points[fragment.metric].isEmpty
            return size + fragment.points.count + (isFirst ? Self.aroundMetrics[fragment.metric] : 1)
        }
    }

    /// - Parameter number: from 1, absent when it is the only one.
    private func payload(_ part: Part, number: Int?) -> Payload {
        let body = Self.body(resource, scope) { json in
            json.rendered(part.agentMetrics)
            for (metric, points) in zip(OTLPUnitMetric.all, part.points) where !points.isEmpty {
                json.unitMetric(metric, points: points)
            }
        }
        let id = BatchEnvelope.id(of: batch, part: number)
        return Payload(id: id, format: .otlp, body: body, rows: part.rows)
    }

    private static func body(
        _ resource: [UInt8], _ scope: [UInt8], _ metrics: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.array("resourceMetrics") { json in
                json.object { json in
                    json.rendered(resource)
                    json.array("scopeMetrics") { json in
                        json.object { json in
                            json.rendered(scope)
                            json.array("metrics", metrics)
                        }
                    }
                }
            }
        }
        return json.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func unitMetric(_ metric: OTLPUnitMetric, points: [UInt8]) {
        self.metric(metric.name, metric.unit, metric.description, kind: "sum") { json in
            json.writeCumulative()
            json.array("dataPoints") { $0.rendered(points) }
        }
    }
}
