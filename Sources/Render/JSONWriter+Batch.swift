internal import Model

extension JSONWriter {
    mutating func members(of agent: AgentIdentity) {
        member("version", agent.version)
        member("instance", agent.instance)
        member("backend", agent.backend)
        member("started", agent.started)
    }

    mutating func members(of host: HostIdentity) {
        member("name", host.name)
        member("id", host.id)
        member("kernel", host.kernel)
    }

    mutating func members(of window: Window) {
        member("start", window.start)
        member("end", window.end)
        member("seconds", window.seconds)
        member("gap_before", window.gapBefore)
        member("clock_step", window.clockStep)
    }

    mutating func members(of loss: Loss) {
        member("ring_records", loss.ringRecords)
        member("detail_overflow", loss.detailOverflow)
        member("unresolved_cgroups", loss.unresolvedCgroups)
        member("container_lookups", loss.containerLookups)
        member("io_uring_unknown_results", loss.ioUringUnknownResults)
        member("aio_unknown_results", loss.aioUnknownResults)
        member("unknown_file", loss.unknownFile)
        member("watch_records", loss.watchRecords)
        member("alerts_suppressed", loss.suppressedAlerts)
        object("missed_runs") { json in
            for missed in loss.missedRuns { json.member(missed.operation, missed.runs) }
        }
    }
}
