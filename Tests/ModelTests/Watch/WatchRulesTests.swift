import Model
import Testing

@Suite struct WatchRulesTests {
    private typealias Judgement = WatchRules.Judgement

    private func judge(
        _ placed: PlacedSighting, isExecutable: (ByteString, PlacedSighting) -> Bool = WatchSamples.no,
        _ change: (inout WatchRule.Text) -> Void
    ) throws -> Judgement {
        WatchRules([try WatchSamples.rule("watch[0]", change)]).judge(placed, isExecutable: isExecutable)
    }

    private func expect(
        _ judgement: Judgement, _ unexpected: [Int], _ verdict: Sighting.Verdict,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(judgement.unexpected == unexpected, sourceLocation: location)
        #expect(judgement.verdict == verdict, sourceLocation: location)
        #expect(!judgement.awaitsContainer, sourceLocation: location)
    }

    @Test func `whoever is in the scope and not allowed is unexpected`() throws {
        expect(try judge(WatchSamples.placed()) { _ in }, [0], .directory)
    }

    @Test func `no rule about a cgroup is the end of what is to be reported of it`() throws {
        expect(try judge(WatchSamples.placed()) { $0.slice = "web.slice" }, [], .writer)
        expect(WatchRules([]).judge(WatchSamples.placed(), isExecutable: WatchSamples.no), [], .writer)
    }

    @Test(arguments: WatchedOperation.allCases)
    func `other operations than those of a rule are not its business`(operation: WatchedOperation) throws {
        let placed = WatchSamples.placed(operation: operation)
        expect(try judge(placed) { $0.operations = [operation.name] }, [0], .directory)
        let others = WatchedOperation.allCases.filter { $0 != operation }.map(\.name)
        expect(try judge(placed) { $0.operations = others }, [], .directory)
        expect(try judge(placed) { ($0.operations, $0.paths) = (others, ["/etc/cron.d/x"]) }, [], .directory)
    }

    @Test(
        arguments: [
            ("/etc/passwd", ["/etc/passwd"], [0], Sighting.Verdict.eachFile),
            ("/etc/shadow", ["/etc/passwd"], [], .eachFile), ("/etc/passwd", ["/etc/**"], [0], .directory),
            ("/var/x", ["/etc/**"], [], .directory), ("/etc/a", ["/etc/*.d/**"], [], .directory),
            ("/etc/a.d/b", ["/etc/*.d/**"], [0], .directory),
            ("/etc/b", ["/var/**", "/etc/a*", "/etc/b"], [0], .eachFile),
            ("/etc/c", ["/etc/a*", "/etc/**"], [0], .directory), ("/", ["/etc/**"], [], .directory),
        ] as [(String, [String], [Int], Sighting.Verdict)])
    func `paths say which files a rule is about`(
        path: String, paths: [String], unexpected: [Int], verdict: Sighting.Verdict
    ) throws {
        expect(try judge(WatchSamples.placed(ByteString(path))) { $0.paths = paths }, unexpected, verdict)
    }

    @Test func `any path by which the host knows a file counts`() throws {
        var placed = WatchSamples.placed("/home/a/host/etc/x")
        placed.hostPaths.append("/etc/x")
        placed.hostDirectories.append("/etc")
        expect(try judge(placed) { $0.paths = ["/etc/**"] }, [0], .directory)
        expect(try judge(placed) { $0.paths = ["/etc/x"] }, [0], .eachFile)
        expect(try judge(placed) { $0.paths = ["/usr/**"] }, [], .directory)
        // A file that is mounted by itself has more paths than its neighbours, or they than it.
        placed.hasMountedNeighbours = true
        expect(try judge(placed) { $0.paths = ["/etc/**"] }, [0], .eachFile)
        expect(try judge(placed) { _ in }, [0], .directory)
    }

    @Test func `a file on no mount of the host is none of those that a rule's paths are about`() throws {
        var placed = WatchSamples.placed("/etc/passwd")
        (placed.hostPaths, placed.hostDirectories, placed.root) = ([], [], .container)
        expect(try judge(placed) { $0.paths = ["/etc/**"] }, [], .directory)
        expect(try judge(placed) { _ in }, [0], .directory)
    }

