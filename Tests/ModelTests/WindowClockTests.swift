import Testing

@testable import Model

@Suite("Windows are aligned to the wall clock and measured by the monotonic one")
struct WindowClockTests {
    /// A Sunday noon in seconds since 1970: a boundary of every interval used here.
    private static let noon: Int64 = 1_795_348_800
    private static let second: Int64 = 1_000_000_000

    /// Both clocks, in milliseconds after noon and after some start of the host.
    private func reading(wall: Int64, monotonic: Int64) -> ClockReading {
        ClockReading(wall: wallTime(wall), monotonic: 777 * Self.second + monotonic * 1_000_000)
    }

    private func wallTime(_ milliseconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: Self.noon * Self.second + milliseconds * 1_000_000)
    }

    @Test(
        "The first boundary is the next multiple of the interval that leaves room for a window",
        arguments: [
            // start and interval in milliseconds, how long the first window is
            (0, 10_000, 10_000),
            (1, 10_000, 9_999),
            (4_000, 10_000, 6_000),
            (9_500, 10_000, 500),
            (9_501, 10_000, 10_499),
            (9_999, 10_000, 10_001),
            (-1, 10_000, 10_001),
            (300, 1_000, 700),
            (61_000, 60_000, 59_000),
            (0, 100, 100),
        ] as [(Int64, Int64, Int64)])
    func firstBoundary(start: Int64, interval: Int64, length: Int64) {
        let start = reading(wall: start, monotonic: 0)
        let clock = WindowClock(interval: .milliseconds(interval), start: start)
        #expect(clock.remaining(from: start) == .milliseconds(length))
    }

    @Test("Boundaries count from 1970, before it as well")
    func boundariesSinceEpoch() {
        func boundary(_ nanoseconds: Int64) -> Timestamp {
            WindowClock.boundary(notBefore: Timestamp(nanoseconds: nanoseconds), interval: .milliseconds(7))
        }
        #expect(boundary(0).nanoseconds == 0)
        #expect(boundary(1).nanoseconds == 7_000_000)
        #expect(boundary(7_000_000).nanoseconds == 7_000_000)
        #expect(boundary(-1).nanoseconds == 0)
        #expect(boundary(-7_000_001).nanoseconds == -7_000_000)
    }

    @Test("The first window starts when the agent does, the others where the one before ended")
    func windowsFollowEachOther() {
        var clock = WindowClock(interval: .seconds(10), start: reading(wall: 4_000, monotonic: 0))
        let first = clock.close(at: reading(wall: 10_003, monotonic: 6_003))
        #expect(first == Window(start: wallTime(4_000), end: wallTime(10_000), seconds: 6.003))
        #expect(clock.remaining(from: reading(wall: 10_003, monotonic: 6_003)) == .milliseconds(9_997))
        let second = clock.close(at: reading(wall: 20_001, monotonic: 16_001))
        #expect(second == Window(start: wallTime(10_000), end: wallTime(20_000), seconds: 9.998))
    }

    @Test("A timer that fires a little early does not make a window of nothing")
    func earlyTimer() {
        var clock = WindowClock(interval: .seconds(10), start: reading(wall: 0, monotonic: 0))
        let early = reading(wall: 9_996, monotonic: 9_996)
        #expect(clock.close(at: early).end == wallTime(10_000))
        #expect(clock.remaining(from: early) == .milliseconds(10_004))
    }

    @Test("A window closed far from a boundary ends when it was closed, and the next is aligned again")
    func lateClose() {
        var clock = WindowClock(interval: .seconds(10), start: reading(wall: 0, monotonic: 0))
        let late = reading(wall: 34_000, monotonic: 34_000)
        #expect(clock.remaining(from: late) == .zero)
        #expect(clock.close(at: late) == Window(start: wallTime(0), end: wallTime(34_000), seconds: 34))
        #expect(clock.remaining(from: late) == .seconds(6))
    }

    @Test(
        "A clock that was set shows as a step, and never as a long or empty window",
        arguments: [
            // how far the clock was set in milliseconds, the step reported, how long the window after is
            (3_600_000, 3600, 10_000),
            (-3_600_000, -3600, 10_000),
            (3_000, 3, 7_000),
            (-3_000, -3, 3_000),
            (-200, -0.2, 10_200),
            (51, 0.051, 9_949),
            (50, 0, 9_950),
            (-50, 0, 10_050),
            (0, 0, 10_000),
        ] as [(Int64, Double, Int64)])
    func clockSteps(jump: Int64, step: Double, next: Int64) {
        var clock = WindowClock(interval: .seconds(10), start: reading(wall: 0, monotonic: 0))
        // While the window is open the wall clock has no say.
        #expect(clock.remaining(from: reading(wall: 4_000 + jump, monotonic: 4_000)) == .seconds(6))
        let closing = reading(wall: 10_000 + jump, monotonic: 10_000)
        let window = clock.close(at: closing)
        #expect(window.clockStep == step)
        #expect(window.seconds == 10)
        #expect(clock.remaining(from: closing) == .milliseconds(next))
    }

    @Test("Whatever is done to the wall clock, windows stay between a twentieth and twice the interval")
    func randomJumps() {
        var random = SplitMix(state: 42)
        var now = reading(wall: 0, monotonic: 0)
        var clock = WindowClock(interval: .seconds(10), start: now)
        for _ in 0..<2000 {
            let wait = clock.remaining(from: now)
            let nanoseconds = wait.components.seconds * Self.second + wait.components.attoseconds / Self.second
            let jump = Int64.random(in: -30...30, using: &random) * Int64.random(in: 0...1_000_000_000, using: &random)
            now.monotonic += nanoseconds
            now.wall = Timestamp(nanoseconds: now.wall.nanoseconds + nanoseconds + jump)
            let window = clock.close(at: now)
            #expect(window.seconds >= 0.45 && window.seconds <= 20)
        }
    }

    @Test("What was not counted before a window is its gap")
    func gap() {
        var clock = WindowClock(interval: .seconds(10), start: reading(wall: 0, monotonic: 0))
        _ = clock.close(at: reading(wall: 10_000, monotonic: 10_000))
        clock.reopen(at: reading(wall: 12_000, monotonic: 12_000))
        clock.reopen(at: reading(wall: 12_500, monotonic: 12_500))
        let window = clock.close(at: reading(wall: 20_000, monotonic: 20_000))
        #expect(window == Window(start: wallTime(12_500), end: wallTime(20_000), seconds: 7.5, gapBefore: 2.5))
        #expect(clock.close(at: reading(wall: 30_000, monotonic: 30_000)).gapBefore == 0)
    }

    @Test("The first window tells how long nobody counted before it, once")
    func gapOfARestart() {
        let start = reading(wall: 100_000, monotonic: 7)
        var clock = WindowClock(interval: .seconds(10), start: start, previousEnd: wallTime(70_000))
        #expect(clock.close(at: reading(wall: 110_000, monotonic: 10_007)).gapBefore == 30)
        #expect(clock.close(at: reading(wall: 120_000, monotonic: 20_007)).gapBefore == 0)
        // The clock was set back since: how long it was, nobody knows.
        clock = WindowClock(interval: .seconds(10), start: start, previousEnd: wallTime(170_000))
        #expect(clock.close(at: reading(wall: 110_000, monotonic: 10_007)).gapBefore == 0)
    }

    @Test("Another interval holds from the next window on, at its own boundaries")
    func otherInterval() {
        var clock = WindowClock(interval: .seconds(10), start: reading(wall: 0, monotonic: 0))
        clock.setInterval(.seconds(4))
        #expect(clock.remaining(from: reading(wall: 1_000, monotonic: 1_000)) == .seconds(9))
        #expect(clock.close(at: reading(wall: 10_000, monotonic: 10_000)).seconds == 10)
        #expect(clock.remaining(from: reading(wall: 10_000, monotonic: 10_000)) == .seconds(2))
        _ = clock.close(at: reading(wall: 12_000, monotonic: 12_000))
        #expect(clock.remaining(from: reading(wall: 12_000, monotonic: 12_000)) == .seconds(4))
    }

    @Test("A monotonic clock that goes back, or an interval of nothing, does no harm")
    func brokenInput() {
        var clock = WindowClock(interval: .zero, start: reading(wall: 0, monotonic: 0))
        #expect(clock.remaining(from: reading(wall: 0, monotonic: 0)) == .milliseconds(1))
        clock = WindowClock(interval: .seconds(10), start: reading(wall: 0, monotonic: 0))
        #expect(clock.remaining(from: reading(wall: 0, monotonic: -90_000)) <= .seconds(20))
        #expect(clock.close(at: reading(wall: 0, monotonic: -90_000)).seconds == 0)
    }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
