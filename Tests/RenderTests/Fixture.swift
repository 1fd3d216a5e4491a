import Model

/// Batches for the tests of rendering.
enum Fixture {
    /// 2026-11-22T12:00:00.000Z
    static let noon: Int64 = 1_795_348_800_000_000_000

    static func batch(
        rows: [UnitRow], alerts: [Alert] = [], absent: Set<Counter> = [], costs: [ProgramCost]? = nil,
        grouping: Grouping = .cgroup
    ) -> Batch {
        var loss = Loss()
        loss.ringRecords = 1
        loss.detailOverflow = 2
        loss.unresolvedCgroups = 3
        loss.containerLookups = 4
        loss.ioUringUnknownResults = 4
        loss.unknownFile = 5
        loss.aioUnknownResults = 6
        loss.watchRecords = 7
        loss.suppressedAlerts = 8
        loss.missedRuns = [MissedRuns(operation: "write", runs: 6), MissedRuns(operation: "open", runs: nil)]
        return Batch(
            sequence: 4711,
            agent: AgentIdentity(
                version: "0.1.0", instance: "6f1c", backend: "tracepoint", started: Timestamp(nanoseconds: 0)),
            host: HostIdentity(name: "web-1", id: "stable", kernel: "6.18.44"),
            window: Window(
                start: Timestamp(nanoseconds: noon), end: Timestamp(nanoseconds: noon + 10_000_000_000),
                seconds: 10.0004, gapBefore: 0, clockStep: -0.25),
            coverage: Coverage(
                notSeen: ["mmap stores"], absent: absent, attached: 31, missing: ["sqpoll: no such tracepoint"]),
            loss: loss, programCosts: costs, ownActivity: Counters([.opens: 3, .writes: 2, .writeBytes: 512]),
            drainTime: .microseconds(22_500), selfReport: report,
            grouping: grouping, rows: rows, alerts: alerts)
    }

    /// Every figure has a value of its own here, too; the second output has as little as there can be.
    static var report: SelfReport {
        var report = SelfReport()
        var account = SinkAccount()
        let figures: [WritableKeyPath<SinkAccount, UInt64>] = [
            \.createdRows, \.foundRows, \.deliveredRows, \.rejectedRows, \.droppedRows, \.corruptRows, \.waitingRows,
            \.spooledRows, \.createdPayloads, \.foundPayloads, \.splitPayloads, \.deliveredPayloads, \.rejectedPayloads,
            \.droppedPayloads, \.corruptPayloads, \.waitingPayloads, \.spooledPayloads, \.spooledBytes, \.rotations,
            \.tornLines,
        ]
        for (index, figure) in figures.enumerated() { account[keyPath: figure] = UInt64(2000 + index) }
        account.lastError = "https://collector.example said what nobody else should know"
        account.attempts.count = 2100
        account.attempts.failures = [.http429: 2101, .connect: 2102]
        account.attempts.retryAfter = 2103
        account.attempts.lastSuccess = Timestamp(nanoseconds: noon + 3_000_000_000)
        account.attempts.lastFailure = .http429
        account.attempts.state = .backingOff
        let since = Timestamp(nanoseconds: noon - 1_000_000_000)
        report.outputs = [
            OutputReport(name: "collector", kind: .http, since: since, account: account),
            OutputReport(name: "local", kind: .file, since: since, account: SinkAccount()),
        ]
        report.process.cpuTime = .milliseconds(1250)
        report.process.residentBytes = 2200
        report.process.started = since
        var resolver = ResolverAccount()
        (resolver.lookups, resolver.failures, resolver.known) = (2300, 2301, 2302)
        report.resolver = resolver
        var configuration = ConfigurationAccount(loaded: since)
        configuration.noteReload(succeeded: false, at: Timestamp(nanoseconds: noon))
        report.configuration = configuration
        var watch = WatchReport()
        (watch.waitingSightings, watch.waitingAlerts, watch.droppedAlerts) = (2415, 2400, 2414)
        watch.journal = AlertOutletAccount(sent: 2401, failed: 2402, timedOut: 2403, dropped: 2404)
        watch.program = AlertOutletAccount(sent: 2405, failed: 2406, timedOut: 2407, dropped: 2408)
        var baseline = BaselineReport(Baseline(learnFor: .seconds(1)))
        (baseline.units, baseline.combinations) = (2409, 2410)
        (baseline.account.sightings, baseline.account.findings, baseline.account.unjudged) = (2411, 2412, 2413)
        watch.baseline = baseline
        report.watch = watch
        return report
    }

    static var costs: [ProgramCost] {
        [
            ProgramCost(program: "on_write", runs: 41, runTimeNanoseconds: 9020),
            ProgramCost(program: "on_openat", runs: 1, runTimeNanoseconds: 0),
        ]
    }