    @Test func `where a place could not be told, the worst is taken for granted`() throws {
        let placed = WatchSamples.placed(nil)
        expect(try judge(placed) { $0.paths = ["/etc/**"] }, [0], .eachFile)
        expect(try judge(placed) { _ in }, [0], .directory)
        expect(try judge(placed) { ($0.paths, $0.allow) = (["/etc/**"], ["uid:33"]) }, [], .writer)
    }

    @Test(arguments: [
        ("uid:33", true), ("uid:0", false), ("comm:backup.py", true), ("comm:backup*", true), ("comm:cron", false),
        ("unit:cron.service", true), ("unit:c*.service", true), ("unit:ssh.service", false),
        ("user_unit:cron.service", false),
    ])
    func `whoever is allowed is so whatever it does`(writer: String, isAllowed: Bool) throws {
        let placed = WatchSamples.placed()
        expect(try judge(placed) { $0.allow = [writer] }, isAllowed ? [] : [0], isAllowed ? .writer : .directory)
        expect(
            try judge(placed) { $0.allow = ["uid:7", writer] }, isAllowed ? [] : [0], isAllowed ? .writer : .directory)
    }

    @Test func `a user's unit is not allowed by the name of one of the system`() throws {
        let placed = WatchSamples.placed(
            in: "/user.slice/user-1000.slice/user@1000.service/app.slice/apt-daily.service")
        expect(try judge(placed) { $0.allow = ["unit:apt-daily*.service"] }, [0], .directory)
        expect(try judge(placed) { $0.allow = ["user_unit:apt-daily*.service"] }, [], .writer)
        expect(try judge(placed) { $0.allow = ["unit:user@*.service"] }, [], .writer)
    }

    @Test func `an allowed path is asked for as the executable`() throws {
        let placed = WatchSamples.placed()
        var asked: [ByteString] = []
        let judgement = try judge(
            placed,
            isExecutable: { path, sighting in
                asked.append(path)
                #expect(sighting == placed)
                return path == "/usr/bin/dpkg"
            }
        ) { $0.allow = ["/usr/bin/apt", "/usr/bin/dpkg", "/bin/no"] }
        expect(judgement, [], .writer)
        #expect(asked == ["/usr/bin/apt", "/usr/bin/dpkg"])
    }

    @Test func `a kernel thread runs no executable`() throws {
        var writer = WatchSamples.writer
        writer.executable = nil
        let placed = WatchSamples.placed(by: writer, executable: nil)
        expect(try judge(placed, isExecutable: { _, _ in true }) { $0.allow = ["/usr/bin/dpkg"] }, [0], .directory)
    }

    @Test func `each rule judges by itself, and all of them say what is to be reported`() throws {
        let rules = WatchRules([
            try WatchSamples.rule("watch[0]") { $0.allow = ["uid:33"] },
            try WatchSamples.rule("watch[1]") { $0.paths = ["/etc/cron.d/x"] },
            try WatchSamples.rule("watch[2]") { $0.slice = "web.slice" },
            try WatchSamples.rule("watch[3]") { ($0.paths, $0.isUrgent) = (["/etc/**"], true) },
        ])
        let placed = WatchSamples.placed()
        expect(rules.judge(placed, isExecutable: WatchSamples.no), [1, 3], .eachFile)
        let alerts = [1, 3].map { rules.alert($0, of: placed, at: Timestamp(nanoseconds: 9)) }
        #expect(alerts.map(\.rule) == ["watch[1]", "watch[3]"])
        #expect(alerts.map(\.isUrgent) == [false, true])
        #expect(Set(alerts.map(\.id)).count == 2)
        #expect(alerts[0].path == "/etc/cron.d/x")
    }

    @Test func `a container is waited for when its name matters`() throws {
        let id = String(repeating: "0123456789abcdef", count: 4)
        var placed = WatchSamples.placed(in: ByteString("/system.slice/docker-\(id).scope"))
        placed.isContainerKnown = false
        let awaiting = Judgement(unexpected: [], verdict: .eachFile, awaitsContainer: true)
        #expect(try judge(placed) { $0.container = "web" } == awaiting)
        expect(try judge(placed) { ($0.container, $0.slice) = ("web", "web.slice") }, [], .writer)
        expect(try judge(placed) { $0.slice = "web.slice" }, [], .writer)
        // An alert without its name would have another id.
        #expect(try judge(placed) { _ in } == Judgement(unexpected: [0], verdict: .eachFile, awaitsContainer: true))
        placed.isContainerKnown = true
        // One that had no name in time may get it yet.
        expect(try judge(placed) { $0.container = "web" }, [], .eachFile)
        placed.identity.container?.name = "db"
        expect(try judge(placed) { $0.container = "web" }, [], .writer)
        placed.identity.container?.name = "web"
        expect(try judge(placed) { $0.container = "web" }, [0], .directory)
    }

