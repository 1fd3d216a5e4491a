import Testing

@testable import Model

@Suite("When a file is full")
struct RotationPolicyTests {
    private static let second: Int64 = 1_000_000_000

    private func at(_ seconds: Int64) -> Timestamp { Timestamp(nanoseconds: seconds * Self.second) }

    @Test(
        "Before a write that would pass the size, unless the file is empty",
        arguments: [
            (0, 10, nil), (0, 101, nil), (1, 99, nil), (1, 100, .size), (100, 0, nil), (100, 1, .size),
            (500, 1, .size), (500, 0, nil), (1, Int.max, .size), (Int.max, 1, .size),
        ] as [(Int, Int, RotationPolicy.Cause?)])
    func size(_ size: Int, _ adding: Int, _ cause: RotationPolicy.Cause?) {
        let policy = RotationPolicy(maxBytes: 100, every: .zero)
        #expect(policy.cause(size: size, adding: adding, begun: at(0), now: at(1_000_000)) == cause)
    }

    @Test(
        "At the boundary of the period in which its first line was written, with lines or without more of them",
        arguments: [
            (3600, 3600, nil), (3600, 7199, nil), (3600, 7200, .time), (7199, 7200, .time), (7200, 7200, nil),
            (0, 1_000_000, .time), (-1, 0, .time), (-1, -1, nil),
        ] as [(Int64, Int64, RotationPolicy.Cause?)])
    func time(_ begun: Int64, _ now: Int64, _ cause: RotationPolicy.Cause?) {
        let policy = RotationPolicy(maxBytes: 0, every: .seconds(3600))
        #expect(policy.cause(size: 1, adding: 0, begun: at(begun), now: at(now)) == cause)
        #expect(policy.cause(size: 1, adding: 1 << 40, begun: at(begun), now: at(now)) == cause)
        #expect(policy.cause(size: 0, adding: 1, begun: at(begun), now: at(now)) == nil)
        #expect(policy.cause(size: 1, adding: 1, begun: nil, now: at(now)) == nil)
    }

    @Test("Neither size nor time may be a reason")
    func never() {
        let policy = RotationPolicy(maxBytes: 0, every: .zero)
        #expect(policy.cause(size: .max, adding: .max, begun: at(0), now: at(9_000_000_000)) == nil)
        #expect(policy.end(begun: at(0)) == nil)
        #expect(RotationPolicy(maxBytes: 0, every: .seconds(-1)).end(begun: at(0)) == nil)
        #expect(RotationPolicy(maxBytes: 0, every: .seconds(Int64.max)).end(begun: at(0)) == nil)
    }

    @Test("Days end at midnight UTC")
    func days() {
        let policy = RotationPolicy(maxBytes: 0, every: .seconds(86_400))
        #expect(policy.end(begun: at(1_795_352_010)) == at(1_795_392_000))
        #expect(policy.end(begun: at(1_795_392_000)) == at(1_795_478_400))
    }

    @Test("A clock that was set back makes no file endless, and forward none empty")
    func clockSteps() {
        var random = SplitMix(state: 11)
        let every = Int64(3600)
        let policy = RotationPolicy(maxBytes: 0, every: .seconds(every))
        var (now, begun) = (at(1_795_352_010), at(1_795_352_010))
        for _ in 0..<2000 {
            now = Timestamp(nanoseconds: now.nanoseconds + .random(in: -9000...9600, using: &random) * Self.second)
            begun = RotationPolicy.begun(begun, now: now)
            let end = policy.end(begun: begun)
            #expect(end.map { $0.nanoseconds - now.nanoseconds <= every * Self.second } ?? false)
            if policy.cause(size: 1, adding: 0, begun: begun, now: now) == .time { begun = now }
            #expect(policy.cause(size: 1, adding: 0, begun: begun, now: now) == nil)
        }
    }
}

@Suite("Which archives stay")
struct RetentionTests {
    private let now = Timestamp(nanoseconds: 1_795_352_010_000_000_000)

    /// Made so many hours before now.
    private func archive(_ hours: Int64, bytes: Int = 1) -> Retention.Archive {
        let made = Timestamp(nanoseconds: now.nanoseconds - hours * 3_600_000_000_000)
        return Retention.Archive(ArchiveName(at: made, after: []), bytes: bytes)
    }

    private func hours(_ names: [ArchiveName]) -> [Int64] {
        names.map { (now.wholeMilliseconds - $0.milliseconds) / 3_600_000 }
    }

    @Test(
        "The newest stay, as many and as big as may be",
        arguments: [
            (7, 1000, nil, []), (3, 1000, nil, []), (2, 1000, nil, [30]), (1, 1000, nil, [30, 20]),
            (3, 60, nil, []), (3, 59, nil, [30]), (3, 29, nil, [30, 20]), (3, 9, nil, [30, 20]),
            (3, 1000, 5, [30]), (4, 1000, 5, []), (1, 1000, 5, [30, 20, 10]), (9, 65, 5, []), (9, 64, 5, [30]),
            (9, 4, 5, [30, 20, 10]), (9, Int.max, Int.max, [30, 20, 10]),
        ] as [(Int, Int, Int?, [Int64])])
    func surplus(_ files: Int, _ bytes: Int, _ incoming: Int?, _ gone: [Int64]) {
        // Sizes 10, 20 and 30, as old in hours; in no order.
        let archives = [archive(20, bytes: 20), archive(30, bytes: 30), archive(10, bytes: 10)]
        let surplus = Retention(files: files, bytes: bytes).surplus(of: archives, incoming: incoming, at: now)
        #expect(hours(surplus) == gone)
    }

    @Test("What a wrong clock dated far ahead goes first, what is a little ahead goes last")
    func future() {
        let archives = [archive(-1000), archive(-3), archive(5), archive(-2000)]
        let surplus = Retention(files: 1, bytes: 100).surplus(of: archives, at: now)
        #expect(hours(surplus) == [-1000, -2000, 5])
    }

    @Test("What stays is within the bounds and newer than all that goes, and nothing goes without need")
    func property() {
        var random = SplitMix(state: 5)
        for _ in 0..<500 {
            var hours = Set<Int64>()
            for _ in 0..<Int.random(in: 0...20, using: &random) { hours.insert(.random(in: 0...500, using: &random)) }
            let archives = hours.map { archive($0, bytes: .random(in: 0...50, using: &random)) }
            let files = Int.random(in: 1...12, using: &random)
            let bytes = Int.random(in: 1...300, using: &random)
            let incoming = Bool.random(using: &random) ? Int.random(in: 0...50, using: &random) : nil
            let gone = Set(Retention(files: files, bytes: bytes).surplus(of: archives, incoming: incoming, at: now))
            let stays = archives.filter { !gone.contains($0.name) }.sorted { $0.name < $1.name }
            let count = stays.count + (incoming == nil ? 0 : 1)
            let total = stays.map(\.bytes).reduce(incoming ?? 0, +)
            #expect(count <= files)
            #expect(total <= bytes || count <= 1)
            let newestGone = archives.filter { gone.contains($0.name) }.max { $0.name < $1.name }
            if let newestGone {
                #expect(stays.allSatisfy { newestGone.name < $0.name })
                #expect(count == files || total + newestGone.bytes > bytes)
                #expect(count > 0)
            }
        }
    }
}
