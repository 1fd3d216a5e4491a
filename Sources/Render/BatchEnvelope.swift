internal import Model

/// What stands around the rows of a payload: everything of a batch but its units and alerts.
struct BatchEnvelope {
    let batch: Batch
    let members: CounterMembers
    /// From 1; there are `parts` of them.
    let part: Int
    let parts: Int

    /// The batch's own id, or the part's: a receiver may get some parts and not others, so each is known by itself.
    ///
    /// So is each grouping of a window: one collector may get several, and must not take them for the same batch.
    var id: String { Self.id(of: batch, part: parts > 1 ? part : nil) }

    /// - Parameter part: from 1, absent when it is the only one.
    static func id(of batch: Batch, part: Int?) -> String {
        let keys = batch.grouping.keys.map(\.rawValue).joined(separator: "+")
        let id = "\(batch.agent.instance)-\(batch.sequence)" + (keys.isEmpty ? "" : "@\(keys)")
        return part.map { "\(id)/\($0)" } ?? id
    }

    /// The members of the whole document, up to where the units go.
    func write(totals: RowTotals, to json: inout JSONWriter) {
        json.member("schema", "otagent.batch/1")
        json.member("batch_id", id)
        json.member("sequence", batch.sequence)
        json.array("part") { json in
            json.number(part)
            json.number(parts)
        }
        json.array("group_by") { json in batch.grouping.keys.forEach { json.string($0.rawValue) } }
        writeAgent(to: &json)
        writeHost(to: &json)
        writeWindow(to: &json)
        writeCoverage(to: &json)
        writeLoss(to: &json)
        json.object("totals") { json in
            members.write(
                totals.counters, openErrors: totals.openErrors, writeErrors: totals.writeErrors, to: &json)
        }
        json.object("self") { writeSelf(to: &$0) }
    }

    func writeSelf(to json: inout JSONWriter) {
        members.write(CounterMembers.own, of: batch.ownActivity, to: &json)
        json.member("drain_cpu_seconds", batch.drainTime / .seconds(1))
        json.members(of: batch.selfReport)
    }

    /// The members that place a line of NDJSON in its batch, on every line but the first.
    func writeReference(to json: inout JSONWriter, withWindow: Bool) {
        json.member("batch_id", id)
        json.member("sequence", batch.sequence)
        writeHost(to: &json)
        if withWindow { writeWindow(to: &json) }
    }

    private func writeAgent(to json: inout JSONWriter) { json.object("agent") { $0.members(of: batch.agent) } }

    private func writeHost(to json: inout JSONWriter) { json.object("host") { $0.members(of: batch.host) } }

    private func writeWindow(to json: inout JSONWriter) { json.object("window") { $0.members(of: batch.window) } }

    func writeCoverage(to json: inout JSONWriter) {
        json.object("coverage") { json in
            json.array("not_seen") { json in batch.coverage.notSeen.forEach { json.string($0) } }
            json.object("programs") { json in
                json.member("attached", batch.coverage.attached)
                json.array("missing") { json in batch.coverage.missing.forEach { json.string($0) } }
                writeCosts(to: &json)
            }
        }
    }

    private func writeCosts(to json: inout JSONWriter) {
        json.name("cost")
        guard let costs = batch.programCosts else { return json.null() }
        json.array { json in
            for cost in costs {
                json.object { json in
                    json.member("program", cost.program)
                    json.member("runs", cost.runs)
                    json.member("run_time_ns", cost.runTimeNanoseconds)
                }
            }
        }
    }

    func writeLoss(to json: inout JSONWriter) { json.object("loss") { $0.members(of: batch.loss) } }
}

/// The sums over the rows of one payload: each operation once, so without rows that are nested in others.
struct RowTotals {
    private(set) var counters = Counters()
    private(set) var openErrors: ErrorCounts = [:]
    private(set) var writeErrors: ErrorCounts = [:]

    init(of rows: ArraySlice<UnitRow>) {
        // By position: taking rows out one by one would copy all that is in them.
        for position in rows.indices where !rows[position].isNested {
            counters += rows[position].counters
            for (number, count) in rows[position].openErrors { openErrors[number, default: 0] &+= count }
            for (number, count) in rows[position].writeErrors { writeErrors[number, default: 0] &+= count }
        }
    }
}
