import Testing

@testable import Model

@Suite("Names of archives")
struct ArchiveNameTests {
    /// 2026-11-22T12:53:30.123Z
    private static let moment: Int64 = 1_795_352_010_123

    private func name(_ milliseconds: Int64, _ number: Int = 1) throws -> ArchiveName {
        try #require(ArchiveName(milliseconds: milliseconds, number: number))
    }

    private func at(_ milliseconds: Int64) -> Timestamp { Timestamp(nanoseconds: milliseconds * 1_000_000) }

    @Test(
        "A name says when, and which of that millisecond",
        arguments: [
            (moment, 1, "20261122T125330.123Z"), (moment, 2, "20261122T125330.123Z_0002"),
            (moment, 9999, "20261122T125330.123Z_9999"), (0, 1, "19700101T000000.000Z"),
            (-1, 1, "19691231T235959.999Z"), (951_782_400_000, 1, "20000229T000000.000Z"),
            (4_107_542_400_000, 1, "21000301T000000.000Z"),
        ] as [(Int64, Int, String)])
    func texts(_ milliseconds: Int64, _ number: Int, _ text: String) throws {
        let name = try name(milliseconds, number)
        #expect(name.text == text)
        #expect(ArchiveName(text: text.utf8) == name)
    }

    @Test(
        "Nothing else is a name",
        arguments: [
            "", "2026", "20261122T125330.123", "20261122T125330.123z", "20261122t125330.123Z", "20261122T125330,123Z",
            "20261122T245330.123Z", "20261122T126030.123Z", "20261122T125360.123Z", "20260230T125330.123Z",
            "20261322T125330.123Z", "20260022T125330.123Z", "20261100T125330.123Z", "21000229T000000.000Z",
            "20261122T125330.123Z_0000", "20261122T125330.123Z_0001", "20261122T125330.123Z-0002",
            "20261122T125330.123Z_2", "20261122T125330.123Z_+002", "+0261122T125330.123Z", " 0261122T125330.123Z",
            "20261122T125330.123Z ", "20261122T125330.123Z_00022", "20261122T125330.1２Z",
        ])
    func noNames(_ text: String) {
        #expect(ArchiveName(text: text.utf8) == nil)
    }

    @Test("Any moment comes back from its text, and texts sort as the names do")
    func roundTrip() throws {
        var random = SplitMix(state: 7)
        var names: [ArchiveName] = []
        for _ in 0..<2000 {
            // Years 0 to 9999 would do; those that timestamps can hold are 1678 to 2261.
            let milliseconds = Int64.random(in: -9_200_000_000_000...9_200_000_000_000, using: &random)
            let name = try name(milliseconds, Bool.random(using: &random) ? 1 : .random(in: 2...9999, using: &random))
            #expect(ArchiveName(text: name.text.utf8) == name, "\(name)")
            names += [name, try self.name(milliseconds, .random(in: 1...9999, using: &random))]
        }
        #expect(names.sorted().map(\.text) == names.map(\.text).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    @Test("Each new name comes behind all others, whatever the clock does within a day")
    func alwaysBehind() {
        var random = SplitMix(state: 3)
        var clock = Self.moment
        var names: [ArchiveName] = []
        for _ in 0..<1000 {
            clock += .random(in: -40_000_000...45_000_000, using: &random)
            let newest = names.max()
            // Not set back by more than a day from the newest name.
            clock = max(clock, (newest?.milliseconds ?? clock) - 86_400_000)
            let next = ArchiveName(at: at(clock), after: names)
            #expect(newest.map { $0 < next } ?? true)
            #expect(next.milliseconds >= clock)
            names.append(next)
        }
    }

    @Test("Names made in one millisecond are numbered, and then taken from the next one")
    func collisions() throws {
        var newest = ArchiveName(at: at(Self.moment), after: [])
        #expect(newest == (try name(Self.moment)))
        for number in 2...9999 {
            newest = ArchiveName(at: at(Self.moment), after: [newest])
            #expect(newest == (try name(Self.moment, number)))
        }
        newest = ArchiveName(at: at(Self.moment), after: [newest])
        #expect(newest == (try name(Self.moment + 1)))
    }

    @Test("A clock that was wrong by more than a day does not stay in the names")
    func clockSetRight() throws {
        let wrong = try name(Self.moment + 86_400_001)
        #expect(ArchiveName(at: at(Self.moment), after: [wrong]) == (try name(Self.moment)))
        #expect(wrong.isFromTheFuture(at: at(Self.moment)))
        let ahead = try name(Self.moment + 86_400_000)
        #expect(ArchiveName(at: at(Self.moment), after: [wrong, ahead]) == (try name(ahead.milliseconds, 2)))
    }
}

@Suite("Names of archives of a file")
struct ArchivePatternTests {
    private static let text = "20261122T125330.123Z"

    @Test(
        "The time comes before the extension",
        arguments: [
            ("activity.ndjson", "activity-\(text).ndjson"), ("activity", "activity-\(text)"),
            ("a.b.json", "a.b-\(text).json"), (".hidden", ".hidden-\(text)"), ("a.", "a-\(text)."),
            ("-", "--\(text)"), ("ä\u{301}.ö", "ä\u{301}-\(text).ö"),
        ])
    func names(_ file: String, _ archive: String) throws {
        let name = try #require(ArchiveName(text: Self.text.utf8))
        let pattern = ArchivePattern(fileName: file)
        #expect(pattern.fileName(of: name) == archive)
        for (form, ending) in [(ArchivePattern.Form.plain, ""), (.packed, ".gz"), (.unfinished, ".gz.tmp")] {
            #expect(pattern.fileName(of: name, form) == archive + ending)
            let found = try #require(pattern.parse((archive + ending).utf8))
            #expect(found.name == name && found.form == form)
        }
        let longest = try #require(ArchiveName(milliseconds: 0, number: 9999))
        let most = pattern.fileName(of: longest, .unfinished).utf8.count - file.utf8.count
        #expect(most == ArchivePattern.longestAddition)
    }

    @Test(
        "What is not an archive of the file to the byte is none",
        arguments: [
            "activity.ndjson", "activity-.ndjson", "activity-\(text)", "activity-\(text).json",
            "activity-\(text).ndjson.bz2", "activity-\(text).ndjson.gz.gz", "activity-\(text).ndjson.tmp",
            "activity-\(text).ndjson.1", "activity-\(text).ndjson~", "xactivity-\(text).ndjson",
            "Activity-\(text).ndjson", "activity_\(text).ndjson", "activity--\(text).ndjson",
            "activity-old-\(text).ndjson", "activity-20261122.ndjson", "activity.ndjson-20261122", "activity.ndjson.1",
            "", "-", "\(text)", "activity-\(text).ndjson.gz.tmp2",
        ])
    func others(_ name: String) {
        #expect(ArchivePattern(fileName: "activity.ndjson").parse(name.utf8) == nil)
    }

    @Test("Two files whose names only look the same have archives of their own")
    func equivalentNames() {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        #expect(ArchivePattern(fileName: composed).parse("\(decomposed)-\(Self.text)".utf8) == nil)
    }

    @Test("Bytes that are no text are no archive")
    func noText() {
        #expect(ArchivePattern(fileName: "a").parse([0xFF, 0x61] + Array("-\(Self.text)".utf8)) == nil)
        #expect(ArchivePattern(fileName: "a").parse(Array("a-\(Self.text)".utf8) + [0xFF]) == nil)
    }
}
