internal import Model

extension JSONWriter {
    /// The members of `self` that say how the agent was; all are there always, null where nothing was read.
    mutating func members(of report: SelfReport) {
        member("kernel_memory_bytes", report.kernelMemory)
        object("process") { json in
            json.member("cpu_seconds", report.process.cpuTime.map { $0 / .seconds(1) })
            json.member("resident_bytes", report.process.residentBytes)
            json.member("open_fds", report.process.openDescriptors)
            json.member("started", report.process.started)
        }
        object("resolver") { json in
            json.member("known_cgroups", report.resolver?.known)
            json.member("lookups", report.resolver?.lookups)
            json.member("failures", report.resolver?.failures)
        }
        object("config") { json in
            json.member("loaded", report.configuration?.loaded)
            json.member("last_reload_successful", report.configuration?.lastReloadSucceeded)
            json.member("reloads", report.configuration?.reloads)
            json.member("reload_failures", report.configuration?.refusedReloads)
        }
        member("watch", report.watch) { json, watch in
            json.member("waiting_sightings", watch.waitingSightings)
            json.member("waiting_alerts", watch.waitingAlerts)
            json.member("dropped_alerts", watch.droppedAlerts)
            json.object("journal") { $0.members(of: watch.journal) }
            json.member("exec", watch.program) { $0.members(of: $1) }
            json.member("baseline", watch.baseline) { json, baseline in
                json.member("learning", baseline.isLearning)
                json.member("units", baseline.units)
                json.member("combinations", baseline.combinations)
                json.member("sightings", baseline.account.sightings)
                json.member("findings", baseline.account.findings)
                json.member("unjudged", baseline.account.unjudged)
            }
        }
        array("outputs") { json in
            for output in report.outputs { json.object { $0.members(of: output) } }
        }
    }

    private mutating func members(of account: AlertOutletAccount) {
        member("sent", account.sent)
        member("failed", account.failed)
        member("timed_out", account.timedOut)
        member("dropped", account.dropped)
    }

    /// An object, or null where there is nothing to say.
    private mutating func member<Part>(_ name: String, _ part: Part?, _ write: (inout Self, Part) -> Void) {
        if let part { return object(name) { write(&$0, part) } }
        self.name(name)
        null()
    }

    private mutating func members(of output: OutputReport) {
        let account = output.account
        member("name", output.name)
        member("type", output.kind.rawValue)
        member("since", output.since)
        object("rows") { json in
            json.member("created", account.createdRows)
            json.member("found", account.foundRows)
            json.member("sent", account.deliveredRows)
            json.member("rejected", account.rejectedRows)
            json.member("dropped", account.droppedRows)
            json.member("corrupt", account.corruptRows)
            json.member("waiting", account.waitingRows)
            json.member("spooled", output.kind == .http ? account.spooledRows : nil)
        }
        object("batches") { json in
            json.member("created", account.createdPayloads)
            json.member("found", account.foundPayloads)
            json.member("split", account.splitPayloads)
            json.member("sent", account.deliveredPayloads)
            json.member("rejected", account.rejectedPayloads)
            json.member("dropped", account.droppedPayloads)
            json.member("corrupt", account.corruptPayloads)
            json.member("waiting", account.waitingPayloads)
            json.member("spooled", output.kind == .http ? account.spooledPayloads : nil)
        }
        member("spool_bytes", output.kind == .http ? account.spooledBytes : nil)
        members(of: account.attempts, of: output.kind)
        member("rotations", output.kind == .file ? account.rotations : nil)
        member("torn_lines", output.kind == .file ? account.tornLines : nil)
    }

    /// Reasons in words stay in the log: they may name what another host should not know.
    private mutating func members(of attempts: AttemptAccount, of kind: OutputKind) {
        member("state", attempts.state.rawValue)
        member("attempts", attempts.count)
        object("failures") { json in
            for cause in AttemptFailure.allCases {
                if let count = attempts.failures[cause] { json.member(cause.rawValue, count) }
            }
        }
        member("last_failure", attempts.lastFailure?.rawValue)
        member("last_success", attempts.lastSuccess)
        member("retry_after", kind == .http ? attempts.retryAfter : nil)
    }
}