    /// One with every member, one of a container whose bytes are no text, and one with as little as there can be.
    static var alerts: [Alert] {
        var sighting = Sighting(
            time: 0, cgroup: CgroupID(4417),
            writer: SightedWriter(
                executable: ExecutableID(device: 1, inode: 2, generation: 3), comm: "backup.py", uid: 0, pid: 4242,
                parents: [.init(comm: "cron", pid: 900), .init(comm: "systemd", pid: 1)]),
            operation: .create, via: .worker,
            place: .file(FilePlace(device: 1, inode: 5, within: "/etc/cron.d/x", seen: "/etc/cron.d/x")))
        var placed = PlacedSighting(
            sighting: sighting, identity: UnitIdentity(cgroupPath: "/system.slice/cron.service"),
            cgroupPath: "/system.slice/cron.service", series: SeriesNames(of: .unresolved, folding: true),
            hostPaths: ["/etc/cron.d/x"],
            path: "/etc/cron.d/x", root: .host, pathSource: .file, executableHostPaths: ["/usr/bin/python3.11"],
            executablePath: "/usr/bin/python3.11")
        let time = Timestamp(nanoseconds: noon + 1_500_000_000)
        let full = Alert(.unexpectedWriter, id: "00112233445566aa", rule: "watch[0]", time: time, of: placed)

        sighting.writer.comm = ByteString([0x6E, 0xFE])
        sighting.writer.parents = [.init(comm: "sh", pid: 2), .init(comm: ByteString([0xFF]), pid: 1)]
        (sighting.operation, sighting.via) = (.rename, nil)
        (placed.sighting, placed.identity) = (sighting, richRows[0].identity)
        placed.cgroupPath = richRows[0].path
        (placed.root, placed.pathSource, placed.path) = (.container, .user, ByteString([0x2F, 0xFF]))
        placed.executablePath = ByteString([0x2F, 0xFE])
        let odd = Alert(.newWriter, id: "ffffffffffffffff", rule: "baseline", time: time, of: placed, isUrgent: true)

        sighting.writer = SightedWriter(executable: nil, comm: "kworker/0:1", uid: 0, pid: 7)
        sighting.place = .named(nil, base: FilePlace(device: 1, inode: 2, within: nil, seen: nil))
        placed = PlacedSighting(
            sighting: sighting, identity: .unresolved, series: SeriesNames(of: .unresolved, folding: true),
            hostPaths: [], path: nil, root: .host,
            pathSource: .user, executableHostPaths: [], executablePath: nil)
        let bare = Alert(.unexpectedWriter, id: "0000000000000000", rule: "watch[12]", time: time, of: placed)
        return [full, odd, bare]
    }

    /// Every counter has a value of its own, so that no two can be confused.
    static var distinctCounters: Counters {
        Counters(Dictionary(uniqueKeysWithValues: Counter.allCases.map { ($0, UInt64(1000 + $0.rawValue)) }))
    }

    /// Every member at once, then rows with as little as a row can have.
    static var richRows: [UnitRow] {
        let everything = UnitIdentity(
            kind: .container, unit: "web@a\\x2db.service", slice: "user-1000.slice",
            userUnit: "app-gnome-evince-4711.scope",
            userSlice: "app.slice", subgroup: "libpod-payload-0123", template: "web@.service", instance: "a\\x2db",
            container: UnitIdentity.Container(
                id: "0123456789abcdef", runtime: "podman", name: "web", image: "docker.io/library/web:1",
                unit: "app.service", slice: "system.slice"),
            pod: UnitIdentity.Pod(
                uid: "0a1b2c3d-0000-1111-2222-333344445555", name: "web-0", namespace: "shop", qos: "burstable"))
        let writers = [
            WriterRow(
                executable: "/usr/sbin/nginx", comm: "nginx", uid: 33,
                counters: Counters([.opensForWrite: 3, .creates: 1, .writes: 40, .writeBytes: 81920])),
            WriterRow(
                executable: ByteString([0x2F, 0xFF]), comm: ByteString([0x6E, 0xFE]), uid: 0,
                counters: Counters([.writes: 1])),
            WriterRow(executable: nil, comm: "*", uid: nil, counters: Counters()),
        ]
        return [
            UnitRow(
                identity: everything, series: SeriesNames(of: everything, folding: true),
                invocationID: "00112233445566778899aabbccddeeff", cgroup: CgroupID(4417),
                path: "/web.slice/web@a\\x2db.service/libpod-payload-0123", counters: distinctCounters,
                openErrors: [2: 2, 13: 1, 999: 7], writeErrors: [28: 4], writers: writers),
            UnitRow(
                identity: UnitIdentity(kind: .cgroup, slice: "-.slice"), cgroup: CgroupID(.max),
                path: ByteString([0x2F, 0x62, 0xFF, 0x0A]), counters: Counters([.opens: 1]), openErrors: [2: 1]),
            UnitRow(identity: .unresolved, cgroup: CgroupID(9), path: nil, counters: Counters([.writes: 1])),
            UnitRow(identity: .overflow, cgroup: nil, path: nil, counters: Counters([.deletes: 1])),
        ]
    }
}
