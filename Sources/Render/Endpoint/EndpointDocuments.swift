package import Model

/// What the local endpoint answers as JSON; `docs/schema` has the schema of each.
package enum EndpointDocuments {
    /// `/api/v1/units`: the last window and the sums of each unit.
    ///
    /// - Parameter view: absent before the first window has closed.
    package static func units(_ view: LiveView?) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 4 << 10 + (view?.units.count ?? 0) * 2048)
        let members = CounterMembers(absent: view?.batch.coverage.absent ?? [])
        json.object { json in
            json.member("schema", "otagent.endpoint.units/1")
            json.name("window")
            if let view { json.object { $0.members(of: view.batch.window) } } else { json.null() }
            json.array("windows") { json in
                for window in view?.windows ?? [] {
                    json.object { json in
                        json.member("end", window.end)
                        json.member("seconds", window.seconds)
                    }
                }
            }
            json.array("units") { json in
                for unit in view?.units ?? [] { json.object { unit.write(to: &$0, counting: members) } }
            }
        }
        json.endLine()
        return json.bytes
    }

    /// `/api/v1/status`: the agent, the host, what is seen and what was lost.
    package static func status(_ view: LiveView?, agent: AgentIdentity?, host: HostIdentity?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("schema", "otagent.endpoint.status/1")
            json.name("agent")
            if let agent { json.object { $0.members(of: agent) } } else { json.null() }
            json.name("host")
            if let host { json.object { $0.members(of: host) } } else { json.null() }
            guard let view else {
                json.member("last", nil as String?)
                return json.member("totals", nil as String?)
            }
            json.object("last") { json in
                let envelope = BatchEnvelope(
                    batch: view.batch, members: CounterMembers(absent: view.batch.coverage.absent), part: 1, parts: 1)
                json.member("sequence", view.batch.sequence)
                json.member("rows", view.rows)
                json.object("window") { $0.members(of: view.batch.window) }
                envelope.writeCoverage(to: &json)
                envelope.writeLoss(to: &json)
                json.object("self") { envelope.writeSelf(to: &$0) }
            }
            json.object("totals") { json in
                json.member("windows", view.totals.windows)
                json.member("rows", view.totals.rows)
                json.member("gap_seconds", view.totals.gap)
                json.object("loss") { $0.members(of: view.totals.loss) }
                json.member("units", view.units.count)
                json.member("units_limit", view.seriesLimit)
                json.member("units_expired", view.totals.endedSeries)
                json.member("rows_without_unit", view.totals.overflowingRows)
            }
        }
        json.endLine()
        return json.bytes
    }

    /// `/api/v1/alerts`: the newest first.
    ///
    /// - Parameter view: absent before the first window has closed.
    package static func alerts(_ view: LiveView?) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 1 << 10 + (view?.alerts.newest.count ?? 0) * 512)
        json.object { json in
            json.member("schema", "otagent.endpoint.alerts/1")
            json.member("dropped", view?.alerts.dropped ?? 0)
            json.member("suppressed", view?.totals.loss.suppressedAlerts ?? 0)
            json.member("waiting", view?.batch.selfReport.watch?.waitingAlerts ?? 0)
            json.member("lost_records", view?.totals.loss.watchRecords ?? 0)
            json.array("alerts") { json in
                for alert in view?.alerts.newest ?? [] { json.object { $0.members(of: alert) } }
            }
        }
        json.endLine()
        return json.bytes
    }

    /// `/healthz`
    package static func health(_ health: EndpointHealth) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            switch health {
            case .fine:
                json.member("status", "ok")
                json.member("reason", nil as String?)
            case .sick(let reason):
                json.member("status", "unavailable")
                json.member("reason", reason)
            }
        }
        json.endLine()
        return json.bytes
    }
}

extension LiveView.Unit {
    fileprivate func write(to json: inout JSONWriter, counting members: CounterMembers) {
        let key = sums.key
        let isOverflow = key.remainder == .overflow
        json.member("unit", bytes: isOverflow ? "*" : key.unit)
        json.member("user_unit", bytes: key.userUnit)
        json.member("slice", bytes: key.slice)
        json.member("container", bytes: key.container?.id)
        json.member("cgroup", bytes: key.remainder == .unresolved ? "unresolved" : key.cgroup)
        json.member("since", sums.start)
        json.object("window") { json in
            members.write(
                window, openErrors: sums.sums.openErrors.since(sums.before.openErrors),
                writeErrors: sums.sums.writeErrors.since(sums.before.writeErrors), to: &json)
        }
        json.object("total") { json in
            members.write(
                sums.sums.counters, openErrors: sums.sums.openErrors, writeErrors: sums.sums.writeErrors, to: &json)
        }
        json.array("recent_write_bytes") { json in for bytes in recent { json.number(bytes) } }
        json.array("writers") { json in
            for writer in writers { json.object { writer.write(to: &$0, counting: members) } }
        }
    }
}

extension ErrorCounts {
    fileprivate func since(_ earlier: Self) -> Self {
        reduce(into: [:]) { difference, count in
            let added = count.value &- (earlier[count.key] ?? 0)
            if added > 0 { difference[count.key] = added }
        }
    }
}
