import Testing

@testable import Model
@testable import Render

@Suite("A baseline is kept in a file")
struct BaselineFileTests {
    static let saved = Timestamp(nanoseconds: 1_800_000_000_123_456_789)

    /// With all that may be in one.
    static func rich() -> Baseline {
        func tree(_ paths: [(String, DirectoryTree.Entry.State)]) -> DirectoryTree {
            var tree = DirectoryTree()
            for (path, state) in paths {
                tree.restore(
                    DirectoryTree.Entry(
                        state: state, operations: [.sharedMap, .write], first: Timestamp(nanoseconds: 7)),
                    at: path.split(separator: "/").map { ByteString(String($0)) })
            }
            return tree
        }
        var app = Baseline.Unit(since: .seconds(1), first: Timestamp(nanoseconds: 5))
        app.writers[BaselineWriter(executable: "/usr/bin/app", comm: nil, uid: 33)] = tree([
            ("/var/log/app", .learned), ("/etc/cron.d", .found), ("/srv/a b%c", .accepted), ("/", .learned),
        ])
        var wide = DirectoryTree()
        wide.restore(
            DirectoryTree.Entry(state: .learned, operations: [], first: Timestamp(nanoseconds: 0)),
            at: ["srv", DirectoryTree.wide, ByteString([0xFF, 0x0A, 0x22])])
        app.writers[BaselineWriter(executable: ByteString([0x2F, 0xFE, 0x0A]), comm: nil, uid: 0)] = wide
        app.unjudged = 3
        var kernel = Baseline.Unit(since: .zero, first: Timestamp(nanoseconds: 5))
        kernel.writers[BaselineWriter(executable: nil, comm: "kworker/u*:*", uid: 0)] = tree([("/srv/a", .learned)])
        let units = [
            BaselineUnit(slice: "system.slice", unit: "app.service"): app,
            BaselineUnit(slice: "-.slice"): kernel,
            BaselineUnit(container: "registry:5000/web"): Baseline.Unit(since: .zero, first: Timestamp(nanoseconds: 0)),
            BaselineUnit(
                slice: "user-1000.slice", unit: "user@1000.service", userSlice: "app.slice",
                userUnit: "notes[1].service"): app,
        ]
        return Baseline(ran: .seconds(4000), units: units, learnFor: .seconds(3600))
    }

    private static func same(_ one: Baseline, _ other: Baseline) -> Bool {
        one.ran == other.ran && one.unitNames == other.unitNames && one.combinations == other.combinations
            && one.unitNames.allSatisfy { key in
                let (mine, theirs) = (one.combinations(of: key), other.combinations(of: key))
                return one.units[key]?.since == other.units[key]?.since
                    && one.units[key]?.unjudged == other.units[key]?.unjudged
                    && one.units[key]?.first == other.units[key]?.first
                    && mine.map(\.id) == theirs.map(\.id) && mine.map(\.entry) == theirs.map(\.entry)
                    && mine.map(\.place) == theirs.map(\.place)
            }
    }

    @Test func `What was kept is read as it was`() throws {
        let baseline = Self.rich()
        let bytes = BaselineFile.bytes(of: baseline, saved: Self.saved)
        #expect(bytes.allSatisfy { $0 == 0x0A || 0x20...0x7E ~= $0 })
        let (read, saved) = try BaselineFile.baseline(in: bytes, learnFor: .seconds(3600))
        #expect(saved == Self.saved)
        #expect(Self.same(read, baseline))
        #expect(BaselineFile.bytes(of: read, saved: Self.saved) == bytes)
        let empty = Baseline(learnFor: .seconds(1))
        let none = try BaselineFile.baseline(
            in: BaselineFile.bytes(of: empty, saved: Self.saved), learnFor: .seconds(1)
        ).baseline
        #expect(Self.same(none, empty))
    }

    @Test func `A file that is cut anywhere is not taken`() {
        let bytes = BaselineFile.bytes(of: Self.rich(), saved: Self.saved)
        for length in 0..<bytes.count {
            #expect(throws: BaselineFile.Damage.self) {
                try BaselineFile.baseline(in: Array(bytes[..<length]), learnFor: .seconds(3600))
            }
        }
    }

    @Test func `A file with one bit wrong is not taken`() {
        let bytes = BaselineFile.bytes(of: Self.rich(), saved: Self.saved)
        for position in bytes.indices {
            var wrong = bytes
            wrong[position] ^= 1 << UInt8(position % 8)
            #expect(throws: BaselineFile.Damage.self) {
                try BaselineFile.baseline(in: wrong, learnFor: .seconds(3600))
            }
        }
    }

    /// Whole by its seal, and wrong all the same: another version wrote it.
    private static func sealed(_ lines: String) -> [UInt8] {
        var hash = FNV1a()
        hash.add(lines.utf8)
        let count = lines.split(separator: "\n").count
        return Array((lines + #"{"lines":\#(count),"seal":"\#(hash.digits)"}"# + "\n").utf8)
    }

    @Test(
        arguments: [
            (#"{"schema":"otagent.baseline/2","ran":1,"saved":1}"#, "it is of another version: 'otagent.baseline/2'"),
            (#"{"ran":1,"saved":1}"#, "its first line does not say what it is"),
            (#"{"schema":"otagent.baseline/1"}"#, "its first line does not say how long it has learned"),
            (
                #"{"schema":"otagent.baseline/1","ran":1,"saved":1}"# + "\n"
                    + #"{"dir":"x","state":"learned","ops":"","first":1}"#,
                "line 2 is not one of a baseline"
            ),
            (
                #"{"schema":"otagent.baseline/1","ran":1,"saved":1}"# + "\n" + #"{"exe":"x","comm":null,"uid":1}"#,
                "line 2 is not one of a baseline"
            ),
            (#"{"schema":"otagent.baseline/1","ran":1,"saved":1}"# + "\n[]", "line 2 is not one of a baseline"),
        ])
    func `A file that somebody else has written says what is wrong`(_ lines: String, _ reason: String) {
        #expect(throws: BaselineFile.Damage(reason)) {
            try BaselineFile.baseline(in: Self.sealed(lines + "\n"), learnFor: .seconds(1))
        }
    }

    @Test func `Percent text holds any bytes`() {
        let all = ByteString((0...255).map { UInt8($0) })
        #expect(PercentText.bytes(PercentText.text(all)) == all)
        #expect(PercentText.text("*/") == "*%2f")
        #expect(PercentText.bytes("%") == nil)
        #expect(PercentText.bytes("%zz") == nil)
    }
}