    /// What a verdict promises: whatever other file of the directory comes, the rules say the same of it.
    @Test func `a verdict about a directory holds for every file in it`() throws {
        var random = Chance(seed: 3)
        let pieces = ["/etc", "/a", "/*", "/**", "/x*", "/?", "*", "x"]
        let names = ["a", "b", "x", "xx", "xy", "etc", "é", "*"]
        let directories = ["/", "/etc", "/a", "/etc/a", "/a/etc", "/x"]
        var verdicts: [Sighting.Verdict: Int] = [:]
        for _ in 0..<600 {
            let rules = WatchRules(
                try (0..<random.below(3) + 1).map { number in
                    try WatchSamples.rule("watch[\(number)]") { text in
                        text.paths = (0..<random.below(3)).map { _ in
                            "/" + (0..<random.below(3)).map { _ in random.one(of: pieces) }.joined().dropFirst()
                        }.filter { WatchRule.isPath($0) }
                        text.operations = random.below(3) == 0 ? ["create"] : ["write", "create"]
                        text.allow = random.below(4) == 0 ? ["uid:33"] : []
                        text.slice = random.below(4) == 0 ? "web.slice" : "system.slice"
                    }
                })
            let directory = random.one(of: directories)
            let first = rules.judge(file(random.one(of: names), in: directory), isExecutable: WatchSamples.no)
            verdicts[first.verdict, default: 0] += 1
            for name in names where first.verdict != .eachFile {
                let other = rules.judge(file(name, in: directory), isExecutable: WatchSamples.no)
                #expect(other == first)
                if first.verdict == .writer {
                    let elsewhere = file(name, in: random.one(of: directories))
                    #expect(rules.judge(elsewhere, isExecutable: WatchSamples.no) == first)
                }
            }
        }
        #expect(verdicts.count == 3 && verdicts.values.allSatisfy { $0 > 10 })
    }

    private func file(_ name: String, in directory: String) -> PlacedSighting {
        WatchSamples.placed(ByteString(directory).lexicallyAppending(ByteString(name)))
    }

    @Test func `to rename a directory above is to rename what is watched`() throws {
        let rules = WatchRules([
            try WatchSamples.rule { $0.paths = ["/etc/app/conf.d/*.conf", "/srv/**"] },
            try WatchSamples.rule("watch[1]") { $0.paths = ["/**/secret"] },
        ])
        for (path, operation, expected) in [
            ("/etc/app", .rename, [0]), ("/etc/app/conf.d", .rename, [0]), ("/srv", .rename, [0]),
            ("/etc", .rename, [0]), ("/etc/app", .mkdir, []), ("/etc/ap", .rename, []), ("/etc/apps", .rename, []),
            ("/var/srv", .rename, []),
            ("/etc/app/conf.d/x", .rename, []),
        ] as [(ByteString, WatchedOperation, [Int])] {
            let placed = WatchSamples.placed(path, operation: operation)
            let judgement = rules.judge(placed, isExecutable: WatchSamples.no)
            #expect(judgement.unexpected == expected, "\(path) \(operation)")
        }
        // The next name in the directory may be such a one, so the kernel goes on to tell them.
        let beside = WatchSamples.placed("/etc/apps", operation: .rename)
        let only = WatchRules([try WatchSamples.rule { $0.paths = ["/etc/app/conf.d/*.conf"] }])
        #expect(only.judge(beside, isExecutable: WatchSamples.no).verdict == .eachFile)
        let elsewhere = WatchSamples.placed("/var/apps", operation: .rename)
        #expect(only.judge(elsewhere, isExecutable: WatchSamples.no).verdict == .directory)
    }
}

extension WatchRule {
    fileprivate static func isPath(_ text: String) -> Bool {
        (try? WatchSamples.rule { $0.paths = [text] }) != nil
    }
}
