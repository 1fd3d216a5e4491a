internal import Model

/// Sightings of requests that are yet to be done, until they are over.
///
/// The programs tell them when they are asked for, since the names are gone when they are done. A rename has two.
struct AskedSightings {
    private struct Asked {
        let sighting: Sighting
        let mark: UInt64
    }

    private var waiting: [UInt64: [Asked]] = [:]
    private var undone: [UInt64] = []
    private var lost: UInt64 = 0

    /// More would be requests whose ends were lost.
    static var most: Int { 4096 }

    /// What is to be judged now.
    mutating func take(_ record: SightingDecoder.Record) -> [Sighting] {
        switch record {
        case .sighted(let sighting):
            return [sighting]
        case .asked(let request, let sighting, let mark):
            if waiting.count >= Self.most { giveUp(Array(waiting.keys)) }
            // The end of one that is still there was lost: its memory is another's now.
            let before = waiting[request]
            if let before, before.count > 1 || before[0].sighting.operation != .rename { giveUp([request]) }
            waiting[request, default: []].append(Asked(sighting: sighting, mark: mark))
            return []
        case .ended(let request, let result):
            guard let asked = waiting.removeValue(forKey: request) else { return [] }
            if result >= 0 { return asked.map(\.sighting) }
            undone += asked.flatMap { [$0.mark, $0.sighting.ticket.directory] }
            return []
        }
    }

    /// What is told again if it happens again.
    private mutating func giveUp(_ requests: [UInt64]) {
        for asked in requests.compactMap({ waiting.removeValue(forKey: $0) }).joined() {
            lost += 1
            undone += [asked.mark, asked.sighting.ticket.directory]
        }
    }

    /// Marks of what was not done, which are to be told again.
    mutating func takeUndone() -> [UInt64] {
        defer { undone.removeAll() }
        return undone
    }

    /// How many sightings were given up.
    mutating func takeLost() -> UInt64 {
        defer { lost = 0 }
        return lost
    }
}
