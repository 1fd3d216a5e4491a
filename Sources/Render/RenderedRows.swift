internal import Model

/// The rows of a batch as members of an object: their sizes, and their bytes when they are wanted.
///
/// A part names the number of parts, so every row must be measured before the first is written. Few rows are kept as they
/// were rendered for that; many are rendered again, since they would take as much memory as all that is shipped.
struct RenderedRows {
    /// Bytes that are worth keeping.
    private static let mostKept = 1 << 20
    /// Bytes of most rows.
    private static let usual = 1 << 10

    private let rows: [UnitRow]
    private let members: CounterMembers
    /// Where each row would end if all stood one after the other.
    private let ends: [Int]
    /// All of them, or nil when there are too many.
    private let kept: [UInt8]?

    init(_ rows: [UnitRow], members: CounterMembers) {
        (self.rows, self.members) = (rows, members)
        var json = JSONWriter(reservingCapacity: min(rows.count * Self.usual, Self.mostKept))
        var ends: [Int] = []
        ends.reserveCapacity(rows.count)
        // By position: taking rows out one by one would copy all that is in them.
        for row in rows.indices {
            let end = ends.last ?? 0
            if end > Self.mostKept { json.removeAll() }
            let before = json.bytes.count
            rows[row].write(to: &json, counting: members)
            json.endFragment()
            ends.append(end + json.bytes.count - before)
        }
        self.ends = ends
        kept = (ends.last ?? 0) <= Self.mostKept ? json.bytes : nil
    }

    func write(_ row: Int, to json: inout JSONWriter) {
        if let kept {
            json.rendered(kept[start(of: row)..<ends[row]])
        } else {
            rows[row].write(to: &json, counting: members)
        }
    }

    func size(of rows: Range<Int>) -> Int {
        rows.isEmpty ? 0 : ends[rows.upperBound - 1] - start(of: rows.lowerBound)
    }

    private func start(of row: Int) -> Int { row == 0 ? 0 : ends[row - 1] }
}
