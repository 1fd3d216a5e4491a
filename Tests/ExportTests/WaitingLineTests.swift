import Model
import Testing

@testable import Export

@Suite("Waiting line") struct WaitingLineTests {
    /// Any order of events leaves each row in exactly one place and the bytes within the bound.
    @Test(arguments: 1...50) func everyRowIsInOnePlace(seed: UInt64) {
        var random = SplitMix(state: seed)
        var line = WaitingLine(maxBytes: 500, maxAge: .seconds(20))
        var now = ContinuousClock.now
        var created: UInt64 = 0
        var lost: UInt64 = 0
        for number in 0..<400 {
            switch Int.random(in: 0..<7, using: &random) {
            case 0, 1:
                let rows = Int.random(in: 0...9, using: &random)
                let size = Int.random(in: 0...150, using: &random)
                created += UInt64(rows)
                let parcel = Parcel(
                    id: "\(number)", contentType: "", body: .init(repeating: 0, count: size), rows: rows, since: now)
                lost += UInt64(line.append(parcel)?.rows ?? 0)
            case 2: _ = line.take()
            case 3: line.delivered()
            case 4: line.rejected(reason: "")
            case 5: lost += UInt64(line.kept(reason: "")?.rows ?? 0)
            default:
                now += .seconds(Int.random(in: 0...5, using: &random))
                lost += UInt64(line.expire(at: now)?.rows ?? 0)
            }
            #expect(line.account.rows == created)
            #expect(line.account.droppedRows == lost)
            // The parcel under way stays, so its bytes may be over.
            #expect(line.bytes <= 500 + 150)
        }
        lost += UInt64(line.abandon()?.rows ?? 0)
        #expect(line.account.waitingPayloads == 0 && line.bytes == 0 && line.isEmpty)
        #expect(line.account.rows == created && line.account.droppedRows == lost)
    }

    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
