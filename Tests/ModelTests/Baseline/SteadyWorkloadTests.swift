import Testing

@testable import Model

extension SplitMix {
    fileprivate mutating func text(_ alphabet: String, _ count: Int) -> String {
        let letters = Array(alphabet)
        return String((0..<count).map { _ in letters[Int.random(in: 0..<letters.count, using: &self)] })
    }
}

@Suite("A workload that goes on as it was raises nothing")
struct SteadyWorkloadTests {
    private static let letters = "abcdefghijklmnopqrstuvwxyz"

    /// What services do all day, in some second of it.
    private static func tick(_ second: Int, _ chance: inout SplitMix) -> [PlacedSighting] {
        var seen: [PlacedSighting] = []
        var web = SeenWriters(unit: "nginx.service", executable: "/usr/sbin/nginx")
        seen.append(web.writes("/var/log/nginx/access.log"))
        seen.append(web.writes(ByteString("/var/lib/nginx/body/\(second)/\(second % 7)/0000\(second)"), .create))
        var rotate = SeenWriters(unit: "logrotate.service", executable: "/usr/sbin/logrotate", uid: 0)
        if second % 60 == 0 {
            for operation in [.rename, .create, .delete] as [WatchedOperation] {
                seen.append(rotate.writes(ByteString("/var/log/nginx/access.log.\(second)"), operation))
            }
            rotate.executable = "/usr/bin/gzip"
            seen.append(rotate.writes(ByteString("/var/log/nginx/access.log.1.gz"), .create))
        }
        let mixed = letters + letters.uppercased() + "0123456789"
        web.executable = "/usr/bin/php8.2"
        seen.append(web.writes(ByteString("/tmp/php\(chance.text(mixed, 6))"), .create))
        seen.append(web.writes(ByteString("/var/lib/php/tmp/\(chance.text(letters, 9))/session"), .create))
        var backup = SeenWriters(
            unit: ByteString("run-u\(second).service"), executable: "/usr/bin/borg", uid: 0)
        // A day passes each minute, and each makes a directory of its own.
        let day = CivilDate(daysSinceEpoch: 20_000 + Int64(second / 60))
        let date = "\(day.year)-\(day.month < 10 ? "0" : "")\(day.month)-\(day.day < 10 ? "0" : "")\(day.day)"
        seen.append(backup.writes(ByteString("/backup/\(date)/data/1"), .create))
        seen.append(backup.writes(ByteString("/backup/db-\(date)T0\(second % 10):00:00/data"), .create))
        seen.append(backup.writes(ByteString("/backup/repo/data/\(chance.text("0123456789abcdef", 40))/x"), .create))
        backup.container = UnitIdentity.Container(
            id: ByteString(chance.text("0123456789abcdef", 64)), runtime: "docker",
            name: ByteString("\(chance.text(letters, 7))_\(chance.text(letters, 6))"), image: "shop/cron:1")
        seen.append(
            backup.writes(
                ByteString(
                    "/var/lib/docker/overlay2/\(chance.text("0123456789abcdef", 64))/merged/work/job-\(chance.text(mixed, 8))/out"
                )))
        return seen
    }

    @Test(arguments: 1...5)
    func `Rotation, temporary files, dates and containers that come and go`(seed: UInt64) {
        var (clock, chance) = (HandClock(), SplitMix(state: seed))
        var baseline = Baseline(learnFor: .seconds(120))
        baseline.turn(to: clock.reading)
        var alerts: [Alert] = []
        for second in 0..<720 {
            for seen in Self.tick(second, &chance) {
                if let finding = baseline.judge(seen, at: clock.reading).finding { alerts.append(finding) }
            }
            clock.pass(.seconds(1))
        }
        #expect(alerts.map { $0.path?.lossyText } == [])
        #expect(baseline.combinations < 40)
    }

    @Test func `Among all that, each unexpected writer is found once`() {
        var (clock, chance) = (HandClock(), SplitMix(state: 7))
        var baseline = Baseline(learnFor: .seconds(120))
        baseline.turn(to: clock.reading)
        var alerts: [Alert] = []
        for second in 0..<720 {
            var seen = Self.tick(second, &chance)
            if second >= 200, second < 300 {
                let bad = SeenWriters(unit: "nginx.service", executable: ByteString("/opt/bad/\(Self.name(second))"))
                seen += [bad.writes("/var/log/nginx/access.log"), bad.writes("/var/log/nginx/x", .delete)]
            }
            for each in seen {
                if let finding = baseline.judge(each, at: clock.reading).finding { alerts.append(finding) }
            }
            clock.pass(.seconds(1))
        }
        #expect(alerts.count == 100)
        #expect(Set(alerts.map(\.id)).count == 100)
    }

    /// A word for a number.
    private static func name(_ number: Int) -> String { String(String(number).map { "abcdefghij"[$0] }) }

    @Test(arguments: 1...3)
    func `Whatever comes, memory and file stay within their bounds`(seed: UInt64) {
        var (clock, chance) = (HandClock(), SplitMix(state: seed))
        var limits = Baseline.Limits()
        (limits.units, limits.writersPerUnit, limits.directoriesPerWriter) = (20, 10, 50)
        (limits.combinations, limits.bytes) = (500, 20_000)
        var baseline = Baseline(learnFor: .seconds(60), limits: limits)
        var findings = 0
        for _ in 0..<4000 {
            let writer = SeenWriters(
                unit: ByteString(chance.text("abcd", 3) + ".service"),
                executable: ByteString("/bin/" + chance.text("abc", 2)))
            let depth = Int.random(in: 0...30, using: &chance)
            let path = (0...depth).map { _ in
                "/" + chance.text(Self.letters + "0", Int.random(in: 1...9, using: &chance))
            }
            if baseline.judge(writer.writes(ByteString(path.joined())), at: clock.reading).finding != nil {
                findings += 1
            }
            clock.pass(.milliseconds(50))
            #expect(baseline.combinations <= limits.combinations)
            #expect(baseline.bytes <= limits.bytes)
            #expect(baseline.units.count <= limits.units)
        }
        var counted = baseline
        counted.recount()
        #expect(counted.bytes == baseline.bytes)
        #expect(counted.combinations == baseline.combinations)
        #expect(counted.shares == baseline.shares)
        #expect(UInt64(findings) == baseline.account.findings)
        #expect(baseline.account.unjudged > 0)
    }
}

extension String {
    /// The letter for a digit.
    fileprivate subscript(_ digit: Character) -> Character {
        self[index(startIndex, offsetBy: digit.wholeNumberValue ?? 0)]
    }
}
