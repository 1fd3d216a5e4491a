import Testing

@testable import Agent

@Suite struct TextValueTests {
    @Test(
        arguments: [
            ("10s", .seconds(10)), ("5m", .seconds(300)), ("24h", .seconds(86_400)), ("1m30s", .seconds(90)),
            ("500ms", .milliseconds(500)), ("7d", .seconds(604_800)), ("1d2h3m4s5ms", .milliseconds(93_784_005)),
            ("0s", .zero), ("90s", .seconds(90)),
        ] as [(String, Duration)])
    func aDurationIsWholeNumbersWithUnits(text: String, duration: Duration) {
        #expect(Duration(configured: text) == duration)
    }

    @Test(
        arguments: [
            "", "10", "s", "10 s", " 10s", "10s ", "-10s", "+10s", "1.5s", "10S", "10sec", "1s1m", "1s1s", "10s5",
            "1us", "99999999999999999999s", "9223372036854775807h", "1ms1m", "１0s",
        ])
    func nothingElseIsADuration(text: String) {
        #expect(Duration(configured: text) == nil)
    }

    @Test(
        arguments: [
            (.seconds(10), "10s"), (.seconds(90), "1m30s"), (.seconds(86_400), "24h"), (.milliseconds(1), "1ms"),
            (.zero, "0s"), (.seconds(3600), "1h"),
        ] as [(Duration, String)])
    func aDurationIsWrittenAsItIsRead(duration: Duration, text: String) {
        #expect(duration.configured == text)
        #expect(Duration(configured: text) == duration)
    }

    @Test(
        arguments: [
            ("64MiB", 64 << 20), ("10MB", 10_000_000), ("512KiB", 512 << 10), ("123", 123), ("123B", 123),
            ("1GiB", 1 << 30),
            ("2TiB", 2 << 40), ("1kB", 1000), ("1KB", 1000), ("3GB", 3_000_000_000), ("0", 0),
        ])
    func aSizeIsANumberWithAUnit(text: String, bytes: Int) {
        #expect(ByteSize.bytes(configured: text) == bytes)
    }

    @Test(arguments: [
        "", "MiB", "64 MiB", "64mib", "64M", "-1", "1.5MiB", "9223372036854775807KiB", "1MiB2KiB", "0x10",
    ])
    func nothingElseIsASize(text: String) {
        #expect(ByteSize.bytes(configured: text) == nil)
    }

    @Test(arguments: [(64 << 20, "64MiB"), (1 << 30, "1GiB"), (1000, "1000"), (1536, "1536"), (1 << 60, "1048576TiB")])
    func aSizeIsWrittenAsItIsRead(bytes: Int, text: String) {
        #expect(ByteSize.configured(bytes) == text)
        #expect(ByteSize.bytes(configured: text) == bytes)
    }
}
