import Testing

@testable import Model

@Suite("Moments as text")
struct TimestampTests {
    @Test(
        "RFC 3339 in UTC is read to the nanosecond",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-22T12:00:00.000000001Z", 1_795_348_800_000_000_001),
            ("2026-11-22T12:00:00.5Z", 1_795_348_800_500_000_000), ("1969-12-31T23:59:59.999999999Z", -1),
            ("2262-04-11T23:47:16.854775807Z", .max),
        ] as [(String, Int64)])
    func reading(_ text: String, _ nanoseconds: Int64) { #expect(Timestamp(text)?.nanoseconds == nanoseconds) }

    @Test(
        "Anything else is refused",
        arguments: [
            "", "2026-11-22", "2026-11-22T12:00:00", "2026-11-22T12:00:00.Z", "2026-11-22T12:00:00.0000000001Z",
            "2026-02-30T12:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22 12:00:00Z", "2026-11-22T12:00:00.1+Z",
            "2026-1a-22T12:00:00Z", "9999-12-31T00:00:00Z", "2026-11-22T12:00:60Z",
        ])
    func refusal(_ text: String) { #expect(Timestamp(text) == nil) }
}
